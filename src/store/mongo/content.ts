import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { MessageIndex } from '../../mail/api.ts';
import { MessageIndexer } from '../../mail/indexer.ts';
import type { Content, ContentWriter } from '../api.ts';
import { letterOf } from '../common/letter.ts';
import { inlineBodyBytes } from '../common/limits.ts';
import type { Letter } from '../common/letter-row.ts';
import { Spool } from '../common/spool.ts';
import { chunkBytes } from './limits.ts';

const firstBufferBytes = 4096;

/** Indexes and digests a content as it comes; keeps a small one in memory and spools a large one to a local file. */
export class MongoContentWriter implements ContentWriter {
  readonly #folder: string;
  readonly #indexer = new MessageIndexer();
  readonly #hash = createHash('sha256');
  /** The first octets, up to `inlineBodyBytes`. */
  #head = new Uint8Array(firstBufferBytes);
  #filled = 0;
  #spool: Spool | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#indexer.write(chunk);
    this.#hash.update(chunk);
    if (this.#spool !== undefined) return this.#spool.write(chunk);
    if (this.#filled + chunk.length <= inlineBodyBytes) {
      this.#append(chunk);
      return undefined;
    }
    const spool = (this.#spool = new Spool(this.#folder));
    const before = spool.write(this.#head.subarray(0, this.#filled));
    const after = spool.write(chunk);
    // A header block that ends within the first octets is kept beside the renderings too.
    this.#append(chunk.subarray(0, inlineBodyBytes - this.#filled));
    return after ?? before;
  }

  async finish(): Promise<MongoContent> {
    try {
      const digest = this.#hash.digest();
      const index = this.#indexer.finish();
      await this.#spool?.finish();
      return new MongoContent(digest, index, this.#head.slice(0, this.#filled), this.#spool);
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
      const size = Math.min(inlineBodyBytes, Math.max(needed, 2 * this.#head.length));
      const larger = new Uint8Array(size);
      larger.set(this.#head.subarray(0, this.#filled));
      this.#head = larger;
    }
    this.#head.set(chunk, this.#filled);
    this.#filled = needed;
  }
}

/** A received content: in memory when it is small, in a local file when it is large. */
export class MongoContent implements Content {
  readonly sha256: string;
  readonly index: MessageIndex;
  readonly letter: Letter;
  #spool: Spool | undefined;

  constructor(
    digest: Uint8Array,
    index: MessageIndex,
    octets: Uint8Array,
    spool: Spool | undefined,
  ) {
    this.sha256 = Buffer.from(digest).toString('hex');
    this.index = index;
    this.#spool = spool;
    const header =
      spool !== undefined && index.headerBytes <= inlineBodyBytes
        ? octets.slice(0, index.headerBytes)
        : undefined;
    this.letter = letterOf(digest, index, spool === undefined ? octets : undefined, header);
  }

  get sizeBytes(): number {
    return this.index.sizeBytes;
  }

  /** The pieces of a large content, one after the other; none of a small one. */
  async *chunks(): AsyncGenerator<Buffer, void, void> {
    if (this.#spool === undefined) return;
    const file = await open(this.#spool.path, 'r');
    try {
      for (let at = 0; at < this.sizeBytes; at += chunkBytes) {
        yield await readFully(file, at, Math.min(chunkBytes, this.sizeBytes - at));
      }
    } finally {
      await file.close();
    }
  }

  async release(): Promise<void> {
    const spool = this.#spool;
    this.#spool = undefined;
    await spool?.remove();
  }
}

async function readFully(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, at + filled);
    if (bytesRead === 0) throw new Error('a spooled letter is shorter than it was');
    filled += bytesRead;
  }
  return buffer;
}
