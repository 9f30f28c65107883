import type { AccountId } from '../../../core/values.ts';
import type { CheckStep, Finding } from '../../api.ts';
import type { Database } from '../database.ts';
import type { HeadDocument } from '../head.ts';
import { batchDocuments } from '../limits.ts';
import type { MongoOutbox } from '../outbox.ts';

type Owner = Pick<HeadDocument, '_id' | 'who'>;
interface Name {
  readonly _id: string;
  readonly a: number;
}

/** What belongs to no account: names against heads, and letters to be sent. */
export async function* checkStore(
  db: Database,
  outbox: MongoOutbox,
): AsyncGenerator<CheckStep, void, void> {
  for await (const heads of slices<Owner>(db, 'heads', 0)) {
    yield found(await wrongHeads(db, heads));
  }
  for await (const names of slices<Name>(db, 'names', '')) {
    yield found(await wrongNames(db, names));
  }
  for await (const ids of outbox.lost()) {
    yield found(
      ids.map((id) => ({
        kind: 'content',
        detail: `letter ${id} to be sent is lost`,
        repairable: false,
      })),
    );
  }
}

/** The names that an account is found by and holds for ever. */
export function namesOf({ who }: Owner): readonly string[] {
  return [`c:${who.canonical}`, `s:${who.skeleton}`];
}

function found(findings: readonly Finding[]): CheckStep {
  return { messages: 0, bytes: 0, findings };
}

async function wrongHeads(db: Database, heads: readonly Owner[]): Promise<Finding[]> {
  const living = heads.filter(({ who }) => who.status !== 'making' && who.status !== 'dead');
  const held = new Map<string, number>();
  const names = living.flatMap(namesOf);
  for (let i = 0; i < names.length; i += batchDocuments) {
    const some = names.slice(i, i + batchDocuments);
    for (const { _id, a } of await db.find<Name>('names', { _id: { $in: some } })) held.set(_id, a);
  }
  return living.flatMap((head): Finding[] => {
    const holders = namesOf(head).map((name) => held.get(name));
    if (holders.every((a) => a === head._id)) return [];
    const repairable = holders.every((a) => a === undefined || a === head._id);
    const detail = 'is not found by its address';
    return [{ kind: 'account', detail, repairable, account: head._id as AccountId }];
  });
}

/** An account's head is written before its names, and never removed. */
async function wrongNames(db: Database, names: readonly Name[]): Promise<Finding[]> {
  const ids = [...new Set(names.map(({ a }) => a))];
  const heads = await db.find<{ readonly _id: number }>(
    'heads',
    { _id: { $in: ids } },
    { projection: { _id: 1 } },
  );
  const there = new Set(heads.map(({ _id }) => _id));
  const lost = ids.filter((a) => !there.has(a));
  return lost.map((a) => ({
    kind: 'account',
    detail: 'has no head',
    repairable: false,
    account: a as AccountId,
  }));
}

async function* slices<T extends { readonly _id: unknown }>(
  db: Database,
  collection: 'heads' | 'names',
  from: T['_id'],
): AsyncGenerator<readonly T[], void, void> {
  for (let after = from; ;) {
    const some = await db.find<T>(
      collection,
      { _id: { $gt: after } },
      { projection: { _id: 1, who: 1, a: 1 }, sort: { _id: 1 }, limit: batchDocuments },
    );
    const last = some.at(-1);
    if (last === undefined) return;
    yield some;
    after = last._id;
  }
}
