import { isUtf8 } from 'node:buffer';
import { asBuffer, decodeCharset } from './charset.ts';
import { decodeWords } from './encoded-word.ts';
import { maxHeaderFields } from './limits.ts';

/** One field of a header block; offsets count octets from the start of the block. RFC 5322 §2.2. */
export interface HeaderField {
  /** As sent, without the white space that obsolete mail has before the colon. */
  readonly name: string;
  readonly nameLower: string;
  readonly start: number;
  /** Behind the last line break of the field. */
  readonly end: number;
  /** Behind the colon. */
  readonly valueStart: number;
}

/** A name longer than a line may be (RFC 5322 §2.1.1) is no name. */
const maxNameBytes = 998;

/**
 * Splits a header block into its fields, in order, at most `maxHeaderFields` of them. Lines without a colon are
 * skipped; an empty line ends the header; bare LF ends a line too.
 */
export function readHeaderFields(block: Uint8Array): HeaderField[] {
  const bytes = asBuffer(block);
  const fields: HeaderField[] = [];
  let start = 0;
  while (start < bytes.length && fields.length < maxHeaderFields) {
    if (isLineBreak(bytes, start)) break;
    const end = fieldEnd(bytes, start);
    const colonAt = findColon(bytes, start, end);
    if (colonAt > start) {
      const name = bytes.toString('latin1', start, trimmedEnd(bytes, start, colonAt));
      if (name !== '') {
        fields.push({ name, nameLower: name.toLowerCase(), start, end, valueStart: colonAt + 1 });
      }
    }
    start = end;
  }
  return fields;
}

/** Whether an empty line is at `at`. */
function isLineBreak(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x0a || (bytes[at] === 0x0d && bytes[at + 1] === 0x0a);
}

/** The end of the field that starts at `start`: its line and all lines behind it that begin with white space. */
export function fieldEnd(bytes: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const lineFeed = bytes.indexOf(0x0a, at);
    if (lineFeed < 0) return bytes.length;
    at = lineFeed + 1;
    const next = bytes[at];
    if (next !== 0x20 && next !== 0x09) return at;
  }
}

/** The first colon on the field's first line, or -1. */
export function findColon(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + maxNameBytes);
  for (let at = start; at < stop; at++) {
    const octet = bytes[at];
    if (octet === 0x3a) return at;
    if (octet === 0x0a) return -1;
  }
  return -1;
}

/** `end` without the white space before it. */
export function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start) {
    const octet = bytes[at - 1];
    if (octet !== 0x20 && octet !== 0x09 && octet !== 0x0d && octet !== 0x0a) break;
    at--;
  }
  return at;
}

/**
 * The text of a field value for people and for SEARCH: unfolded, RFC 2047 words decoded, raw octets read as UTF-8
 * (RFC 6532) or, where they are none, as `fallbackCharset`. White space around it is gone.
 */
export function decodeHeaderValue(raw: Uint8Array, fallbackCharset?: string): string {
  return decodeWords(rawHeaderText(raw, fallbackCharset));
}

/**
 * A field value unfolded and without the white space around it; its RFC 2047 words stay encoded. NUL, which
 * RFC 5322 §4 forbids and no IMAP string can carry, becomes U+FFFD.
 */
export function rawHeaderText(raw: Uint8Array, fallbackCharset?: string): string {
  const bytes = asBuffer(raw);
  const text = sevenBitHeaderText(bytes, 0, bytes.length);
  if (text !== undefined) return text;
  const { start, end } = trimmed(bytes, 0, bytes.length);
  const value = bytes.subarray(start, end);
  return unfolded(isUtf8(value) ? value.toString('utf8') : decodeCharset(value, fallbackCharset));
}

/** The same for the value from `from` to `to` of a header, or undefined when it is not in US-ASCII. */
export function sevenBitHeaderText(bytes: Buffer, from: number, to: number): string | undefined {
  const { start, end } = trimmed(bytes, from, to);
  const text = bytes.toString('latin1', start, end);
  if (!notPlain.test(text)) return text;
  return eightBit.test(text) ? undefined : unfolded(text);
}

// RFC 5322 §2.2.3: unfolding removes the line break alone.
function unfolded(text: string): string {
  return text.replace(/\r?\n/g, '').replaceAll('\0', '\ufffd');
}

const notPlain = /[\0\n\x80-\xff]/;
const eightBit = /[\x80-\xff]/;

function trimmed(bytes: Buffer, from: number, to: number): { start: number; end: number } {
  const end = trimmedEnd(bytes, from, to);
  let start = from;
  while (start < end && isWhiteSpace(bytes[start])) start++;
  return { start, end };
}

function isWhiteSpace(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x09 || octet === 0x0d || octet === 0x0a;
}
