import { mailboxToWire } from './mailbox-name.ts';

/** Where octets go: a socket, or a test. */
export interface OctetSink {
  /** Takes the octets, at once or into a queue; they belong to the sink from then on. */
  write(octets: Uint8Array): void;
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

/**
 * Writes responses. Text is gathered and handed on in chunks, so that a response costs no system call of its own.
 * Commands write what they like and, between responses, wait for `flush()` whenever it gives them a promise; that
 * bounds the memory which a slow reader can cost.
 */
export class Encoder {
  /** Whether the session enabled UTF-8 (IMAP4rev2 or UTF8=ACCEPT): in names, and in quoted strings. */
  utf8 = false;
  readonly #sink: OctetSink;
  /** Text that came since the last octets in `#pieces`. */
  #text = '';
  #pieces: Uint8Array[] = [];
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
    if (pieces.length === 0) return;
    const total = this.#pieceBytes;
    this.#pieces = [];
    this.#pieceBytes = 0;
    if (pieces.length === 1) this.#sink.write(pieces[0] as Uint8Array);
    else this.#sink.write(Buffer.concat(pieces, total));
  }

  /** Forgets what was not sent. */
  clear(): void {
    this.#text = '';
    this.#pieces = [];
    this.#pieceBytes = 0;
  }

  #takeText(): void {
    if (this.#text === '') return;
    const octets = Buffer.from(this.#text, 'utf8');
    this.#text = '';
    this.#pieces.push(octets);
    this.#pieceBytes += octets.length;
  }
}

// No CR, LF, NUL; other controls are safer in a literal too.
const asciiLine = /^[\x20-\x7e]*$/;
const line = /^[^\x00-\x1f\x7f]*$/;
const plainName = /^[A-Za-z0-9._/-]+$/;
