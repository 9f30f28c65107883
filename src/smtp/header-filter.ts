const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

/** A field name longer than this is none. RFC 5322 §2.1.1 allows 998 octets for a whole line. */
export const maxFieldNameBytes = 998;
/** So much of one field is looked at when its value decides; a longer one is judged by what was seen. */
export const maxJudgedFieldBytes = 64 * 1024;

/**
 * - `keep`: goes through.
 * - `drop`: is taken out with its continuation lines.
 * - `note`: goes through, and its octets are handed to `noted`.
 * - `judge`: is held until it is whole, then `keeps` decides.
 */
export type FieldAction = 'keep' | 'drop' | 'note' | 'judge';

/** What is done with the header fields of one message. */
export interface HeaderRules {
  /** Asked for each field; `name` is in lower case. */
  action(name: string): FieldAction;
  /** Asked for a `judge`d field with everything behind its colon, unfolded or not. */
  keeps(name: string, value: Buffer): boolean;
  /** Gets a `note`d field as `judge` would. Cut at `maxJudgedFieldBytes`. */
  noted(name: string, value: Buffer): void;
  /** What is put behind the last field; '' for nothing. */
  atEnd(): string;
}

type Mode = 'line-start' | 'keep' | 'drop' | 'hold' | 'body';

/**
 * Lets a message through and takes header fields out of it on the way, in memory bounded by one field. It ends where
 * the first empty line is and nowhere else, so that a line without a colon cannot hide the fields behind it. A message
 * that does not begin with a field has no header and gets an empty line in front of its text. What comes out does not
 * depend on how the octets were cut into chunks. Lines end in CRLF here: `LineEnds` is in front.
 */
export class HeaderFilter {
  readonly #rules: HeaderRules;
  #mode: Mode = 'line-start';
  #first = true;
  /** What the lines of the field at hand are: `mode` once its next line turns out to be a continuation. */
  #field: 'keep' | 'drop' | 'hold' = 'keep';
  #name = '';
  #noting = false;
  /** Octets of a line start or name that came in an earlier chunk. */
  #carried: Buffer | undefined;
  /** The held or noted field. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #out: Buffer[] = [];

  constructor(rules: HeaderRules) {
    this.#rules = rules;
  }

  /** True once the empty line was seen. */
  get inBody(): boolean {
    return this.#mode === 'body';
  }

  /** Gives the octets that may go on, in order; they share memory with the chunk. */
  write(chunk: Buffer): readonly Buffer[] {
    if (this.#mode === 'body') return [chunk];
    this.#out = [];
    let octets = chunk;
    if (this.#carried !== undefined) {
      octets = Buffer.concat([this.#carried, chunk]);
      this.#carried = undefined;
      this.#mode = 'line-start';
    }
    this.#scan(octets);
    return this.#out;
  }

  /** The message is over; gives what was still held. */
  end(): readonly Buffer[] {
    this.#out = [];
    if (this.#mode === 'body') return this.#out;
    // BDAT may stop within a line; what comes behind it must not become part of it.
    const openLine = this.#carried !== undefined || this.#mode === 'keep' || this.#mode === 'hold';
    this.#endField();
    const added = this.#rules.atEnd();
    if (this.#carried !== undefined && this.#first) this.#text(`${added}\r\n`);
    if (this.#carried !== undefined) this.#out.push(this.#carried);
    if (!this.#first && added !== '') this.#text(openLine ? `\r\n${added}` : added);
    if (this.#carried === undefined && this.#first) this.#text(added);
    this.#carried = undefined;
    this.#mode = 'body';
    return this.#out;
  }

  #scan(octets: Buffer): void {
    const length = octets.length;
    let at = 0;
    /** Start of what goes through and was not pushed yet, or -1. */
    let keptFrom = -1;
    const push = (to: number): void => {
      if (keptFrom >= 0 && keptFrom < to) this.#out.push(octets.subarray(keptFrom, to));
      keptFrom = -1;
    };

    while (at < length) {
      if (this.#mode !== 'line-start') {
        // Within the line of a field: up to its end.
        const lineFeed = octets.indexOf(LF, at);
        const end = lineFeed < 0 ? length : lineFeed + 1;
        if (this.#mode === 'hold' || this.#noting) this.#hold(octets.subarray(at, end));
        if (this.#mode === 'keep' && keptFrom < 0) keptFrom = at;
        if (lineFeed >= 0) this.#mode = 'line-start';
        at = end;
        continue;
      }

      const octet = octets[at] as number;
      if ((octet === SP || octet === TAB) && !this.#first) {
        this.#mode = this.#field;
        if (this.#mode !== 'keep') push(at);
        continue;
      }
      if (octet === CR) {
        if (at + 1 === length) {
          push(at);
          this.#carried = Buffer.from(octets.subarray(at));
          return;
        }
        if (octets[at + 1] === LF) {
          push(at);
          this.#endField();
          this.#text(this.#rules.atEnd());
          this.#out.push(octets.subarray(at));
          this.#mode = 'body';
          return;
        }
      }

      const colon = nameEnd(octets, at);
      if (colon === undefined) {
        push(at);
        this.#carried = Buffer.from(octets.subarray(at));
        return;
      }
      if (this.#hasField()) {
        push(at);
        this.#endField();
      }
      const name = colon < 0 ? '' : octets.toString('latin1', at, colon).trimEnd().toLowerCase();
      if (name === '' && this.#first && !isMboxLine(octets, at)) {
        this.#text(`${this.#rules.atEnd()}\r\n`);
        this.#out.push(octets.subarray(at));
        this.#mode = 'body';
        return;
      }
      const mbox = name === '' && this.#first;
      if (!mbox) this.#first = false;
      const field = this.#begin(
        name,
        mbox ? 'drop' : name === '' ? 'keep' : this.#rules.action(name),
      );
      if (field === 'keep') {
        if (keptFrom < 0) keptFrom = at;
      } else push(at);
      if (colon >= 0) {
        if (field === 'hold') this.#hold(octets.subarray(at, colon + 1));
        at = colon + 1;
      }
    }
    push(length);
  }

  #begin(name: string, action: FieldAction): 'keep' | 'drop' | 'hold' {
    this.#name = name;
    this.#noting = action === 'note';
    this.#field = action === 'judge' ? 'hold' : action === 'drop' ? 'drop' : 'keep';
    this.#mode = this.#field;
    return this.#field;
  }

  #hold(octets: Buffer): void {
    if (this.#heldBytes >= maxJudgedFieldBytes) return;
    // A copy: the chunk is gone when the field ends.
    this.#held.push(Buffer.from(octets));
    this.#heldBytes += octets.length;
  }

  #hasField(): boolean {
    return this.#noting || this.#field === 'hold';
  }

  /** The field at hand is whole: it is judged or reported. */
  #endField(): void {
    if (!this.#hasField()) return;
    const field = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
    const tooLong = this.#heldBytes >= maxJudgedFieldBytes;
    if (this.#noting) this.#rules.noted(this.#name, field);
    else {
      const value = field.subarray(field.indexOf(COLON) + 1);
      // Nobody writes such a field so long: it is not looked at further, and not let through.
      if (!tooLong && this.#rules.keeps(this.#name, value)) this.#out.push(field);
    }
    this.#held = [];
    this.#heldBytes = 0;
    this.#noting = false;
    this.#field = 'keep';
  }

  #text(text: string): void {
    if (text !== '') this.#out.push(Buffer.from(text));
  }
}

/**
 * The place of the colon behind a field name that begins at `start`; -1 when the line is no field; undefined when
 * more octets are needed to tell. field-name = 1*ftext, then spaces in the obsolete form. RFC 5322 §3.6.8, §4.5.
 */
function nameEnd(octets: Buffer, start: number): number | undefined {
  const limit = Math.min(octets.length, start + maxFieldNameBytes);
  let spaces = false;
  for (let at = start; at < limit; at++) {
    const octet = octets[at] as number;
    if (octet === COLON) return at === start ? -1 : at;
    if (octet === SP || octet === TAB) {
      if (at === start) return -1;
      // `From ` of an mbox file has its address behind the space.
      spaces = true;
    } else if (octet < 0x21 || octet > 0x7e || spaces) return -1;
  }
  return octets.length >= start + maxFieldNameBytes ? -1 : undefined;
}

/** `From sender date` or `>From …`, with which mbox files separate messages: sloppy programs send it along. */
function isMboxLine(octets: Buffer, start: number): boolean {
  const text = octets.toString('latin1', start, start + 6);
  return text.startsWith('From ') || text === '>From ';
}
