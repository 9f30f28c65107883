import { needleTrigrams } from '../../common/texts/trigrams.ts';

/** What to ask FTS5 for a folded needle: trigrams that every text with the needle has. Undefined when it has none. */
export function trigramQuery(needle: string): string | undefined {
  return needleTrigrams(needle)
    ?.map((trigram) => `"${trigram.replaceAll('"', '""')}"`)
    .join(' AND ');
}

/** Whether the needle is one trigram, so that what has the trigram has the needle. */
export function isOneTrigram(needle: string): boolean {
  // Some characters stand for others in the index: for NUL, for ends of pieces, for half a surrogate pair.
  return /^[^\0\u0001\ufffd\p{Surrogate}]{3}$/u.test(needle);
}
