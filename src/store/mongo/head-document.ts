import type { Database } from './database.ts';
import type { Draft } from './draft.ts';
import type { Entry, EntryDocument } from './entry.ts';
import { type Box, type Head, type HeadDocument, packBox, unpackBox } from './head.ts';
import { tailKept } from './limits.ts';
import { RecentIds } from './recent-ids.ts';
import { readTail } from './tail.ts';

/** The head as the document says; undefined when it must be read again. */
export async function headFrom(
  db: Database,
  document: HeadDocument,
  known: readonly Entry[],
): Promise<Head | undefined> {
  const tail = await readTail(db, document._id, document.tail, known);
  if (tail === undefined) return undefined;
  const boxes = new Map<number, Box>();
  for (const [m, packed] of Object.entries(document.mb)) {
    boxes.set(Number(m), unpackBox(Number(m), packed));
  }
  return {
    a: document._id,
    v: document.v,
    seq: document.seq,
    base: document.base,
    who: document.who,
    bytes: document.q.b,
    count: document.q.n,
    maxBytes: document.q.mb,
    maxCount: document.q.mn,
    nextMailbox: document.next.m,
    nextEmail: document.next.e,
    lastUidValidity: document.next.v,
    boxes,
    ended: document.ended,
    subscriptions: new Set(document.subs),
    tail,
    ids: new RecentIds(document.ids),
    restoring: document.rs,
  };
}

/** The head after a draft, with entries up to `base` in the pages. */
export function headAfter(draft: Draft, entries: readonly Entry[], base: number): Head {
  const { base: before, rebased } = draft;
  return {
    a: before.a,
    v: before.v + 1,
    seq: draft.seq,
    base: rebased ? firstAfter(draft) - 1 : base,
    who: draft.who,
    bytes: draft.bytes,
    count: draft.count,
    maxBytes: draft.maxBytes,
    maxCount: draft.maxCount,
    nextMailbox: draft.nextMailbox,
    nextEmail: draft.nextEmail,
    lastUidValidity: draft.lastUidValidity,
    boxes: draft.boxes,
    ended: draft.ended,
    subscriptions: draft.subscriptions,
    tail: [...before.tail, ...entries].slice(-tailLength(before.tail, entries, base)),
    ids: before.ids.with(draft.ids),
    restoring: draft.restoring,
  };
}

/** The number that the first change of a draft got, or would have. */
function firstAfter({ seq, changes }: Draft): number {
  return changes[0]?.s ?? seq + 1;
}

/** How many entries the tail keeps: none that is not in the pages is ever dropped. */
function tailLength(
  tail: readonly Entry[],
  entries: readonly { readonly s: number }[],
  base: number,
): number {
  const waiting = tail.filter(({ s }) => s > base).length;
  return Math.max(tailKept, waiting + entries.length);
}

/** The one write that makes a draft true, on the head as the draft found it. */
export function commitChange(
  draft: Draft,
  documents: readonly EntryDocument[],
  base: number,
  idsKept: number,
): {
  readonly $set: Record<string, unknown>;
  readonly [operator: string]: Record<string, unknown>;
} {
  const { base: before } = draft;
  const set: Record<string, unknown> = {
    v: before.v + 1,
    seq: draft.seq,
    base: draft.rebased ? firstAfter(draft) - 1 : base,
    q: { b: draft.bytes, n: draft.count, mb: draft.maxBytes, mn: draft.maxCount },
    next: { m: draft.nextMailbox, e: draft.nextEmail, v: draft.lastUidValidity },
  };
  const unset: Record<string, 1> = {};
  for (const m of draft.changedBoxes) {
    const box = draft.boxes.get(m);
    if (box !== undefined) set[`mb.${m}`] = packBox(box);
    else if (before.boxes.has(m)) unset[`mb.${m}`] = 1;
  }
  const kinds = new Set(draft.changes.flatMap(({ ops }) => ops.map(({ k }) => k)));
  if (kinds.has('note')) set['todo'] = draft.seq;
  if (kinds.has('expunged') || kinds.has('buried')) {
    set['xs'] = draft.seq;
    set['xt'] = draft.now;
  }
  if (draft.who !== before.who) set['who'] = draft.who;
  if (draft.ended !== before.ended) set['ended'] = draft.ended;
  if (draft.subscriptionsChanged) set['subs'] = [...draft.subscriptions];
  if (draft.restoring !== before.restoring) {
    if (draft.restoring === undefined) unset['rs'] = 1;
    else set['rs'] = draft.restoring;
  }
  const push: Record<string, unknown> = {};
  if (documents.length > 0) {
    push['tail'] = { $each: documents, $slice: -tailLength(before.tail, documents, base) };
  }
  if (draft.audits.length > 0) push['au'] = { $each: draft.audits };
  if (draft.ids.length > 0) push['ids'] = { $each: draft.ids, $slice: -idsKept };
  return {
    $set: set,
    ...(Object.keys(unset).length > 0 && { $unset: unset }),
    ...(Object.keys(push).length > 0 && { $push: push }),
  };
}
