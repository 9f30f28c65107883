import { createHash } from 'node:crypto';
import type { Language } from '../api.ts';

const order: readonly Language[] = ['kk', 'ru', 'en'];

/**
 * The digest that an acceptance names, hex: SHA-256 over one line for each language, in the order kk, ru, en: the
 * SHA-256 of the rendered text (UTF-8, lines end with LF) in hex, two spaces, `kk.txt`. So whoever saves the three
 * texts that were shown can do it again with `sha256sum kk.txt ru.txt en.txt | sha256sum`.
 */
export function agreementDigest(texts: Readonly<Record<Language, string>>): string {
  return sha256(order.map((one) => `${sha256(texts[one])}  ${one}.txt\n`).join(''));
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
