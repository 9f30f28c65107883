import type { UidRanges } from '../core/uid-set.ts';

/** What is in either. */
export function union(a: UidRanges, b: UidRanges): UidRanges {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const ranges: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const fromA = j >= b.length || (i < a.length && (a[i] as number) <= (b[j] as number));
    if (fromA) {
      append(ranges, a[i] as number, a[i + 1] as number);
      i += 2;
    } else {
      append(ranges, b[j] as number, b[j + 1] as number);
      j += 2;
    }
  }
  return ranges;
}

/** What is in both. */
export function intersect(a: UidRanges, b: UidRanges): UidRanges {
  const ranges: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const first = Math.max(a[i] as number, b[j] as number);
    const last = Math.min(a[i + 1] as number, b[j + 1] as number);
    if (first <= last) append(ranges, first, last);
    if ((a[i + 1] as number) < (b[j + 1] as number)) i += 2;
    else j += 2;
  }
  return ranges;
}

/** What is in `a` and not in `b`. */
export function subtract(a: UidRanges, b: UidRanges): UidRanges {
  if (a.length === 0 || b.length === 0) return a;
  const ranges: number[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let first = a[i] as number;
    const last = a[i + 1] as number;
    while (j < b.length && (b[j + 1] as number) < first) j += 2;
    for (let k = j; k < b.length && (b[k] as number) <= last; k += 2) {
      if ((b[k] as number) > first) append(ranges, first, (b[k] as number) - 1);
      first = (b[k + 1] as number) + 1;
    }
    if (first <= last) append(ranges, first, last);
  }
  return ranges;
}

/** Whether the UID is in one of the ranges; by binary search. */
export function includesUid(ranges: UidRanges, uid: number): boolean {
  let low = 0;
  let high = ranges.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle * 2 + 1] as number) < uid) low = middle + 1;
    else high = middle;
  }
  return low * 2 < ranges.length && (ranges[low * 2] as number) <= uid;
}

/** Adds a range that begins not before the last one. */
function append(ranges: number[], first: number, last: number): void {
  const end = ranges.length - 1;
  if (end < 0 || first > (ranges[end] as number) + 1) ranges.push(first, last);
  else if (last > (ranges[end] as number)) ranges[end] = last;
}
