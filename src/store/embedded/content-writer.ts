import { createHash } from 'node:crypto';
import { MessageIndexer } from '../../mail/indexer.ts';
import type { ContentWriter } from '../api.ts';
import type { BodyFiles } from './body-files.ts';
import { EmbeddedContent } from './content.ts';
import { inlineBodyBytes } from '../common/limits.ts';
import type { Spool } from '../common/spool.ts';

const firstBufferBytes = 4096;

/** Indexes and digests a content as it comes; keeps a small one in memory and spools a large one to disk. */
export class EmbeddedContentWriter implements ContentWriter {
  readonly #files: BodyFiles;
  readonly #indexer = new MessageIndexer();
  readonly #hash = createHash('sha256');
  /** The first octets, up to `inlineBodyBytes`. */
  #head = new Uint8Array(firstBufferBytes);
  #filled = 0;
  #spool: Spool | undefined;

  constructor(files: BodyFiles) {
    this.#files = files;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#indexer.write(chunk);
    this.#hash.update(chunk);
    if (this.#spool !== undefined) return this.#spool.write(chunk);
    if (this.#filled + chunk.length <= inlineBodyBytes) {
      this.#append(chunk);
      return undefined;
    }
    const spool = (this.#spool = this.#files.spool());
    const before = spool.write(this.#head.subarray(0, this.#filled));
    const after = spool.write(chunk);
    // A header block that ends within the first octets is kept in a row too, see EmbeddedContent.
    this.#append(chunk.subarray(0, inlineBodyBytes - this.#filled));
    return after ?? before;
  }

  async finish(): Promise<EmbeddedContent> {
    try {
      const digest = this.#hash.digest();
      const index = this.#indexer.finish();
      const octets = this.#head.slice(0, this.#filled);
      return new EmbeddedContent(this.#files, { digest, index, octets, spool: this.#spool });
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  async abort(): Promise<void> {
    await this.#spool?.remove();
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#filled + chunk.length;
    if (needed > this.#head.length) {
      const larger = new Uint8Array(
        Math.min(inlineBodyBytes, Math.max(needed, 2 * this.#head.length)),
      );
      larger.set(this.#head.subarray(0, this.#filled));
      this.#head = larger;
    }
    this.#head.set(chunk, this.#filled);
    this.#filled = needed;
  }
}
