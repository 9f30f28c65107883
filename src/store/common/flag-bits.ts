import { MailError } from '../../core/errors.ts';
import { keywordBit, keywordLimit, keywordNames } from '../mailbox-view.ts';

export interface Flags {
  readonly system: number;
  readonly keywords: readonly string[];
}

/** Flags as the two columns of a mailbox's index hold them, and the keywords that the mailbox does not know yet. */
export interface FlagBits {
  f: number;
  f2: number;
  readonly fresh: readonly string[];
}

const systemBits = 31;

/** The flags that bits stand for in a mailbox with these keywords. */
export function namedFlags(keywords: readonly string[], f: number, f2: number): Flags {
  return { system: f & systemBits, keywords: keywordNames(keywords, f, f2) };
}

/**
 * Turns flags into bits. Keywords are found in any case and keep the spelling first seen; unknown ones get the next
 * numbers, which become true when the caller adds `fresh` to the mailbox, or are left out when `known` is 'only'.
 * `limit`: the mailbox would have more than `keywordLimit`.
 */
export function flagBits(
  keywords: readonly string[],
  flags: Flags,
  known: 'grow' | 'only' = 'grow',
): FlagBits {
  let f = flags.system;
  let f2 = 0;
  if (flags.keywords.length === 0) return { f, f2, fresh: [] };
  const numbers = new Map(keywords.map((keyword, number) => [keyword.toLowerCase(), number]));
  const fresh: string[] = [];
  for (const keyword of flags.keywords) {
    const key = keyword.toLowerCase();
    let number = numbers.get(key);
    if (number === undefined) {
      if (known === 'only') continue;
      number = numbers.size;
      if (number >= keywordLimit) throw new MailError('limit', 'Too many keywords in the mailbox');
      numbers.set(key, number);
      fresh.push(keyword);
    }
    const { more, bit } = keywordBit(number);
    if (more) f2 = (f2 | bit) >>> 0;
    else f = (f | bit) >>> 0;
  }
  return { f, f2, fresh };
}
