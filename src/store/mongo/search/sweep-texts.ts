import { garbageHours } from '../../common/limits.ts';
import type { Database, Document } from '../database.ts';
import { emailNumbers } from '../email-numbers.ts';
import { batchDocuments } from '../limits.ts';
import { blockEmails, blockPartitions, hasPlace } from './gram-block.ts';
import {
  type GramKey,
  gramKey,
  gramRange,
  kindCount,
  type MembersDocument,
  membersKind,
  partitionKind,
  singleKind,
  stateKind,
  type TextDocument,
  textKey,
} from './search-documents.ts';
import { textParts, timeOfMaking } from './text-writer.ts';

const hourMs = 3600 * 1000;

/**
 * Removes from an account's index what is left of emails that are gone, of older versions of the texts, and of blocks
 * that nobody finished. A block of which most is gone is taken apart: what is left of it is to be indexed again.
 */
export async function sweepTexts(db: Database, a: number, now: number): Promise<void> {
  await db.remove('grams', {
    _id: { $gte: { ...gramKey(a, 0, 0), v: 0 }, $lt: gramKey(a, 0, 0) },
    a,
  });
  await db.remove('texts', { _id: { $gte: { ...textKey(a, 0), v: 0 }, $lt: textKey(a, 0) }, a });
  const live = new Set<number>();
  for await (const emails of emailNumbers(db, a)) for (const e of emails) live.add(e);

  const texts = slices<TextDocument['_id']>(db, 'texts', a, textKey(a, 0), textKey(a, 2 ** 32));
  for await (const ids of texts) await removeIds(db, 'texts', a, ids, ({ e }) => !live.has(e));
  const singles = slices<GramKey>(
    db,
    'grams',
    a,
    gramKey(a, singleKind, 0),
    gramKey(a, singleKind + 1, 0),
  );
  for await (const ids of singles) await removeIds(db, 'grams', a, ids, ({ b }) => !live.has(b));

  const makings = new Set<string>();
  for (const block of await db.find<MembersDocument>('grams', gramRange(a, membersKind))) {
    if (isMostlyLive(block, live)) makings.add(block.making);
    else await takeApart(db, a, block);
  }
  const first = gramKey(a, partitionKind('header', 0), 0);
  for await (const ids of slices<GramKey>(db, 'grams', a, first, gramKey(a, kindCount, 0))) {
    await removeIds(
      db,
      'grams',
      a,
      ids,
      ({ g }) => !makings.has(g) && timeOfMaking(g) < now - garbageHours * hourMs,
    );
  }
}

/** All of an account's index. */
export async function removeTexts(db: Database, a: number): Promise<void> {
  await db.remove('grams', { _id: { $gte: gramKey(a, 0, 0), $lt: gramKey(a, kindCount, 0) }, a });
  await db.remove('texts', { _id: { $gte: textKey(a, 0), $lt: textKey(a, 2 ** 32) }, a });
}

function isMostlyLive({ _id, members }: MembersDocument, live: ReadonlySet<number>): boolean {
  let gone = 0;
  let alive = 0;
  for (let place = 0; place < blockEmails; place++) {
    if (!hasPlace(members, place)) continue;
    if (live.has(_id.b * blockEmails + place)) alive++;
    else gone++;
  }
  return alive > gone;
}

/** The members first: without them nobody reads the rest. */
async function takeApart(db: Database, a: number, { _id, making }: MembersDocument): Promise<void> {
  await db.remove('grams', { _id, a, making });
  for (const part of textParts) {
    const keys = Array.from({ length: blockPartitions }, (_, partition) =>
      gramKey(a, partitionKind(part, partition), _id.b, making),
    );
    await db.remove('grams', { _id: { $in: keys }, a });
  }
  const upTo = _id.b * blockEmails;
  const state = { _id: gramKey(a, stateKind, 0), a, upTo: { $gt: upTo } };
  await db.update('grams', state, { $set: { upTo } });
}

async function* slices<Id>(
  db: Database,
  collection: 'texts' | 'grams',
  a: number,
  from: Id,
  to: Id,
): AsyncGenerator<readonly Id[], void, void> {
  let lower: Document = { $gte: from };
  for (;;) {
    const found: { readonly _id: Id }[] = await db.find(
      collection,
      { _id: { ...lower, $lt: to }, a },
      { projection: { _id: 1 }, sort: { _id: 1 }, limit: batchDocuments },
    );
    const last = found.at(-1);
    if (last === undefined) return;
    yield found.map(({ _id }) => _id);
    lower = { $gt: last._id };
  }
}

async function removeIds<Id>(
  db: Database,
  collection: 'texts' | 'grams',
  a: number,
  ids: readonly Id[],
  isGone: (id: Id) => boolean,
): Promise<void> {
  const gone = ids.filter(isGone);
  if (gone.length > 0) await db.remove(collection, { _id: { $in: gone }, a });
}
