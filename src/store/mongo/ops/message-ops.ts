import { toRanges, type UidRanges } from '../../../core/uid-set.ts';
import { deletedBit } from '../../../core/values.ts';
import type { Delivery, FlagChange, FlagSet } from '../../api.ts';
import { type FlagBits, flagBits } from '../../common/flag-bits.ts';
import { changedBits, deletedMore, unseenMore } from '../../common/flag-change.ts';
import { lastUid } from '../../common/limits.ts';
import { wholeSeconds } from '../../common/seconds.ts';
import { translateFlags } from '../../common/translate-flags.ts';
import type { Row } from '../../mailbox-view.ts';
import type { Draft, NewRow } from '../draft.ts';
import type { PendingLetter } from '../letters.ts';
import type { Answer } from '../recent-ids.ts';

/** APPEND, also of several messages: all or nothing, with one MODSEQ. RFC 9051 §6.3.12, RFC 3502. */
export function append(
  draft: Draft,
  m: number,
  messages: readonly {
    readonly letter: PendingLetter;
    readonly flags: FlagSet;
    readonly idate: number;
  }[],
): Answer {
  const box = draft.box(m);
  const bytes = messages.reduce((sum, { letter }) => sum + letter.size, 0);
  draft.checkRoom(bytes, messages.length);
  draft.checkUids(box, messages.length);
  const keywords = [...box.keywords];
  const fresh: string[] = [];
  const bits = messages.map(({ flags }): FlagBits => {
    const found = flagBits(keywords, flags);
    keywords.push(...found.fresh);
    fresh.push(...found.fresh);
    return found;
  });
  const { uidValidity } = box;
  if (messages.length === 0) return { uidValidity, uid: box.uidNext };
  for (const { letter } of messages) letter.mustBePrepared();

  draft.begin();
  const rows = messages.map(({ letter, idate }, i): NewRow => {
    const { f, f2 } = bits[i] as FlagBits;
    return { f, f2, size: letter.size, idate, e: letter.use(draft) };
  });
  return { uidValidity, uid: draft.add(m, rows, fresh) };
}

/** A delivery, once for each id. `not-found`, `over-quota`, `limit` */
export function deliver(
  draft: Draft,
  letter: PendingLetter,
  delivery: Delivery,
): Answer & { readonly duplicate: boolean } {
  const { mailbox: m, deliveryId } = delivery;
  const before = delivery.lasting ? draft.lastingAnswer(deliveryId) : draft.answerOf(deliveryId);
  if (before !== undefined) return { ...before, duplicate: true };

  const box = draft.box(m);
  draft.checkRoom(letter.size, 1);
  draft.checkUids(box, 1);
  const { f, f2, fresh } = flagBits(box.keywords, delivery.flags);
  letter.mustBePrepared();

  draft.begin();
  const idate = wholeSeconds(delivery.internalDate);
  const uid = draft.add(m, [{ f, f2, size: letter.size, idate, e: letter.use(draft) }], fresh);
  const answer = { uidValidity: box.uidValidity, uid };
  if (delivery.lasting) draft.takeLasting(deliveryId, answer);
  else draft.takeId(deliveryId, answer);
  return { ...answer, duplicate: false };
}

/** STORE: one MODSEQ for all that changed; what already is so keeps its own. RFC 9051 §6.4.6, RFC 7162 §3.1.3. */
export function storeFlags(
  draft: Draft,
  m: number,
  uids: UidRanges,
  { mode, flags, unchangedSince }: FlagChange,
): UidRanges {
  let box = draft.box(m);
  const view = draft.rows(m);
  const bits = flagBits(box.keywords, flags, mode === 'remove' ? 'only' : 'grow');
  const modified: number[] = [];
  const runs: number[] = [];
  /** The place after the run's last message: only its next neighbour goes on with it. */
  let neighbour = -1;
  for (const i of indexesOf(view, uids)) {
    const [uid, f, f2] = [view.uidAt(i), view.flagsAt(i), view.moreFlagsAt(i)];
    if (unchangedSince !== undefined && view.modSeqAt(i) > unchangedSince) {
      modified.push(uid);
      continue;
    }
    const next = changedBits(mode, f, bits.f);
    const next2 = changedBits(mode, f2, bits.f2);
    if (next === f && next2 === f2) continue;
    const deleted = deletedMore(f, next);
    box = {
      ...box,
      unseen: box.unseen + unseenMore(f, next),
      deleted: box.deleted + deleted,
      deletedBytes: box.deletedBytes + deleted * view.sizeAt(i),
    };
    const goesOn = i === neighbour && runs.at(-2) === next && runs.at(-1) === next2;
    if (goesOn) runs[runs.length - 3] = uid;
    else runs.push(uid, uid, next, next2);
    neighbour = i + 1;
  }
  if (runs.length > 0) {
    draft.begin();
    const keywords = bits.fresh.length === 0 ? box.keywords : [...box.keywords, ...bits.fresh];
    draft.setBox({ ...box, keywords, modSeq: draft.seq });
    draft.note({ k: 'flagged', m, runs });
  }
  return toRanges(modified);
}

export interface CopiedRows {
  readonly uidValidity: number;
  readonly from: readonly number[];
  readonly first: number;
}

/** COPY and MOVE: all or nothing in one commit with one MODSEQ. RFC 9051 §6.4.7, §6.4.8. */
export function copy(
  draft: Draft,
  from: number,
  uids: UidRanges,
  to: number,
  move: boolean,
): CopiedRows {
  const source = draft.box(from);
  const target = draft.box(to);
  const view = draft.rows(from);
  const rows = indexesOf(view, uids).map((i) => view.rowAt(i));
  const answer = {
    uidValidity: target.uidValidity,
    from: rows.map(({ uid }) => uid),
    first: target.uidNext,
  };
  if (rows.length === 0) return answer;
  // A move leaves the account as full as it was.
  if (!move) draft.checkRoom(sizeOf(rows), rows.length);
  draft.checkUids(target, rows.length);
  const { bits, fresh } = translateFlags(source, target, bitsOf(rows));
  draft.begin();
  if (move) draft.expunge(from, rows, toRanges(answer.from), true);
  draft.add(to, newRows(rows, bits), fresh);
  return answer;
}

/** All messages of a mailbox into a new one, within the change at hand. */
export function moveAll(draft: Draft, from: number, to: number): void {
  const view = draft.rows(from);
  if (view.count === 0) return;
  const rows = indexesOf(view, [1, lastUid]).map((i) => view.rowAt(i));
  const { bits, fresh } = translateFlags(draft.box(from), draft.box(to), bitsOf(rows));
  draft.expunge(from, rows, toRanges(rows.map(({ uid }) => uid)), true);
  draft.add(to, newRows(rows, bits), fresh);
}

/** EXPUNGE and UID EXPUNGE: what has \Deleted at this commit, whatever the session has seen. RFC 9051 §6.4.3, §6.4.9. */
export function expunge(draft: Draft, m: number, uids: UidRanges = [1, lastUid]): UidRanges {
  const box = draft.box(m);
  if (box.deleted === 0) return [];
  const view = draft.rows(m);
  const rows = indexesOf(view, uids)
    .filter((i) => (view.flagsAt(i) & deletedBit) !== 0)
    .map((i) => view.rowAt(i));
  if (rows.length === 0) return [];
  const ranges = toRanges(rows.map(({ uid }) => uid));
  draft.begin();
  draft.expunge(m, rows, ranges, false);
  return ranges;
}

function bitsOf(rows: readonly Row[]): Pick<FlagBits, 'f' | 'f2'>[] {
  return rows.map(({ flags, moreFlags }) => ({ f: flags, f2: moreFlags }));
}

function newRows(rows: readonly Row[], bits: readonly FlagBits[]): NewRow[] {
  return rows.map(({ sizeBytes, internalDate, email }, i) => {
    const { f, f2 } = bits[i] as FlagBits;
    return { f, f2, size: sizeBytes, idate: internalDate, e: email };
  });
}

/** Places in the view of the UIDs that are there, ascending. */
export function indexesOf(
  view: { readonly count: number; lowerBound(uid: number): number; uidAt(index: number): number },
  uids: UidRanges,
): number[] {
  const indexes: number[] = [];
  for (let r = 0; r < uids.length; r += 2) {
    const last = uids[r + 1] as number;
    for (let i = view.lowerBound(uids[r] as number); i < view.count && view.uidAt(i) <= last; i++) {
      indexes.push(i);
    }
  }
  return indexes;
}

function sizeOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
