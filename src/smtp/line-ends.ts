const CR = 0x0d;
const LF = 0x0a;
const crlf = Buffer.from('\r\n');

/** What is done about a CR or LF that stands alone, which RFC 5321 §2.3.8 forbids. */
export type LineEndPolicy = 'refuse' | 'normalise';

/**
 * Looks at the line ends of a message in one pass. `refuse` lets the octets through and says `bare` when a lone CR or
 * LF was among them; `normalise` makes each of them CRLF. It works behind the decoder, so what it makes can never be
 * taken for the end of the data.
 */
export class LineEnds {
  readonly #normalise: boolean;
  /** The octet before this chunk was a CR; when normalising, its CRLF is already out. */
  #afterCr = false;
  #bare = false;

  constructor(policy: LineEndPolicy) {
    this.#normalise = policy === 'normalise';
  }

  /** True when a lone CR or LF was seen. A CR at the very end counts after `end`. */
  get bare(): boolean {
    return this.#bare;
  }

  /** Gives the octets on; the chunk itself when nothing had to change. */
  write(chunk: Buffer): Buffer {
    const length = chunk.length;
    if (length === 0) return chunk;
    if (this.#normalise) return this.#rewrite(chunk);
    if (this.#bare) return chunk;

    let previous = this.#afterCr ? CR : 0;
    for (let i = 0; i < length; i++) {
      const octet = chunk[i] as number;
      if (octet === LF ? previous !== CR : previous === CR) {
        this.#bare = true;
        return chunk;
      }
      previous = octet;
      // The rest of a line: text is above both, so one comparison an octet is enough.
      if (octet > CR) while (i + 1 < length && (chunk[i + 1] as number) > CR) i += 1;
    }
    this.#afterCr = previous === CR;
    return chunk;
  }

  /** The message is over. */
  end(): void {
    if (this.#afterCr) this.#bare = true;
    this.#afterCr = false;
  }

  #rewrite(chunk: Buffer): Buffer {
    const length = chunk.length;
    const pieces: Buffer[] = [];
    let from = 0;
    let i = 0;
    if (this.#afterCr) {
      this.#afterCr = false;
      if (chunk[0] === LF) {
        from = 1;
        i = 1;
      } else this.#bare = true;
    }
    for (; i < length; i++) {
      const octet = chunk[i] as number;
      if (octet > CR) continue;
      if (octet === CR && chunk[i + 1] === LF) {
        i += 1;
      } else if (octet === CR || octet === LF) {
        if (from < i) pieces.push(chunk.subarray(from, i));
        pieces.push(crlf);
        from = i + 1;
        if (octet === CR && i + 1 === length) this.#afterCr = true;
        else this.#bare = true;
      }
    }
    if (from === 0) return chunk;
    if (from < length) pieces.push(chunk.subarray(from));
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }
}
