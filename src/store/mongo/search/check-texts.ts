import type { Database } from '../database.ts';
import { emailNumbers } from '../email-numbers.ts';
import { blockPartitions, checkPartition } from './gram-block.ts';
import { IndexedEmails } from './indexed-emails.ts';
import {
  gramKey,
  gramRange,
  type MembersDocument,
  membersKind,
  type PartitionDocument,
  partitionKind,
  type StateDocument,
  stateKind,
  type TextDocument,
  textKey,
} from './search-documents.ts';
import { textParts } from './text-writer.ts';

/** What a check of an account's index found. */
export interface TextCheck {
  /** Emails that the index says it holds and does not. */
  readonly missing: number;
  /** Blocks of emails with a part that is lost, or not as it was written. */
  readonly damagedBlocks: number;
}

/** Holds an account's index against its emails. Those after the last block may be missing: a search notices. */
export async function checkTexts(db: Database, a: number): Promise<TextCheck> {
  const [state] = await db.find<StateDocument>('grams', { _id: gramKey(a, stateKind, 0), a });
  let missing = 0;
  for await (const emails of emailNumbers(db, a)) {
    const [first, last] = [emails[0] as number, emails.at(-1) as number];
    const indexed = await IndexedEmails.read(db, a, first, last);
    const texts = await db.find<Pick<TextDocument, '_id'>>(
      'texts',
      { _id: { $in: emails.map((e) => textKey(a, e)) }, a },
      { projection: { _id: 1 } },
    );
    const kept = new Set(texts.map(({ _id }) => _id.e));
    for (const e of emails) {
      if (indexed.has(e) ? !kept.has(e) : e < (state?.upTo ?? 0)) missing++;
    }
  }
  let damagedBlocks = 0;
  for (const block of await db.find<MembersDocument>('grams', gramRange(a, membersKind))) {
    if (await isDamaged(db, a, block)) damagedBlocks++;
  }
  return { missing, damagedBlocks };
}

async function isDamaged(db: Database, a: number, block: MembersDocument): Promise<boolean> {
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
