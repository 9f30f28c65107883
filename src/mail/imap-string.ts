import { encodeWords } from './encoded-word.ts';

/** Which of the two renderings is made: see `MessageIndex.envelope` and `envelopeUtf8`. */
export type Form = '7bit' | 'utf8';

/** An nstring of RFC 9051 §9 in the form asked for: quoted where that can be, else a literal. */
export function nstring(text: string | undefined, form: Form): string {
  return text === undefined ? 'NIL' : imapString(text, form);
}

/** A string of RFC 9051 §9. In the 7-bit form what is not US-ASCII is written as RFC 2047 words. */
export function imapString(text: string, form: Form): string {
  if (!needsCare.test(text)) return `"${text}"`;
  const shown = (form === '7bit' ? encodeWords(text) : text).replaceAll('\0', '\ufffd');
  if (!lineBreak.test(shown)) return `"${shown.replace(/["\\]/g, '\\$&')}"`;
  return `{${Buffer.byteLength(shown)}}\r\n${shown}`;
}

/** The same for text that people read: runs of white space become one space, as in Dovecot. */
export function imapText(text: string, form: Form): string {
  if (!unevenSpace.test(text)) return imapString(text, form);
  return imapString(text.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, ''), form);
}

const needsCare = /["\\\r\n\0\x80-\uffff]/;
const lineBreak = /[\r\n]/;
const unevenSpace = /[\t\r\n]| {2}|^ | $/;
