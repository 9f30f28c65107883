import { DataDecoder } from './data-decoder.ts';
import type { InputQueue } from './input-queue.ts';
import type { Reply } from './reply.ts';

/** Octets of a message, and what ended with them. */
export type Piece =
  | { readonly end: 'none' | 'message'; readonly octets: Buffer }
  /** A chunk of BDAT that is not the last. */
  | { readonly end: 'chunk'; readonly octets: Buffer; readonly chunkBytes: number }
  /** A chunk that was only thrown away. */
  | { readonly end: 'refused'; readonly answer: Reply };

/** Takes a message off the input. */
export interface MessageReader {
  /** The next piece; undefined when the input has none. */
  take(input: InputQueue): Piece | undefined;
}

const nothing: Buffer = Buffer.alloc(0);
const loneCr = Buffer.from('\r');

/** The octets behind DATA, up to CRLF.CRLF. */
export class DataReader implements MessageReader {
  readonly #decoder = new DataDecoder();

  take(input: InputQueue): Piece | undefined {
    const { front } = input;
    if (front === undefined) return undefined;
    const { content, heldCr, used, ended } = this.#decoder.write(front);
    input.use(used);
    return {
      end: ended ? 'message' : 'none',
      octets: heldCr ? Buffer.concat([loneCr, content]) : content,
    };
  }
}

/** The octets of one BDAT. With a refusal they are read and forgotten. RFC 3030 §2. */
export class ChunkReader implements MessageReader {
  readonly #size: number;
  readonly #last: boolean;
  readonly #refusal: Reply | undefined;
  #left: number;

  constructor(size: number, last: boolean, refusal: Reply | undefined) {
    this.#size = size;
    this.#last = last;
    this.#refusal = refusal;
    this.#left = size;
  }

  take(input: InputQueue): Piece | undefined {
    let octets = nothing;
    if (this.#left > 0) {
      const { front } = input;
      if (front === undefined) return undefined;
      octets = front.length <= this.#left ? front : front.subarray(0, this.#left);
      this.#left -= octets.length;
      input.use(octets.length);
    }
    if (this.#left > 0)
      return { end: 'none', octets: this.#refusal === undefined ? octets : nothing };
    if (this.#refusal !== undefined) return { end: 'refused', answer: this.#refusal };
    if (this.#last) return { end: 'message', octets };
    return { end: 'chunk', octets, chunkBytes: this.#size };
  }
}
