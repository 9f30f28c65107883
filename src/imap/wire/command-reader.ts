import { Decoder } from './decoder.ts';
import { ParseError } from './parse-error.ts';

/** What a literal announces. RFC 9051 §4.3, RFC 7888. */
export interface LiteralHeader {
  readonly sizeBytes: number;
  /** The client waits for a continuation request. */
  readonly synchronizing: boolean;
  /** `~{n}`: any octets, RFC 3516. */
  readonly binary: boolean;
}

export interface CommandReaderLimits {
  /** A command with its literals, message literals left out. */
  commandBytes: number;
  /** The largest non-synchronising literal: 4096 under LITERAL-. */
  nonSyncBytes: number;
  /** How much refused input is read past before the connection is given up. */
  discardBytes: number;
}

export type ReaderEvent =
  /** A whole command, without its line break. */
  | { readonly kind: 'command'; readonly bytes: Buffer }
  /** The client waits for a continuation request before it sends a literal that will be taken. */
  | { readonly kind: 'continue' }
  /** A message literal is announced; `head` is the command up to it. Answer by `accept` or `refuse`. */
  | { readonly kind: 'message'; readonly head: Buffer; readonly literal: LiteralHeader }
  /** A piece of the accepted message. */
  | { readonly kind: 'octets'; readonly octets: Buffer }
  /** What follows a message literal up to the end of its command. */
  | { readonly kind: 'rest'; readonly bytes: Buffer }
  /** A message literal that was refused has been read past, with the rest of its command. */
  | { readonly kind: 'discarded' }
  /** A command was too big and has been read past; `head` is how it began. */
  | { readonly kind: 'too-big'; readonly head: Buffer }
  /** There is no telling where the next command begins. */
  | { readonly kind: 'lost' };

/**
 * Cuts the octets of a connection into commands. A command is a line, and more lines while each ends in a literal
 * (RFC 9051 §2.2.1): it is handed out whole, as one run of octets, for `Decoder`. Message literals are handed out in
 * pieces as they come. Time is linear in the octets however they are cut; memory is bounded by `commandBytes` and by
 * what is pushed before `next` is asked again.
 */
export class CommandReader {
  readonly limits: CommandReaderLimits;
  readonly #isMessageAhead: (head: Buffer) => boolean;

  /** `#bytes[#start…#end)` is what was not handed out; before `#scanned` there is no more to find. */
  #bytes: Buffer = nothing;
  #start = 0;
  #end = 0;
  #scanned = 0;
  /** Where the line that is looked for begins: behind the last literal. */
  #lineStart = 0;

  #mode: 'command' | 'decide' | 'message' | 'discard-octets' | 'discard-line' = 'command';
  #behindMessage = false;
  /** Octets of a literal still to come, in `message` and `discard-octets`. */
  #left = 0;
  #announced: LiteralHeader | undefined;
  #discarded = 0;
  #afterDiscard: ReaderEvent = { kind: 'discarded' };

  /** `isMessageAhead` says of a command up to a literal whether that literal is a message. */
  constructor(limits: CommandReaderLimits, isMessageAhead: (head: Buffer) => boolean) {
    this.limits = limits;
    this.#isMessageAhead = isMessageAhead;
  }

  /** Octets that were pushed and not handed out. */
  get bufferedBytes(): number {
    return this.#end - this.#start;
  }

  /** Takes octets, which belong to the reader from then on. */
  push(chunk: Buffer): void {
    if (this.#start === this.#end) {
      this.#bytes = chunk;
      this.#start = this.#scanned = this.#lineStart = 0;
      this.#end = chunk.length;
      return;
    }
    const length = this.#end - this.#start + chunk.length;
    if (this.#end + chunk.length > this.#bytes.length) {
      // Never moved in place: what was handed out still points into the old octets.
      const bytes = Buffer.allocUnsafeSlow(Math.max(length, 2 * (this.#end - this.#start)));
      this.#bytes.copy(bytes, 0, this.#start, this.#end);
      this.#scanned -= this.#start;
      this.#lineStart -= this.#start;
      this.#end -= this.#start;
      this.#start = 0;
      this.#bytes = bytes;
    }
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  /** The next thing that happened; undefined when more octets are needed. */
  next(): ReaderEvent | undefined {
    for (;;) {
      switch (this.#mode) {
        case 'decide':
          return undefined;
        case 'message':
          return this.#message();
        case 'discard-octets':
          if (!this.#discardOctets()) return undefined;
          break;
        case 'discard-line': {
          const event = this.#discardLine();
          if (event !== 'again') return event;
          break;
        }
        case 'command': {
          const event = this.#command();
          if (event !== 'again') return event;
          break;
        }
      }
    }
  }

  /** Takes the announced message: its octets come next. */
  accept(): void {
    this.#left = this.#announced?.sizeBytes ?? 0;
    this.#behindMessage = true;
    this.#mode = this.#left === 0 ? 'command' : 'message';
  }

  /**
   * Does not take the announced message. A client that waits will not send it: false, the next command follows.
   * One that does not wait has sent it: true, it is read past, and `discarded` (or `lost`) comes in the end.
   */
  refuse(): boolean {
    const literal = this.#announced;
    this.#mode = 'command';
    if (literal === undefined || literal.synchronizing) return false;
    this.#discard(literal.sizeBytes, { kind: 'discarded' });
    return true;
  }

  /** Gives up the command behind an accepted message: what is left of it is read past, then `discarded` comes. */
  abandon(): void {
    this.#behindMessage = false;
    this.#discard(this.#mode === 'message' ? this.#left : 0, { kind: 'discarded' });
  }

  /** One line outside of commands, of DONE or of SASL, without its line break; undefined when it is not there yet. */
  line(limitBytes: number): Buffer | 'too-long' | undefined {
    const at = this.#findLineBreak();
    if (at < 0) return this.bufferedBytes > limitBytes ? 'too-long' : undefined;
    const line = this.#bytes.subarray(this.#start, this.#withoutCr(this.#start, at));
    this.#consume(at + 1);
    return line.length > limitBytes ? 'too-long' : line;
  }

  /** Forgets everything that was pushed: what came in clear text behind STARTTLS. */
  clear(): void {
    this.#consume(this.#end);
  }

  // ---------------------------------------------------------------- inside

  #command(): ReaderEvent | 'again' | undefined {
    if (this.#lineStart > this.#end) return undefined; // inside a literal
    const at = this.#findLineBreak();
    const tooBig = (at < 0 ? this.#end : at) - this.#start > this.limits.commandBytes;
    if (tooBig) {
      const event = this.#tooBig();
      // The line is looked at once more, for a literal at its end.
      this.#consume(this.#lineStart);
      this.#discard(0, event);
      return 'again';
    }
    if (at < 0) return undefined;
    const lineEnd = this.#withoutCr(this.#lineStart, at);
    const literal = literalAtEnd(this.#bytes, this.#lineStart, lineEnd);
    if (literal === undefined) {
      const bytes = this.#bytes.subarray(this.#start, lineEnd);
      this.#consume(at + 1);
      if (!this.#behindMessage) return { kind: 'command', bytes };
      this.#behindMessage = false;
      return { kind: 'rest', bytes };
    }
    return this.#literal(literal.header, literal.start, at + 1);
  }

  #literal(header: LiteralHeader, start: number, end: number): ReaderEvent | 'again' {
    if (!this.#behindMessage) {
      const head = this.#bytes.subarray(this.#start, start);
      if (this.#isMessageAhead(head)) {
        this.#consume(end);
        this.#announced = header;
        this.#mode = 'decide';
        return { kind: 'message', head, literal: header };
      }
    }
    const { commandBytes, nonSyncBytes } = this.limits;
    const fits = end - this.#start + header.sizeBytes <= commandBytes;
    if (fits && (header.synchronizing || header.sizeBytes <= nonSyncBytes)) {
      this.#lineStart = this.#scanned = end + header.sizeBytes;
      return header.synchronizing ? { kind: 'continue' } : 'again';
    }
    const event = this.#tooBig();
    this.#consume(end);
    // A client that waits for our answer sends nothing more of this command.
    if (header.synchronizing) {
      this.#behindMessage = false;
      return event;
    }
    this.#discard(header.sizeBytes, event);
    return 'again';
  }

  #tooBig(): ReaderEvent {
    // Not more than is there in any case when the command proves too big, however it is cut.
    const length = Math.min(headBytes, this.limits.commandBytes, this.bufferedBytes);
    const head = this.#bytes.subarray(this.#start, this.#start + length);
    return { kind: 'too-big', head: Buffer.from(head) };
  }

  #message(): ReaderEvent | undefined {
    const length = Math.min(this.#left, this.bufferedBytes);
    if (length === 0) return undefined;
    const octets = this.#bytes.subarray(this.#start, this.#start + length);
    this.#left -= length;
    this.#consume(this.#start + length);
    if (this.#left === 0) this.#mode = 'command';
    return { kind: 'octets', octets };
  }

  #discard(octets: number, then: ReaderEvent): void {
    this.#discarded = octets;
    this.#left = octets;
    this.#afterDiscard = then;
    this.#mode = octets > this.limits.discardBytes ? 'discard-line' : 'discard-octets';
  }

  #discardOctets(): boolean {
    const length = Math.min(this.#left, this.bufferedBytes);
    this.#left -= length;
    this.#consume(this.#start + length);
    if (this.#left > 0) return false;
    this.#mode = 'discard-line';
    return true;
  }

  #discardLine(): ReaderEvent | 'again' | undefined {
    if (this.#discarded > this.limits.discardBytes) return { kind: 'lost' };
    const at = this.#findLineBreak();
    if (at < 0) {
      // Enough is kept to know a literal when its line ends.
      const keep = Math.min(this.bufferedBytes, longestHeader);
      this.#discarded += this.bufferedBytes - keep;
      this.#consume(this.#end - keep);
      this.#scanned = this.#end;
      return this.#discarded > this.limits.discardBytes ? { kind: 'lost' } : undefined;
    }
    const literal = literalAtEnd(this.#bytes, this.#start, this.#withoutCr(this.#start, at));
    this.#discarded += at + 1 - this.#start;
    this.#consume(at + 1);
    if (literal !== undefined && !literal.header.synchronizing) {
      this.#discarded += literal.header.sizeBytes;
      this.#left = literal.header.sizeBytes;
      this.#mode = this.#discarded > this.limits.discardBytes ? 'discard-line' : 'discard-octets';
      return 'again';
    }
    this.#mode = 'command';
    this.#behindMessage = false;
    return this.#afterDiscard;
  }

  #findLineBreak(): number {
    if (this.#scanned >= this.#end) return -1;
    const at = this.#bytes.subarray(0, this.#end).indexOf(lf, this.#scanned);
    if (at < 0) this.#scanned = this.#end;
    else this.#scanned = at; // so that looking again finds it again
    return at;
  }

  // A line may end in LF alone: no CR or LF can stand in a command, so nothing else can be meant.
  #withoutCr(start: number, at: number): number {
    return at > start && this.#bytes[at - 1] === cr ? at - 1 : at;
  }

  #consume(to: number): void {
    this.#start = this.#scanned = this.#lineStart = to;
    if (to < this.#end) return;
    // An idle session holds no buffer.
    this.#bytes = nothing;
    this.#start = this.#scanned = this.#lineStart = this.#end = 0;
  }
}

/** The tag that a command begins with, for an answer to what cannot be read further; undefined when it has none. */
export function tagOf(head: Uint8Array): string | undefined {
  try {
    const d = new Decoder(head);
    const tag = d.tag();
    return d.tryConsume(' ') ? tag : undefined;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

// literal = "{" number64 ["+"] "}" CRLF; literal8 = "~{" number64 ["+"] "}" CRLF
function literalAtEnd(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly header: LiteralHeader; readonly start: number } | undefined {
  if (bytes[end - 1] !== 0x7d || end - 1 < start) return undefined;
  let at = end - 2;
  const synchronizing = bytes[at] !== 0x2b;
  if (!synchronizing) at--;
  let sizeBytes = 0;
  let unit = 1;
  for (; at > start && isDigit(bytes[at]); at--) {
    sizeBytes += ((bytes[at] as number) - 0x30) * unit;
    unit *= 10;
    if (end - at > longestHeader) return undefined;
  }
  if (at < start || unit === 1 || bytes[at] !== 0x7b) return undefined;
  const binary = at > start && bytes[at - 1] === 0x7e;
  return { header: { sizeBytes, synchronizing, binary }, start: binary ? at - 1 : at };
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

const nothing = Buffer.alloc(0);
const cr = 0x0d;
const lf = 0x0a;
/** Octets of `~{`, 19 digits, `+}` and CR. */
const longestHeader = 24;
/** How much of a command that is too big is kept to find its tag. */
const headBytes = 256;
