const LF = 0x0a;
const quote = 0x3e;
const mark = Buffer.from('From ');
const oneQuote = Buffer.from('>');

type State = 'quotes' | 'mark' | 'inside';

/**
 * The quoting of mboxrd, which can be taken back exactly: a line of any number of `>` and then `From ` gets one `>`
 * more (`add`) or one less (`remove`, where it has one). Works over chunks of any size in constant memory. A line
 * begins behind an LF.
 */
export class FromLines {
  readonly #add: boolean;
  #state: State = 'quotes';
  /** A `>` not yet given on: the one that `remove` may take away. */
  #held = false;
  /** Octets of `From ` that the line has, not yet given on. */
  #matched = 0;

  constructor(mode: 'add' | 'remove') {
    this.#add = mode === 'add';
  }

  write(chunk: Buffer): Buffer {
    const pieces: Buffer[] = [];
    /** Octets from here to `at` are to be given on as they are. */
    let from = 0;
    let at = 0;
    const cut = (to: number): void => {
      if (to > from) pieces.push(chunk.subarray(from, to));
    };
    while (at < chunk.length) {
      if (this.#state === 'inside') {
        const end = chunk.indexOf(LF, at);
        if (end < 0) break;
        at = end + 1;
        this.#state = 'quotes';
        continue;
      }
      const octet = chunk[at] as number;
      if (this.#state === 'quotes' && octet === quote) {
        if (this.#add) at++;
        else {
          // The one before goes on, this one waits.
          if (this.#held) pieces.push(oneQuote);
          cut(at);
          this.#held = true;
          from = ++at;
        }
      } else if (octet === mark[this.#matched]) {
        if (this.#matched === 0) {
          cut(at);
          this.#state = 'mark';
        }
        this.#matched++;
        from = ++at;
        if (this.#matched === mark.length) {
          if (this.#add) pieces.push(oneQuote);
          this.#held = false;
          this.#release(pieces);
          this.#state = 'inside';
        }
      } else {
        // Neither: what was held goes on, and the octet is looked at as the inside of a line.
        if (from > at) from = at;
        this.#release(pieces);
        this.#state = 'inside';
      }
    }
    if (from === 0 && pieces.length === 0) return chunk;
    cut(chunk.length);
    return Buffer.concat(pieces);
  }

  /** What was held back at the end. */
  end(): Buffer {
    const pieces: Buffer[] = [];
    this.#release(pieces);
    return Buffer.concat(pieces);
  }

  #release(pieces: Buffer[]): void {
    if (this.#held) pieces.push(oneQuote);
    if (this.#matched > 0) pieces.push(mark.subarray(0, this.#matched));
    this.#held = false;
    this.#matched = 0;
  }
}
