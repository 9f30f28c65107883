import { MailError } from '../../core/errors.ts';
import type { AccountId } from '../../core/values.ts';
import type { AskReader } from './threads.ts';
import type { SnapshotHead, SnapshotRow, TakenRow, TombstoneRow } from './upkeep-protocol.ts';

/** The first UID or MODSEQ that there can be comes after this. */
const start = 0;

/** `not-found` */
export async function openHead(ask: AskReader, account: AccountId): Promise<SnapshotHead> {
  const head = await ask('openSnapshot', { a: account });
  if (head === undefined) throw new MailError('not-found', 'No such account');
  return head;
}

/** Slices of a mailbox's rows, in order of UID. */
export async function* messageRows(
  ask: AskReader,
  id: number,
  m: number,
): AsyncGenerator<readonly SnapshotRow[], void, void> {
  let after = start;
  for (;;) {
    const rows = await ask('snapshotMessages', { id, m, after });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last[0];
  }
}

export async function* tombstoneRows(
  ask: AskReader,
  id: number,
  m: number,
): AsyncGenerator<readonly TombstoneRow[], void, void> {
  let after: readonly number[] = [start, start];
  for (;;) {
    const rows = await ask('snapshotTombstones', { id, m, after });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = [last[0], last[1]];
  }
}

/** The account's delivery ids: the recent ones, oldest first, then the lasting ones. */
export async function* idRows(
  ask: AskReader,
  id: number,
): AsyncGenerator<readonly TakenRow[], void, void> {
  yield await ask('snapshotIds', { id, lasting: false, after: '' });
  for (let after = ''; ;) {
    const rows = await ask('snapshotIds', { id, lasting: true, after });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.id;
  }
}
