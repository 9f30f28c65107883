import { isAscii } from 'node:buffer';
import { absent, type ContentTable } from './protocol.ts';

/** Reads a table row by row, and of each row the columns in order. */
export class TableRows {
  readonly #octets: Buffer;
  readonly #spans: Uint32Array;
  readonly #columns: number;
  /** All octets as one text, when they are ASCII: texts cut from it cost nothing. Made for the first of them. */
  #ascii: string | undefined;
  #isAscii: boolean | undefined;
  /** The next number to read. */
  #next = 0;
  /** Where the next column begins. */
  #at = 0;

  constructor({ octets, spans }: ContentTable, columns: number) {
    this.#octets = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    this.#spans = spans;
    this.#columns = columns;
  }

  /** Begins the next row; false for an email that is not kept, whose columns are passed over. */
  begin(): boolean {
    const start = this.#spans[this.#next++] as number;
    this.#at = start;
    if (start !== absent) return true;
    this.#next += this.#columns;
    return false;
  }

  /** The next column; undefined for NULL. The octets are shared with other rows. */
  octets(): Buffer | undefined {
    const length = this.#spans[this.#next++] as number;
    if (length === absent) return undefined;
    const start = this.#at;
    this.#at += length;
    return this.#octets.subarray(start, this.#at);
  }

  /** The next column as a number; undefined for NULL. */
  number(): number | undefined {
    const digits = this.octets();
    return digits === undefined ? undefined : Number(digits.toString('latin1'));
  }

  /** The next column as text; undefined for NULL. */
  text(): string | undefined {
    const length = this.#spans[this.#next++] as number;
    if (length === absent) return undefined;
    const start = this.#at;
    this.#at += length;
    this.#isAscii ??= isAscii(this.#octets);
    if (!this.#isAscii) return this.#octets.toString('utf8', start, this.#at);
    this.#ascii ??= this.#octets.toString('latin1');
    return this.#ascii.slice(start, this.#at);
  }
}
