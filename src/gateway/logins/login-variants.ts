/** A local part has 64 letters at most; a variant needs room for what is added. */
const longestBase = 50;
/** Digits that no letter looks like: 0 and 1 would make a variant that looks like another. */
const digits = '23456789';

/**
 * Logins near to the one that somebody wanted, without end: first with the country, then with ever more digits, so that
 * some are free even for a name that thousands have. `below` gives a random number from 0, less than its argument.
 */
export function* loginVariants(
  wanted: string,
  below: (limit: number) => number,
): Generator<string, never> {
  const base = wanted.slice(0, longestBase).replace(/[._-]+$/, '');
  yield `${base}.kz`;
  for (let tried = 0; ; tried++) {
    const length = 2 + Math.floor(tried / 4);
    const number = Array.from({ length }, () => digits[below(digits.length)]).join('');
    yield `${base}${/\d$/.test(base) ? '.' : ''}${number}`;
  }
}
