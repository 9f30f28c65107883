import { flagBits } from '../core/values.ts';
import { readHeaderFields } from '../mail/header.ts';
import type { FlagSet } from '../store/api.ts';
import { isKeyword } from './maildir-flags.ts';

/** Fields in which mail programs keep what they know of a letter in an mbox; they are not the letter's. */
const own = /^(?:status|x-status|x-keywords|x-uid|x-imap|x-imapbase|x-mozilla-(?:status2?|keys))$/;

/** How an export of ours begins: it quotes, so a Content-Length there is its sender's, who may mean harm. */
const ours = /^Status: R?O\nX-Status: [AFTD]*\nX-Keywords: /;

const letterBits: Readonly<Record<string, number>> = {
  R: flagBits['\\Seen'],
  A: flagBits['\\Answered'],
  F: flagBits['\\Flagged'],
  D: flagBits['\\Deleted'],
  T: flagBits['\\Draft'],
};

export interface MboxHeader {
  /** The header without the first of each of those fields. */
  readonly octets: Buffer;
  readonly flags: FlagSet;
  /** The letter was deleted and its place is only not yet given back, or it is c-client's note to itself. */
  readonly deleted: boolean;
  readonly contentLength: number | undefined;
}

/** Reads what an mbox says of a letter in its header block. */
export function readMboxHeader(block: Buffer): MboxHeader {
  const found = new Map<string, string>();
  const pieces: Buffer[] = [];
  let from = 0;
  let subject = '';
  let contentLength: number | undefined;
  for (const field of readHeaderFields(block)) {
    const value = (): string => block.toString('latin1', field.valueStart, field.end).trim();
    if (field.nameLower === 'subject') subject = value();
    if (field.nameLower === 'content-length') {
      const text = value();
      if (contentLength === undefined && /^\d{1,15}$/.test(text)) contentLength = Number(text);
    }
    if (!own.test(field.nameLower) || found.has(field.nameLower)) continue;
    found.set(field.nameLower, value());
    pieces.push(block.subarray(from, field.start));
    from = field.end;
  }
  pieces.push(block.subarray(from));
  const get = (name: string): string => found.get(name) ?? '';
  const mozilla = Number.parseInt(get('x-mozilla-status'), 16) || 0;
  let system = 0;
  for (const letter of get('status') + get('x-status')) system |= letterBits[letter] ?? 0;
  if (mozilla & 1) system |= flagBits['\\Seen'];
  if (mozilla & 2) system |= flagBits['\\Answered'];
  if (mozilla & 4) system |= flagBits['\\Flagged'];
  const words = `${get('x-keywords')} ${get('x-mozilla-keys')}`.split(/\s+/).filter(isKeyword);
  return {
    octets: Buffer.concat(pieces),
    flags: { system, keywords: [...new Set(words)] },
    deleted: (mozilla & 8) !== 0 || (found.has('x-imap') && /FOLDER INTERNAL DATA/.test(subject)),
    contentLength: ours.test(block.toString('latin1', 0, 100)) ? undefined : contentLength,
  };
}
