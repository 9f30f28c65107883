import { createHash } from 'node:crypto';
import { hierarchyDelimiter, type MailboxName } from '../core/values.ts';

/*
 * Names of mailboxes as names of files and folders, and back. Maildir folders are written in modified UTF-7 as Dovecot
 * and Courier do; mbox files and EML folders in UTF-8 with `%XX` for what some file system cannot have.
 */

const levelBytes = 255;
const nameBytes = 1000;
const maxLevels = 32;
/** A file name has 255 octets everywhere; what is added to a name needs some. */
const fileNameBytes = 200;

/** What no file system minds, anywhere in a name but at its ends. */
const safe = /^[A-Za-z0-9 _+,=@#$!'(){}~^;-]$/;
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * The text of a folder name in modified UTF-7. More is taken than IMAP would take: shifted printable letters too, as
 * `encodeUtf7Name` writes a dot. What is none stands for itself: some write UTF-8.
 */
export function decodeUtf7Name(name: string): string {
  if (!/^[\x20-\x7e]*$/.test(name)) return name;
  if (!/^(?:[^&]|&[A-Za-z0-9+,]*-)*$/.test(name)) return name;
  return name.replace(/&([^-]*)-/g, (_, base64: string) => {
    if (base64 === '') return '&';
    const octets = Buffer.from(base64.replaceAll(',', '/'), 'base64');
    return octets
      .subarray(0, octets.length & ~1)
      .swap16()
      .toString('utf16le');
  });
}

/** One level as a name of a Maildir++ folder: no dot, nothing that a file system minds. */
export function encodeUtf7Name(level: string): string {
  const shift = (run: string): string => {
    const base64 = Buffer.from(run, 'utf16le').swap16().toString('base64');
    return `&${base64.replace(/=+$/, '').replaceAll('/', ',')}-`;
  };
  let out = '';
  let run = '';
  for (const char of level) {
    if (safe.test(char)) {
      if (run !== '') out += shift(run);
      run = '';
      out += char;
    } else if (char === '&' && run === '') out += '&-';
    else run += char;
  }
  return run === '' ? out : out + shift(run);
}

/** One level as a file name in UTF-8, with `%XX` where that is not safe. */
export function encodeFileName(level: string): string {
  const chars = Array.from(level);
  const last = chars.length - 1;
  const name = chars
    .map((char, i) => {
      const atEnd = (i === 0 && char === '~') || ((i === 0 || i === last) && char === ' ');
      const inner = char === '.' && i > 0 && i < last;
      const plain = safe.test(char) || inner || (char > '\u00a0' && !/[\p{C}\p{Z}]/u.test(char));
      if (plain && !atEnd) return char;
      return percent(char);
    })
    .join('');
  const [stem = ''] = name.split('.');
  return reserved.test(stem) ? percent(name.charAt(0)) + name.slice(1) : name;
}

export function decodeFileName(name: string): string {
  return name.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    const octets = Buffer.from(run.replaceAll('%', ''), 'hex');
    const text = octets.toString('utf8');
    return Buffer.from(text).equals(octets) ? text : run;
  });
}

function percent(text: string): string {
  return Buffer.from(text).toString('hex').toUpperCase().replace(/../g, '%$&');
}

/** Gives each mailbox a name of its own where case does not count, and cuts what is too long. */
export class FileNames {
  readonly #given = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** `encoded` is the safe name of `key`; the same key gets the same name. */
  name(key: string, encoded: string): string {
    const known = this.#given.get(key);
    if (known !== undefined) return known;
    let name = encoded;
    if (Buffer.byteLength(name) > fileNameBytes || this.#taken.has(name.toLowerCase())) {
      const digest = createHash('sha256').update(key).digest('hex').slice(0, 8);
      name = `${cut(name, fileNameBytes - 9)}~${digest}`;
    }
    this.#taken.add(name.toLowerCase());
    this.#given.set(key, name);
    return name;
  }
}

/**
 * The mailbox that levels of any origin stand for: NFC, no control characters, within the limits of names; INBOX in
 * capitals. No levels are INBOX.
 */
export function mailboxName(levels: readonly string[]): MailboxName {
  const clean = levels
    .map((level) =>
      cut(level.normalize('NFC').replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\ufeff/]/gu, '_'), levelBytes),
    )
    .filter((level) => level !== '');
  if (clean.length > maxLevels) {
    clean.splice(maxLevels - 1, Infinity, cut(clean.slice(maxLevels - 1).join('-'), levelBytes));
  }
  while (Buffer.byteLength(clean.join(hierarchyDelimiter)) > nameBytes) clean.splice(-2, 1);
  const [first = 'INBOX'] = clean;
  clean[0] = first.toUpperCase() === 'INBOX' ? 'INBOX' : first;
  return clean.join(hierarchyDelimiter) as MailboxName;
}

/** The longest beginning of at most so many octets, whole characters. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let out = '';
  let length = 0;
  for (const char of text) {
    length += Buffer.byteLength(char);
    if (length > bytes) break;
    out += char;
  }
  return out;
}
