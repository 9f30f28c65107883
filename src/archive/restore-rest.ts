import { MailError } from '../core/errors.ts';
import { type AccountId } from '../core/values.ts';
import type { AuditEntry, AuditRecord } from '../store/api.ts';
import type { KeptRecord } from '../store/records.ts';
import type { ArchiveStore, AuditLine, OutboxLine, RecordLine } from './api.ts';
import type { LetterReader } from './letter-reader.ts';

const recordsAtOnce = 500;
const recordsAtOnceBytes = 4 * 1024 * 1024;
/** Accounts by their addresses, kept in memory. */
const accountsKept = 10_000;

/** Adds the audit log of another store to that of this one; answers how many records came. */
export async function restoreAudit(
  store: ArchiveStore,
  lines: AsyncIterable<AuditLine>,
  from: string,
): Promise<number> {
  const accounts = new Accounts(store);
  let records: AuditRecord[] = [];
  let added = 0;
  const write = async (): Promise<void> => {
    if (records.length > 0) added += await store.upkeep.restoreAudit(from, records);
    records = [];
  };
  for await (const line of lines) {
    // What came from this store is in its log already.
    if (line.detail?.['restoredFrom'] === store.upkeep.storeId) continue;
    records.push(recordFrom(line, await accounts.of(line.account)));
    if (records.length >= recordsAtOnce) await write();
  }
  await write();
  return added;
}

/** Adds records that are not there; answers how many came. `invalid`: one of them is none. */
export async function restoreRecords(
  store: ArchiveStore,
  lines: AsyncIterable<RecordLine>,
): Promise<number> {
  let records: KeptRecord[] = [];
  let bytes = 0;
  let added = 0;
  const write = async (): Promise<void> => {
    if (records.length > 0) added += await store.upkeep.restoreRecords(records);
    records = [];
    bytes = 0;
  };
  for await (const line of lines) {
    records.push(recordOf(line));
    bytes += line.value.length;
    if (records.length >= recordsAtOnce || bytes >= recordsAtOnceBytes) await write();
  }
  await write();
  return added;
}

/** What a line of `records.jsonl` says; `invalid` when it is another. */
export function recordOf({ kind, of, key, version, value }: Partial<RecordLine>): KeptRecord {
  if (
    kind === 'record' &&
    typeof of === 'string' &&
    typeof key === 'string' &&
    typeof version === 'number' &&
    typeof value === 'string'
  ) {
    return { kind: of, key, version, value };
  }
  throw new MailError('invalid', 'records.jsonl: a line is no record');
}

/** Puts what waited to be sent into the outbox; answers how many entries came. */
export async function restoreOutbox<L extends OutboxLine>(
  store: ArchiveStore,
  lines: AsyncIterable<L>,
  letters: LetterReader<L>,
): Promise<number> {
  const accounts = new Accounts(store);
  let added = 0;
  for await (const line of lines) {
    const account = await accounts.of(line.account);
    await letters.use([line], async ([received]) => {
      if (received === undefined) return;
      const [, content] = received;
      if (await store.upkeep.restoreOutboxEntry({ ...entryFrom(line), account, content })) added++;
    });
  }
  return added;
}

/** Of an account that is not in this store, its address. */
function recordFrom(line: AuditLine, account: AccountId | undefined): AuditRecord {
  const { id, at, actor, action, detail } = line;
  const said: AuditEntry['detail'] =
    line.account !== undefined && account === undefined
      ? { ...detail, account: line.account }
      : detail;
  return { id, at, actor, action, account, ...(said !== undefined && { detail: said }) };
}

/** As JSON a member that is undefined is not there. */
function entryFrom(
  line: OutboxLine,
): Omit<Parameters<ArchiveStore['upkeep']['restoreOutboxEntry']>[0], 'account' | 'content'> {
  return {
    kind: line.kind,
    key: line.key,
    reversePath: line.reversePath,
    recipients: line.recipients.map(({ forwardPath, notify, originalRecipient }) => ({
      forwardPath,
      notify,
      originalRecipient,
    })),
    envelopeId: line.envelopeId,
    returnContent: line.returnContent,
    smtpUtf8: line.smtpUtf8,
    attempts: line.attempts,
    acceptedAt: line.acceptedAt,
    nextAttemptAt: line.nextAttemptAt,
  };
}

class Accounts {
  readonly #store: ArchiveStore;
  readonly #known = new Map<string, AccountId | undefined>();

  constructor(store: ArchiveStore) {
    this.#store = store;
  }

  async of(canonical: string | undefined): Promise<AccountId | undefined> {
    if (canonical === undefined) return undefined;
    if (!this.#known.has(canonical)) {
      if (this.#known.size >= accountsKept) this.#known.clear();
      this.#known.set(canonical, (await this.#store.accounts.find(canonical))?.id);
    }
    return this.#known.get(canonical);
  }
}
