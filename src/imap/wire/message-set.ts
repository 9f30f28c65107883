/**
 * `*`, the largest number in use. Which one that is only the selected mailbox knows, and `5:*` means `3:5` where the
 * largest is 3 (RFC 9051 §9, seq-range), so that ranges keep it as it is until `resolveSet`.
 */
export const star = Number.POSITIVE_INFINITY;

/** One `a:b`; the first is not above the second, a single number is a range of one. */
export type NumberRange = readonly [first: number, last: number];

/** The numbers a command names, as written: overlapping and unordered as the client likes. RFC 9051 §9, sequence-set. */
export type MessageSet =
  | { readonly kind: 'ranges'; readonly ranges: readonly NumberRange[] }
  /** `$`: what the last SEARCH with RETURN (SAVE) found. RFC 9051 §6.4.4.1. */
  | { readonly kind: 'saved' };

/**
 * The set as ascending, disjoint, joined ranges `[first, last, first, last …]`, with `*` made `largest`. What lies
 * above `largest` stays, save that in an empty mailbox (`largest` 0) ranges with `*` name nothing.
 * O(n log n) in the ranges as written; a range costs the same whatever it spans.
 */
export function resolveSet(ranges: readonly NumberRange[], largest: number): number[] {
  const pairs: NumberRange[] = [];
  for (const [first, last] of ranges) {
    if (last !== star) pairs.push([first, last]);
    else if (largest > 0) {
      const other = first === star ? largest : first;
      pairs.push([Math.min(other, largest), Math.max(other, largest)]);
    }
  }
  if (pairs.some((pair, i) => i > 0 && pair[0] < (pairs[i - 1] as NumberRange)[0])) {
    pairs.sort((a, b) => a[0] - b[0]);
  }
  const flat: number[] = [];
  for (const [first, last] of pairs) {
    const end = flat.at(-1);
    if (end === undefined || first > end + 1) flat.push(first, last);
    else if (last > end) flat[flat.length - 1] = last;
  }
  return flat;
}
