import { isAscii, isUtf8 } from 'node:buffer';
import { flagBits, type MailboxName } from '../../core/values.ts';
import { mailboxFromWire, patternFromWire } from './mailbox-name.ts';
import { type MessageSet, type NumberRange, star } from './message-set.ts';
import { ParseError } from './parse-error.ts';

/** What a well-meant command stays far below. */
export const decoderLimits = {
  /** Parentheses, and search keys that hold search keys. */
  nesting: 50,
  /** Items of one list. */
  listItems: 2000,
  /** Octets of a keyword. */
  keywordBytes: 100,
} as const;

/** Flags as a client lists them: bits of `flagBits`, and keywords each once, in the spelling first used. */
export interface FlagList {
  readonly system: number;
  readonly keywords: readonly string[];
}

/** A day without a time zone, RFC 9051 §9, `date`. `month` is 1 to 12. */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/**
 * Reads one whole command: its line, with each literal's octets behind the line break that follows `{n}`. One method
 * per production of RFC 9051 §9; each consumes what it reads, and throws `ParseError` where the grammar ends.
 */
export class Decoder {
  /** Whether mailbox names are UTF-8 (IMAP4rev2 or UTF8=ACCEPT enabled) rather than modified UTF-7. */
  readonly utf8: boolean;
  readonly #bytes: Buffer;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array, options: { readonly utf8?: boolean } = {}) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.utf8 = options.utf8 ?? false;
  }

  // ---------------------------------------------------------------- punctuation

  /** Octets read so far. */
  get position(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next character without reading it; '' at the end. */
  peek(): string {
    return this.atEnd ? '' : String.fromCharCode(this.#bytes[this.#at] as number);
  }

  /** Reads the character if it comes next. */
  tryConsume(character: string): boolean {
    if (this.#bytes[this.#at] !== character.charCodeAt(0)) return false;
    this.#at++;
    return true;
  }

  expect(character: string): void {
    if (!this.tryConsume(character)) throw this.#unexpected(`"${character}"`);
  }

  /** Exactly one space. */
  space(): void {
    if (!this.tryConsume(' ')) throw this.#unexpected('a space');
  }

  /** Nothing may follow. */
  end(): void {
    if (!this.atEnd) throw this.#unexpected('the end of the command');
  }

  /** `(item item …)`, or `()`. */
  list<Item>(readItem: () => Item): Item[] {
    this.expect('(');
    if (this.tryConsume(')')) return [];
    return this.nested(() => {
      const items = [readItem()];
      while (!this.tryConsume(')')) {
        if (items.length === decoderLimits.listItems)
          throw new ParseError('Too many items in a list');
        this.space();
        items.push(readItem());
      }
      return items;
    });
  }

  /** `(item item …)` with at least one item. */
  nonEmptyList<Item>(readItem: () => Item): Item[] {
    const items = this.list(readItem);
    if (items.length === 0) throw new ParseError('Empty list');
    return items;
  }

  /** Runs a reader that may call itself, so that no command is nested beyond the limit. */
  nested<Result>(read: () => Result): Result {
    if (this.#depth === decoderLimits.nesting) throw new ParseError('Nested too deeply');
    this.#depth++;
    const result = read();
    this.#depth--;
    return result;
  }

  // ---------------------------------------------------------------- words

  /** tag = 1*<any ASTRING-CHAR except "+"> */
  tag(): string {
    return this.#run(tagChar, 'a tag');
  }

  /** atom = 1*ATOM-CHAR */
  atom(): string {
    return this.#run(atomChar, 'an atom');
  }

  /** An atom in capitals: the name of a command, a key, an item. */
  word(): string {
    return this.atom().toUpperCase();
  }

  /** One of the words, in any case; answers it as given here. */
  keyword<Word extends string>(...words: readonly Word[]): Word {
    for (const word of words) if (this.tryWord(word)) return word;
    throw this.#unexpected(words.join(' or '));
  }

  /** Reads the word if it comes next, in any case, and no longer word does. */
  tryWord(word: string): boolean {
    const end = this.#at + word.length;
    if (end > this.#bytes.length) return false;
    const following = this.#bytes[end];
    if (following !== undefined && ((classes[following] as number) & atomChar) !== 0) return false;
    if (this.#bytes.toString('latin1', this.#at, end).toUpperCase() !== word.toUpperCase())
      return false;
    this.#at = end;
    return true;
  }

  // ---------------------------------------------------------------- strings

  /** string = quoted / literal, as text. */
  string(): string {
    return text(this.stringBytes());
  }

  /** nstring = string / nil */
  nstring(): string | undefined {
    return this.tryWord('NIL') ? undefined : this.string();
  }

  /** astring = 1*ASTRING-CHAR / string, as text. */
  astring(): string {
    return text(this.astringBytes());
  }

  /** astring as octets, for a search string in a charset of its own. */
  astringBytes(): Uint8Array {
    const next = this.#bytes[this.#at];
    if (next === quote || next === brace || next === tilde) return this.#stringOrAtom();
    return this.#octets(astringChar, 'a string');
  }

  /** string as octets. */
  stringBytes(): Uint8Array {
    const next = this.#bytes[this.#at];
    if (next === quote) return this.#quoted();
    if (next === brace) return this.#literal();
    throw this.#unexpected('a quoted string or a literal');
  }

  // "~" is an ASTRING-CHAR, and the first octet of a literal8, which no astring may be.
  #stringOrAtom(): Uint8Array {
    if (this.#bytes[this.#at] !== tilde) return this.stringBytes();
    return this.#octets(astringChar, 'a string');
  }

  // quoted = DQUOTE *QUOTED-CHAR DQUOTE
  // QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials / UTF8-2 / UTF8-3 / UTF8-4
  #quoted(): Uint8Array {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    let at = start;
    let escapes = 0;
    for (;;) {
      const byte = bytes[at];
      if (byte === quote) break;
      if (byte === backslash) {
        const escaped = bytes[at + 1];
        if (escaped !== quote && escaped !== backslash) {
          this.#at = at;
          throw new ParseError('A backslash quotes only " and \\');
        }
        escapes++;
        at += 2;
      } else if (byte === undefined || byte === 0 || byte === lf || byte === cr) {
        this.#at = at;
        throw new ParseError('Quoted string is not closed');
      } else at++;
    }
    this.#at = at + 1;
    const raw = bytes.subarray(start, at);
    if (escapes === 0) return raw;
    const plain = Buffer.allocUnsafe(raw.length - escapes);
    let to = 0;
    for (let from = 0; from < raw.length; from++) {
      if (raw[from] === backslash) from++;
      plain[to++] = raw[from] as number;
    }
    return plain;
  }

  // literal = "{" number64 ["+"] "}" CRLF *CHAR8
  #literal(): Uint8Array {
    this.expect('{');
    const length = this.number64();
    this.tryConsume('+');
    this.expect('}');
    this.tryConsume('\r');
    this.expect('\n');
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new LiteralAhead();
    const octets = this.#bytes.subarray(this.#at, end);
    if (octets.includes(0)) throw new ParseError('NUL in a literal');
    this.#at = end;
    return octets;
  }

  // ---------------------------------------------------------------- numbers

  /** number, 0 to 2^32-1. */
  number(): number {
    const value = this.#digits(10);
    if (value > maxNumber) throw new ParseError('Number out of range');
    return value;
  }

  /** nz-number, 1 to 2^32-1. */
  nonZeroNumber(): number {
    const value = this.number();
    if (value === 0) throw new ParseError('Number must not be 0');
    return value;
  }

  /**
   * number64, 0 to 2^63-1. What is above 2^53 may come out a little rounded: no size and no MODSEQ of ours is there,
   * so that comparing with it stays right.
   */
  number64(): number {
    const start = this.#at;
    const value = this.#digits(19);
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    const exact = BigInt(this.#bytes.toString('latin1', start, this.#at));
    if (exact > maxNumber64) throw new ParseError('Number out of range');
    return Number(exact);
  }

  #digits(limit: number): number {
    const start = this.#at;
    let value = 0;
    for (;;) {
      const digit = (this.#bytes[this.#at] as number) - zero;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      this.#at++;
    }
    if (this.#at === start) throw this.#unexpected('a number');
    if (this.#at - start > limit) throw new ParseError('Number out of range');
    return value;
  }

  // ---------------------------------------------------------------- mailboxes and messages

  /** mailbox = "INBOX" / astring. Ill-formed modified UTF-7 gives a name that cannot exist. */
  mailbox(): MailboxName {
    return mailboxFromWire(this.#nameText(this.astringBytes()), this.utf8);
  }

  /** The same for a command that answers the client's own spelling, where that is not NFC. */
  mailboxAsSpelled(): { readonly name: MailboxName; readonly spelling: string | undefined } {
    const wire = this.#nameText(this.astringBytes());
    const name = mailboxFromWire(wire, this.utf8);
    return { name, spelling: this.utf8 && wire !== wire.normalize('NFC') ? wire : undefined };
  }

  /** list-mailbox = 1*list-char / string. Wildcards are left in it. */
  listMailbox(): string {
    const next = this.#bytes[this.#at];
    const bytes =
      next === quote || next === brace
        ? this.stringBytes()
        : this.#octets(listChar, 'a mailbox pattern');
    return patternFromWire(this.#nameText(bytes), this.utf8);
  }

  // Without UTF-8 enabled 8-bit octets make no name, but are no breach of syntax either.
  #nameText(bytes: Uint8Array): string {
    return this.utf8 ? text(bytes) : asBuffer(bytes).toString('latin1');
  }

  // sequence-set = (seq-number / seq-range) ["," sequence-set] / "$"
  /** Sequence numbers or UIDs, not yet compared with any mailbox. */
  messageSet(): MessageSet {
    if (this.tryConsume('$')) return { kind: 'saved' };
    const ranges: NumberRange[] = [];
    do {
      const a = this.#setNumber();
      const b = this.tryConsume(':') ? this.#setNumber() : a;
      ranges.push(a <= b ? [a, b] : [b, a]);
    } while (this.tryConsume(','));
    return { kind: 'ranges', ranges };
  }

  #setNumber(): number {
    return this.tryConsume('*') ? star : this.nonZeroNumber();
  }

  /** flag-list = "(" [flag *(SP flag)] ")" */
  flagList(): FlagList {
    const collected = new Flags();
    this.list(() => {
      collected.add(this.flag());
    });
    return collected;
  }

  /** store-att-flags: a list, or flags without parentheses up to the end. */
  flags(): FlagList {
    if (this.peek() === '(') return this.flagList();
    const collected = new Flags();
    let count = 0;
    do {
      if (++count > decoderLimits.listItems) throw new ParseError('Too many flags');
      collected.add(this.flag());
    } while (this.tryConsume(' '));
    return collected;
  }

  /**
   * flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword. System flags come in the
   * standard's spelling. \Recent, which no client may set, and flags nobody defined are errors.
   */
  flag(): string {
    if (this.tryConsume('\\')) {
      const name = `\\${this.atom()}`.toLowerCase();
      const known = systemFlags.get(name);
      if (known === undefined) throw new ParseError('No such system flag');
      return known;
    }
    const keyword = this.atom();
    if (keyword.length > decoderLimits.keywordBytes) throw new ParseError('Keyword is too long');
    return keyword;
  }

  // ---------------------------------------------------------------- dates

  // date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
  /** INTERNALDATE as milliseconds since 1970. */
  dateTime(): number {
    this.expect('"');
    const day = this.tryConsume(' ') ? this.#fixed(1) : this.#fixed(2);
    const date = this.#monthAndYear(day);
    this.space();
    const hour = this.#fixed(2);
    this.expect(':');
    const minute = this.#fixed(2);
    this.expect(':');
    const second = this.#fixed(2);
    this.space();
    const west = this.tryConsume('-');
    if (!west) this.expect('+');
    const zoneHour = this.#fixed(2);
    const zoneMinute = this.#fixed(2);
    this.expect('"');
    // 60 is a leap second.
    if (hour > 23 || minute > 59 || second > 60 || zoneMinute > 59) {
      throw new ParseError('No such time');
    }
    const offset = (zoneHour * 60 + zoneMinute) * (west ? 1 : -1);
    return utc(date, hour, minute + offset, second);
  }

  // date = date-text / DQUOTE date-text DQUOTE
  // date-text = date-day "-" date-month "-" date-year
  /** A day as SEARCH names it. */
  date(): CalendarDate {
    const quoted = this.tryConsume('"');
    const date = this.#monthAndYear(this.#digits(2));
    if (quoted) this.expect('"');
    return date;
  }

  #monthAndYear(day: number): CalendarDate {
    this.expect('-');
    const name = this.#bytes.toString('latin1', this.#at, this.#at + 3).toLowerCase();
    const month = months.indexOf(name) + 1;
    if (month === 0) throw this.#unexpected('a month');
    this.#at += 3;
    this.expect('-');
    const year = this.#fixed(4);
    if (day < 1 || day > daysIn(year, month)) throw new ParseError('No such day');
    return { year, month, day };
  }

  #fixed(length: number): number {
    const digits = this.#bytes.toString('latin1', this.#at, this.#at + length);
    if (!/^[0-9]+$/.test(digits) || digits.length < length) {
      throw this.#unexpected(`${length} digits`);
    }
    this.#at += length;
    return Number(digits);
  }

  // ---------------------------------------------------------------- inside

  #run(kind: number, what: string): string {
    return asBuffer(this.#octets(kind, what)).toString('latin1');
  }

  #octets(kind: number, what: string): Uint8Array {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    while (at < bytes.length && ((classes[bytes[at] as number] as number) & kind) !== 0) at++;
    if (at === start) throw this.#unexpected(what);
    this.#at = at;
    return bytes.subarray(start, at);
  }

  #unexpected(wanted: string): ParseError {
    return new ParseError(`Expected ${wanted} at octet ${this.#at + 1}`);
  }
}

/** A literal is announced whose octets are not in the bytes: the command has not been read to its end yet. */
export class LiteralAhead extends ParseError {
  constructor() {
    super('Literal is cut off');
  }
}

class Flags implements FlagList {
  system = 0;
  readonly keywords: string[] = [];
  readonly #seen = new Set<string>();

  add(flag: string): void {
    if (flag.startsWith('\\')) {
      this.system |= flagBits[flag as keyof typeof flagBits];
      return;
    }
    const key = flag.toLowerCase();
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.keywords.push(flag);
  }
}

const cr = 0x0d;
const lf = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const brace = 0x7b;
const tilde = 0x7e;
const zero = 0x30;
const maxNumber = 0xffffffff;
const maxNumber64 = 2n ** 63n - 1n;

// ATOM-CHAR = <any CHAR except atom-specials>
// atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials
const atomChar = 1;
const astringChar = 2;
const listChar = 4;
const tagChar = 8;
const classes = new Uint8Array(256);
for (let byte = 0x21; byte < 0x7f; byte++) {
  const character = String.fromCharCode(byte);
  if ('(){"\\'.includes(character)) continue;
  if ('%*'.includes(character)) classes[byte] = listChar;
  else if (character === ']') classes[byte] = astringChar | listChar | tagChar;
  else if (character === '+') classes[byte] = atomChar | astringChar | listChar;
  else classes[byte] = atomChar | astringChar | listChar | tagChar;
}

const systemFlags = new Map(Object.keys(flagBits).map((flag) => [flag.toLowerCase(), flag]));

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

function daysIn(year: number, month: number): number {
  // Day 0 of the next month.
  return new Date(utc({ year, month: month + 1, day: 0 }, 0, 0, 0)).getUTCDate();
}

function utc(date: CalendarDate, hour: number, minute: number, second: number): number {
  // Not Date.UTC with the year: that takes 0 to 99 for 1900 to 1999.
  const at = new Date(0);
  at.setUTCFullYear(date.year, date.month - 1, date.day);
  at.setUTCHours(hour, minute, second);
  return at.getTime();
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function text(bytes: Uint8Array): string {
  if (isAscii(bytes)) return asBuffer(bytes).toString('latin1');
  if (!isUtf8(bytes)) throw new ParseError('String is not UTF-8');
  return asBuffer(bytes).toString('utf8');
}
