import { mailboxToWire } from './mailbox-name.ts';

/** Where octets go: a socket, or a test. */
export interface OctetSink {
  /** Takes the octets, at once or into a queue; they belong to the sink from then on. */
  write(octets: Uint8Array): void;
  /** Whether octets that `queuedBytes` does not count any more are done with, so that their memory is free again. */
  readonly forgets?: boolean;
  /** Octets taken and not yet gone. */
  readonly queuedBytes: number;
  /** Resolves when the queue is empty again. Rejects when the connection is lost. */
  drained(): Promise<void>;
}

export const encoderLimits = {
  /** Small writes are gathered up to here. */
  chunkBytes: 32 * 1024,
  /** How far a client that reads slowly may lag behind before commands wait for it. */
  queuedBytes: 128 * 1024,
  /** Longer strings go as literals: some clients have a limit for lines. */
  quotedCharacters: 1024,
} as const;

type Piece = string | Uint8Array;

/**
 * Writes responses. Text is gathered and handed on in chunks, so that a response costs no system call of its own.
 * Commands write what they like and, between responses, wait for `flush()` whenever it gives them a promise; that
 * bounds the memory which a slow reader can cost.
 */
export class Encoder {
  /** Whether the session enabled UTF-8 (IMAP4rev2 or UTF8=ACCEPT): in names, and in quoted strings. */
  utf8 = false;
  readonly #sink: OctetSink;
  /** Text that came since the last of `#pieces`. */
  #text = '';
  #pieces: Piece[] = [];
  /** How much `#pieces` are, a character of text counted as an octet. */
  #pieceBytes = 0;

  constructor(sink: OctetSink) {
    this.#sink = sink;
  }

  /** Text as it is: ASCII, or UTF-8 where the session allows it. */
  text(text: string): this {
    this.#text += text;
    if (this.#text.length + this.#pieceBytes >= encoderLimits.chunkBytes) this.send();
    return this;
  }

  /** Octets as they are; they must not change afterwards. */
  bytes(octets: Uint8Array): this {
    if (octets.length >= encoderLimits.chunkBytes) {
      this.send();
      this.#sink.write(octets);
      return this;
    }
    this.#takeText();
    this.#pieces.push(octets);
    this.#pieceBytes += octets.length;
    if (this.#pieceBytes >= encoderLimits.chunkBytes) this.send();
    return this;
  }

  /** CRLF. */
  endLine(): this {
    return this.text('\r\n');
  }

  /** A whole untagged response: `* text`. */
  untagged(text: string): this {
    return this.text(`* ${text}\r\n`);
  }

  /** string = quoted / literal, whichever can carry it. */
  quotedOrLiteral(text: string): this {
    if (
      text.length <= encoderLimits.quotedCharacters &&
      (this.utf8 ? line : asciiLine).test(text)
    ) {
      return this.text(`"${text.replace(/["\\]/g, '\\$&')}"`);
    }
    return this.literal(Buffer.from(text, 'utf8'));
  }

  /** nstring = string / nil */
  nstring(text: string | undefined): this {
    return text === undefined ? this.text('NIL') : this.quotedOrLiteral(text);
  }

  /** `{n}` and the octets, which must not hold NUL. */
  literal(octets: Uint8Array): this {
    return this.literalHeader(octets.length).bytes(octets);
  }

  /** `~{n}` and any octets. */
  literal8(octets: Uint8Array): this {
    return this.literal8Header(octets.length).bytes(octets);
  }

  /** `{n}` for octets that follow by `bytes`, in as many pieces as they come. */
  literalHeader(lengthBytes: number): this {
    return this.text(`{${lengthBytes}}\r\n`);
  }

  literal8Header(lengthBytes: number): this {
    return this.text(`~{${lengthBytes}}\r\n`);
  }

  /** A mailbox name: an atom where it may be one. */
  mailbox(name: string): this {
    const wire = mailboxToWire(name, this.utf8);
    return plainName.test(wire) && wire.toUpperCase() !== 'NIL'
      ? this.text(wire)
      : this.quotedOrLiteral(wire);
  }

  /**
   * To be called between responses, as often as one likes. Undefined while the client keeps up; a promise to wait for
   * when it lags. It does not hurry what is still small: the session sends that at the end of the command.
   */
  flush(): Promise<void> | undefined {
    if (this.#sink.queuedBytes <= encoderLimits.queuedBytes) return undefined;
    return this.#sink.drained();
  }

  /** Hands everything to the sink now. */
  send(): void {
    this.#takeText();
    const pieces = this.#pieces;
    const [first] = pieces;
    if (first === undefined) return;
    this.#pieces = [];
    this.#pieceBytes = 0;
    if (pieces.length > 1) sendJoined(this.#sink, pieces);
    else this.#sink.write(asOctets(first));
  }

  /** Forgets what was not sent. */
  clear(): void {
    this.#text = '';
    this.#pieces = [];
    this.#pieceBytes = 0;
  }

  #takeText(): void {
    if (this.#text === '') return;
    this.#pieces.push(this.#text);
    this.#pieceBytes += this.#text.length;
    this.#text = '';
  }
}

/**
 * Where pieces are put together for a sink that will be done with them at once, as a socket is whose client keeps up.
 * New memory for each 32 KB of a mailbox would have the collector run all the time.
 */
let workbench: Buffer | undefined;
const workbenchBytes = 2 * encoderLimits.chunkBytes;

function sendJoined(sink: OctetSink, pieces: readonly Piece[]): void {
  if (sink.forgets !== true || sink.queuedBytes > 0 || mostBytes(pieces) > workbenchBytes) {
    sink.write(Buffer.concat(pieces.map(asOctets)));
    return;
  }
  const bench = workbench ?? Buffer.allocUnsafeSlow(workbenchBytes);
  workbench = undefined;
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') at += bench.write(piece, at);
    else {
      bench.set(piece, at);
      at += piece.length;
    }
  }
  sink.write(bench.subarray(0, at));
  if (sink.queuedBytes === 0) workbench = bench;
}

/** A character is at most three octets of UTF-8 for each unit of a string. */
function mostBytes(pieces: readonly Piece[]): number {
  let sum = 0;
  for (const piece of pieces) sum += typeof piece === 'string' ? 3 * piece.length : piece.length;
  return sum;
}

function asOctets(piece: Piece): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
}

// No CR, LF, NUL; other controls are safer in a literal too.
const asciiLine = /^[\x20-\x7e]*$/;
const line = /^[^\x00-\x1f\x7f]*$/;
const plainName = /^[A-Za-z0-9._/-]+$/;
