import type { Uid } from './values.ts';

/**
 * UIDs as ascending, disjoint, inclusive ranges `[first, last, first, last …]`: what STORE, COPY and VANISHED
 * speak of. A set of a million neighbours is two numbers.
 */
export type UidRanges = readonly number[];

/** Packs ascending UIDs. */
export function toRanges(uids: Iterable<number>): UidRanges {
  const ranges: number[] = [];
  for (const uid of uids) {
    if (ranges.length > 0 && ranges[ranges.length - 1] === uid - 1) ranges[ranges.length - 1] = uid;
    else ranges.push(uid, uid);
  }
  return ranges;
}

/** Unpacks every UID of the ranges. Only for sets whose size is already bounded. */
export function* fromRanges(ranges: UidRanges): Generator<Uid> {
  for (let i = 0; i < ranges.length; i += 2) {
    const last = ranges[i + 1] as number;
    for (let uid = ranges[i] as number; uid <= last; uid++) yield uid as Uid;
  }
}

/** How many UIDs the ranges hold. */
export function countOf(ranges: UidRanges): number {
  let count = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    count += (ranges[i + 1] as number) - (ranges[i] as number) + 1;
  }
  return count;
}

/** IMAP's writing of the set: `1:3,7`. */
export function formatRanges(ranges: UidRanges): string {
  let text = '';
  for (let i = 0; i < ranges.length; i += 2) {
    const first = ranges[i] as number;
    const last = ranges[i + 1] as number;
    if (text !== '') text += ',';
    text += first === last ? String(first) : `${first}:${last}`;
  }
  return text;
}
