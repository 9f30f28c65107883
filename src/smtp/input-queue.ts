const LF = 0x0a;
const CR = 0x0d;

/** What stands in the place of a line that is none. */
export type BadLine =
  /** It was longer than allowed; it is skipped to its end, so that the next line is a line again. */
  | 'too-long'
  /** It has an LF without a CR in front. RFC 5321 §2.3.8 */
  | 'bare-line-feed'
  /** It has control characters or is not UTF-8. */
  | 'not-text'
  /** The end of an overlong line does not come. */
  | 'endless';

/** Input that was not worked on yet, in order, as lines or as octets. */
export class InputQueue {
  readonly #discardBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Octets of an overlong line thrown away so far. */
  #discarded = 0;
  /** The last of them was a CR. */
  #discardedCr = false;

  /** `discardBytes`: how much of an overlong line is skipped before it is `endless`. */
  constructor(discardBytes: number) {
    this.#discardBytes = discardBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** There are octets of a line whose end did not come yet, or were and are thrown away. Of use behind `line`. */
  get lineBegun(): boolean {
    return this.#bytes > 0 || this.#discarded > 0;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The octets at the front that came together; undefined when there are none. */
  get front(): Buffer | undefined {
    return this.#chunks[0];
  }

  /** Takes octets off the front, at most as many as `front` has. */
  use(octets: number): void {
    const [front] = this.#chunks;
    if (front === undefined) return;
    this.#bytes -= octets;
    if (front.length === octets) this.#chunks.shift();
    else this.#chunks[0] = front.subarray(octets);
  }

  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }

  /** Takes everything. */
  drain(): readonly Buffer[] {
    const all = this.#chunks;
    this.clear();
    return all;
  }

  /**
   * The next whole line without its line break, taken off; undefined when it is not there yet. `maxBytes` counts the
   * line break, and is asked with the octets at hand.
   */
  line(maxBytes: (front: Buffer) => number): { readonly text: string } | BadLine | undefined {
    let front = this.#chunks[0];
    if (front === undefined) return undefined;
    let end = front.indexOf(LF);
    if (end < 0 && this.#chunks.length > 1) {
      front = Buffer.concat(this.#chunks);
      this.#chunks = [front];
      end = front.indexOf(LF);
    }
    const limit = maxBytes(front);
    if (end < 0) {
      if (front.length <= limit && this.#discarded === 0) return undefined;
      this.#discarded += front.length;
      this.#discardedCr = front[front.length - 1] === CR;
      this.clear();
      return this.#discarded > this.#discardBytes ? 'endless' : undefined;
    }

    this.use(end + 1);
    const tooLong = this.#discarded > 0 || end + 1 > limit;
    const afterCr = end > 0 ? front[end - 1] === CR : this.#discarded > 0 && this.#discardedCr;
    this.#discarded = 0;
    if (!afterCr) return 'bare-line-feed';
    if (tooLong) return 'too-long';
    const text = front.toString('utf8', 0, end - 1);
    return isText(text) ? { text } : 'not-text';
  }
}

/** No command has control characters in it; U+FFFD is what octets become that are not UTF-8. */
function isText(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code < 0x20 || code === 0x7f || code === 0xfffd) return false;
  }
  return true;
}
