import { createHash } from 'node:crypto';
import type { MessageIndex } from '../../mail/api.ts';
import { MessageIndexer } from '../../mail/indexer.ts';
import { inlineBodyBytes } from './limits.ts';
import type { Spool } from './spool.ts';

const firstBufferBytes = 4096;

/** A content whose octets have all come. */
export interface ReceivedOctets {
  /** SHA-256 */
  readonly digest: Uint8Array;
  readonly index: MessageIndex;
  /** All octets, or the first ones of a spooled content, up to `inlineBodyBytes`. */
  readonly octets: Uint8Array;
  readonly spool: Spool | undefined;
}

/** Indexes and digests a content as it comes; keeps a small one in memory and spools a large one to disk. */
export class ContentReceiver {
  readonly #newSpool: () => Spool;
  readonly #indexer = new MessageIndexer();
  readonly #hash = createHash('sha256');
  /** The first octets, up to `inlineBodyBytes`. */
  #head = new Uint8Array(firstBufferBytes);
  #filled = 0;
  #spool: Spool | undefined;

  constructor(newSpool: () => Spool) {
    this.#newSpool = newSpool;
  }

  /** See `ContentWriter.write`. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#indexer.write(chunk);
    this.#hash.update(chunk);
    if (this.#spool !== undefined) return this.#spool.write(chunk);
    if (this.#filled + chunk.length <= inlineBodyBytes) {
      this.#append(chunk);
      return undefined;
    }
    const spool = (this.#spool = this.#newSpool());
    const before = spool.write(this.#head.subarray(0, this.#filled));
    const after = spool.write(chunk);
    // A header block that ends within the first octets is kept beside the renderings too.
    this.#append(chunk.subarray(0, inlineBodyBytes - this.#filled));
    return after ?? before;
  }

  /** What came. The spool is not finished yet. */
  finish(): ReceivedOctets {
    const digest = this.#hash.digest();
    const index = this.#indexer.finish();
    return { digest, index, octets: this.#head.slice(0, this.#filled), spool: this.#spool };
  }

  /** Forgets the octets. */
  async abort(): Promise<void> {
    await this.#spool?.remove();
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#filled + chunk.length;
    if (needed > this.#head.length) {
      const size = Math.min(inlineBodyBytes, Math.max(needed, 2 * this.#head.length));
      const larger = new Uint8Array(size);
      larger.set(this.#head.subarray(0, this.#filled));
      this.#head = larger;
    }
    this.#head.set(chunk, this.#filled);
    this.#filled = needed;
  }
}
