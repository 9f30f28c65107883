import type { Database, Document } from './database.ts';
import { type Entry, isRowOp, type RowOp } from './entry.ts';
import { batchDocuments } from './limits.ts';
import { type PageDocument, pageOf } from './page.ts';
import { PageSet } from './page-set.ts';

/**
 * Brings entries into what is read by key: pages, refs, lasting ids, notices. Anybody may do it, several at once, and
 * again: each page says which change it holds, each fact is a document of its own. Resolves when all of it is durable.
 */
export async function project(db: Database, a: number, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  const mailboxes = new Set(
    entries.flatMap(({ ops }) => ops.filter(isRowOp).map((op: RowOp) => op.m)),
  );
  await Promise.all([
    ...[...mailboxes].map((m) => projectRows(db, a, m, entries)),
    projectFacts(db, a, entries),
  ]);
}

async function projectRows(
  db: Database,
  a: number,
  m: number,
  entries: readonly Entry[],
): Promise<void> {
  let numbers = await touchedPages(db, a, m, entries);
  while (numbers.length > 0) {
    const missed: number[] = [];
    for (let i = 0; i < numbers.length; i += batchDocuments) {
      const some = numbers.slice(i, i + batchDocuments);
      missed.push(...(await projectPages(db, a, m, entries, some)));
    }
    // Somebody else wrote them in between: what they hold now is read again.
    numbers = missed;
  }
}

/** Answers the pages that somebody else changed in the meantime. */
async function projectPages(
  db: Database,
  a: number,
  m: number,
  entries: readonly Entry[],
  numbers: readonly number[],
): Promise<number[]> {
  const documents = await db.find<PageDocument>('pages', {
    _id: { $in: numbers.map((p) => ({ a, m, p })) },
    a,
  });
  const wanted = new Set(numbers);
  const set = new PageSet(m, documents);
  for (const entry of entries) set.apply(entry);
  const missed: number[] = [];
  const fresh: PageDocument[] = [];
  await Promise.all(
    set.pages.map(async (page) => {
      if (!page.changed || !wanted.has(page.p)) return;
      const document = page.document(a, m);
      if (page.v === 0) {
        fresh.push(document);
        return;
      }
      const { _id, a: account, ...rest } = document;
      const unset = rest.xs === undefined ? { $unset: { xs: 1, xt: 1 } } : {};
      const filter = { _id, a: account, v: page.v };
      if (!(await db.update('pages', filter, { $set: rest, ...unset }))) missed.push(page.p);
    }),
  );
  if (fresh.length > 0) {
    for (const taken of await db.insert('pages', fresh as unknown as Document[])) {
      missed.push((fresh[taken] as PageDocument)._id.p);
    }
  }
  return missed;
}

/** The pages that the entries are about: those of new messages, and those of ranges that are there. */
async function touchedPages(
  db: Database,
  a: number,
  m: number,
  entries: readonly Entry[],
): Promise<number[]> {
  const pages = new Set<number>();
  const wide: [number, number][] = [];
  for (const { ops } of entries) {
    for (const op of ops) {
      if (!isRowOp(op) || op.m !== m) continue;
      for (const [first, last] of spansOf(op)) {
        const [low, high] = [pageOf(first), pageOf(last)];
        if (high - low > batchDocuments) wide.push([low, high]);
        else for (let p = low; p <= high; p++) pages.add(p);
      }
    }
  }
  for (const [low, high] of wide) {
    const there = await db.find<Pick<PageDocument, '_id'>>(
      'pages',
      { _id: { $gte: { a, m, p: low }, $lte: { a, m, p: high } }, a },
      { projection: { _id: 1 } },
    );
    for (const { _id } of there) pages.add(_id.p);
  }
  return [...pages].sort((x, y) => x - y);
}

function* spansOf(op: RowOp): Generator<readonly [number, number]> {
  switch (op.k) {
    case 'added':
    case 'restored':
      for (const { uid } of op.rows) yield [uid, uid];
      return;
    case 'buried':
      for (const { uid } of op.gone) yield [uid, uid];
      return;
    case 'flagged':
      for (let i = 0; i < op.runs.length; i += 4) {
        yield [op.runs[i] as number, op.runs[i + 1] as number];
      }
      return;
    case 'expunged':
    case 'revived':
    case 'dropped':
      for (let i = 0; i < op.ranges.length; i += 2) {
        yield [op.ranges[i] as number, op.ranges[i + 1] as number];
      }
  }
}

async function projectFacts(db: Database, a: number, entries: readonly Entry[]): Promise<void> {
  const refs = new Map<string, Document>();
  const lasting: Document[] = [];
  const notes: Document[] = [];
  for (const { ops } of entries) {
    for (const op of ops) {
      if (op.k === 'mail') {
        const { e, t } = op;
        const digest = digestKey(op.digest);
        refs.set(digest, { _id: { a, k: digest }, a, e, t });
        for (const ref of op.refs) {
          const key = refKey(ref);
          if (!refs.has(key)) refs.set(key, { _id: { a, k: key }, a, e, t });
        }
      } else if (op.k === 'lasting') {
        lasting.push({ _id: { a, d: op.id }, a, v: op.v, u: op.u });
      } else if (op.k === 'note') notes.push({ ...op.note });
    }
  }
  await insertAll(db, 'refs', [...refs.values()]);
  await insertAll(db, 'lasting', lasting);
  await insertAll(db, 'outbox', notes);
}

/** Those that are there already are as they should be. */
async function insertAll(
  db: Database,
  collection: 'refs' | 'lasting' | 'outbox',
  documents: readonly Document[],
): Promise<void> {
  for (let i = 0; i < documents.length; i += batchDocuments) {
    await db.insert(collection, documents.slice(i, i + batchDocuments));
  }
}

export const digestKey = (digest: string): string => `d${digest}`;
export const refKey = (ref: number): string => `r${ref.toString(36)}`;
