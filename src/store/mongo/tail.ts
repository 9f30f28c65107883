import type { Database, Document } from './database.ts';
import type { Draft } from './draft.ts';
import {
  type Entry,
  type EntryDocument,
  type OpDocument,
  packOp,
  type PayloadDocument,
  unpackOp,
  weightOf,
} from './entry.ts';
import { entryBytes, payloadBytes } from './limits.ts';

/**
 * Entries of a head document; those that are known already are taken as they are. Undefined when a payload is gone:
 * the tail went on meanwhile, read the head again.
 */
export async function readTail(
  db: Database,
  a: number,
  documents: readonly EntryDocument[],
  known: readonly Entry[],
): Promise<readonly Entry[] | undefined> {
  const bySeq = new Map(known.map((entry) => [entry.s, entry]));
  const entries: Entry[] = [];
  for (const document of documents) {
    const before = bySeq.get(document.s);
    const ops = before?.ops ?? (await readOps(db, a, document));
    if (ops === undefined) return undefined;
    entries.push(
      before ?? {
        s: document.s,
        at: document.t,
        commit: document.c,
        ops,
        payloads: document.p ?? 0,
      },
    );
  }
  return entries;
}

async function readOps(
  db: Database,
  a: number,
  { s, c, o, p }: EntryDocument,
): Promise<Entry['ops'] | undefined> {
  if (p === undefined) return (o ?? []).map(unpackOp);
  const _id = { $gte: { a, c, s, n: 0 }, $lte: { a, c, s, n: p } };
  const payloads = await db.find<PayloadDocument>('payloads', { _id, a }, { sort: { _id: 1 } });
  if (payloads.length !== p) return undefined;
  return payloads.flatMap((payload) => payload.o.map(unpackOp));
}

/** The changes of a draft as entries, and as the documents that a commit pushes; large ones are written first. */
export async function packEntries(
  db: Database,
  draft: Draft,
  commit: string,
): Promise<{ readonly entries: readonly Entry[]; readonly documents: readonly EntryDocument[] }> {
  const entries: Entry[] = [];
  const documents: EntryDocument[] = [];
  for (const { s, ops } of draft.changes) {
    const packed = ops.map(packOp);
    const head = { s, t: draft.now, c: commit };
    let count = 0;
    if (packed.reduce((sum, op) => sum + weightOf(op), 0) <= entryBytes) {
      documents.push(packed.length === 0 ? head : { ...head, o: packed });
    } else {
      const payloads = payloadsOf(draft.base.a, commit, s, packed);
      for (const payload of payloads) await db.insert('payloads', [payload as unknown as Document]);
      count = payloads.length;
      documents.push({ ...head, p: count });
    }
    entries.push({ s, at: draft.now, commit, ops, payloads: count });
  }
  return { entries, documents };
}

function payloadsOf(
  a: number,
  c: string,
  s: number,
  ops: readonly OpDocument[],
): PayloadDocument[] {
  const payloads: OpDocument[][] = [];
  let weight = Infinity;
  for (const op of ops.flatMap(pieces)) {
    const more = weightOf(op);
    if (weight + more > payloadBytes) {
      payloads.push([]);
      weight = 0;
    }
    weight += more;
    payloads.at(-1)?.push(op);
  }
  return payloads.map((o, n) => ({ _id: { a, c, s, n }, a, o }));
}

/** Every record of rows is a whole number of these octets: 36, 40, 16 and 8 divide it. */
const pieceBytes = 720 * 4096;

/** One operation on many rows is the same as several on fewer. */
function pieces(op: OpDocument): OpDocument[] {
  if (!('r' in op) || 'refs' in op || op.r.length <= pieceBytes) return [op];
  const list: OpDocument[] = [];
  for (let at = 0; at < op.r.length; at += pieceBytes) {
    list.push({ ...op, r: op.r.subarray(at, at + pieceBytes) });
  }
  return list;
}

/** Payloads of an entry that left the tail. */
export async function dropPayloads(db: Database, a: number, { s, commit }: Entry): Promise<void> {
  const _id = { $gte: { a, c: commit, s, n: 0 }, $lte: { a, c: commit, s, n: 1_000_000 } };
  await db.remove('payloads', { _id, a });
}
