import type { Database } from '../database.ts';
import { emailNumbers } from '../email-numbers.ts';
import { blockPartitions, checkPartition } from './gram-block.ts';
import { IndexedEmails } from './indexed-emails.ts';
import {
  gramKey,
  type MembersDocument,
  membersKind,
  type PartitionDocument,
  partitionKind,
  singleKind,
  type StateDocument,
  stateKind,
  type TextDocument,
  textRange,
} from './search-documents.ts';
import { textParts } from './text-writer.ts';

/** What a check of an account's index found. */
export interface TextCheck {
  /** Emails that the index says it holds and does not. */
  readonly missing: number;
  /** Blocks of emails with a part that is lost, or not as it was written. */
  readonly damagedBlocks: number;
}

/** What the index says of itself, but for grams. */
type IndexedDocument = Pick<MembersDocument, '_id' | 'members' | 'making'> &
  Pick<StateDocument, 'upTo'>;

/** Holds an account's index against its emails. Those after the last block may be missing: a search notices. */
export async function checkTexts(db: Database, a: number): Promise<TextCheck> {
  const documents = await db.find<IndexedDocument>(
    'grams',
    { _id: { $gte: gramKey(a, stateKind, 0), $lt: gramKey(a, singleKind + 1, 0) }, a },
    { projection: { _id: 1, upTo: 1, members: 1, making: 1 } },
  );
  const ofKind = (kind: number): IndexedDocument[] => documents.filter(({ _id }) => _id.k === kind);
  const blocks = ofKind(membersKind);
  const indexed = new IndexedEmails(
    blocks,
    ofKind(singleKind).map(({ _id }) => _id.b),
  );
  const upTo = ofKind(stateKind)[0]?.upTo ?? 0;
  let missing = 0;
  for await (const emails of emailNumbers(db, a)) {
    const texts = await db.find<Pick<TextDocument, '_id'>>(
      'texts',
      textRange(a, emails[0] as number, emails.at(-1) as number),
      { projection: { _id: 1 } },
    );
    const kept = new Set(texts.map(({ _id }) => _id.e));
    for (const e of emails) if (indexed.has(e) ? !kept.has(e) : e < upTo) missing++;
  }
  let damagedBlocks = 0;
  for (const block of blocks) if (await isDamaged(db, a, block)) damagedBlocks++;
  return { missing, damagedBlocks };
}

async function isDamaged(db: Database, a: number, block: IndexedDocument): Promise<boolean> {
  for (const part of textParts) {
    const keys = Array.from({ length: blockPartitions }, (_, partition) =>
      gramKey(a, partitionKind(part, partition), block._id.b, block.making),
    );
    const found = await db.find<PartitionDocument>('grams', { _id: { $in: keys }, a });
    if (found.length < keys.length || !found.every(({ d }) => isWellFormed(d))) return true;
  }
  return false;
}

function isWellFormed(partition: Buffer): boolean {
  try {
    checkPartition(partition);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
