import { placeOf } from '../email-place.ts';
import { comparedOctets } from '../limits.ts';
import { type ComparedText, type ComparedTexts, verdict } from '../protocol.ts';
import { comparisonOf } from '../../common/texts/comparison.ts';
import type { SearchReader } from './search-reader.ts';

/** Octets that may still be looked at. */
export interface Budget {
  octets: number;
}

/** Compares the kept texts of emails, shard by shard. */
export function compareTexts(
  searches: readonly SearchReader[],
  text: ComparedText,
  emails: readonly number[],
): ComparedTexts {
  const verdicts = new Uint8Array(emails.length).fill(verdict.unknown);
  const damaged: number[] = [];
  const comparison = comparisonOf(text);
  if (comparison === undefined) return { verdicts, damaged };

  const budget: Budget = { octets: comparedOctets };
  for (const [shard, { positions, contents }] of byShard(emails, searches.length).entries()) {
    if (contents.length === 0) continue;
    const search = searches[shard] as SearchReader;
    const compared = search.compare(comparison, contents, budget);
    for (const [i, position] of positions.entries()) {
      verdicts[position] = compared.verdicts[i] as number;
    }
    if (compared.damaged) damaged.push(shard);
  }
  return { verdicts, damaged };
}

interface ShardEmails {
  /** Where the emails are in the list. */
  readonly positions: number[];
  readonly contents: number[];
}

function byShard(emails: readonly number[], shards: number): readonly ShardEmails[] {
  const groups = Array.from({ length: shards }, (): ShardEmails => ({
    positions: [],
    contents: [],
  }));
  for (const [position, email] of emails.entries()) {
    const { s, c } = placeOf(email, shards);
    groups[s]?.positions.push(position);
    groups[s]?.contents.push(c);
  }
  return groups;
}
