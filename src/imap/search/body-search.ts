import { foldCase } from '../../mail/fold.ts';
import { partTexts, searchOverlapChars } from '../../mail/search-text.ts';
import type { MessageOctets } from '../fetch/octets.ts';
import type { TimeSlice } from '../time-slice.ts';

/** For each needle whether the decoded text of some part holds it; stops when all are found. */
export async function searchBody(
  octets: MessageOctets,
  needles: readonly string[],
  slice: TimeSlice,
): Promise<readonly boolean[]> {
  const found = needles.map(() => false);
  let left = needles.length;
  const read = (offset: number, length: number): Promise<Uint8Array> =>
    octets.read({ start: offset, end: Math.min(offset + length, octets.sizeBytes) });
  // A folded text can be shorter than what it was folded from: accents become part of their letters.
  const longest = Math.max(...needles.map((needle) => needle.length));
  const overlapChars = Math.max(searchOverlapChars, 4 * longest);
  for await (const piece of partTexts(octets.parts, read, overlapChars)) {
    const text = foldCase(piece);
    for (const [i, needle] of needles.entries()) {
      if (found[i] === true || !text.includes(needle)) continue;
      found[i] = true;
      if (--left === 0) return found;
    }
    if (slice.over) await slice.rest();
  }
  return found;
}
