import { type Asn1Header, readHeader } from '../asn1/read-asn1.ts';
import { Refusal } from '../refusal.ts';

/** The longest identifier and length octets that are read. */
const longestHeader = 16;

/** Octets that come in chunks, taken in pieces of any length. What is taken since `signedFrom` goes to `onSigned`. */
export class OctetFeed {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  readonly #most: number;
  #buffer: Uint8Array = new Uint8Array();
  #at = 0;
  #read = 0;
  #ended = false;
  /** Called with every chunk as it comes, for a digest of the file. */
  onChunk: (chunk: Uint8Array) => void = () => undefined;
  /** Where the octets that are taken go, in order. */
  onTaken: (octets: Uint8Array) => void = () => undefined;

  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, mostBytes: number) {
    this.#chunks =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
    this.#most = mostBytes;
  }

  /** Octets taken so far. */
  get position(): number {
    return this.#read - (this.#buffer.length - this.#at);
  }

  /** The header of the next element, which stays. */
  async header(): Promise<Asn1Header> {
    const header = this.headerNow() ?? (await this.#headerAfterMore());
    if (header === undefined) throw new Refusal('crl-parse', 'cut off');
    return header;
  }

  /** The same without waiting: undefined when it has not come whole. */
  headerNow(): Asn1Header | undefined {
    return readHeader(this.#buffer.subarray(this.#at, this.#at + longestHeader), 0);
  }

  /** Takes so many octets. */
  async take(count: number): Promise<Uint8Array> {
    await this.#need(count);
    const octets = this.takeNow(count);
    if (octets === undefined) throw new Refusal('crl-parse', 'cut off');
    return octets;
  }

  /** The same without waiting: undefined when they have not come. */
  takeNow(count: number): Uint8Array | undefined {
    if (this.#buffer.length - this.#at < count) return undefined;
    const octets = this.#buffer.subarray(this.#at, this.#at + count);
    this.#at += count;
    this.onTaken(octets);
    return octets;
  }

  /** Whether nothing is left. */
  async isAtEnd(): Promise<boolean> {
    await this.#need(1);
    return this.#buffer.length === this.#at;
  }

  async #headerAfterMore(): Promise<Asn1Header | undefined> {
    await this.#need(longestHeader);
    return this.headerNow();
  }

  /** Waits until so many octets are there, or no more come. They are put together once, whatever the chunks. */
  async #need(count: number): Promise<void> {
    let have = this.#buffer.length - this.#at;
    if (have >= count || this.#ended) return;
    const chunks: Uint8Array[] = [this.#buffer.subarray(this.#at)];
    while (have < count) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        this.#ended = true;
        break;
      }
      this.#read += next.value.length;
      if (this.#read > this.#most) throw new Refusal('too-large', 'CRL');
      this.onChunk(next.value);
      chunks.push(next.value);
      have += next.value.length;
    }
    this.#buffer = Buffer.concat(chunks);
    this.#at = 0;
  }
}
