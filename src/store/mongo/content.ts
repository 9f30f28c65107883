import { type FileHandle, open } from 'node:fs/promises';
import type { MessageIndex } from '../../mail/api.ts';
import type { Content, ContentWriter } from '../api.ts';
import { ContentReceiver } from '../common/content-receiver.ts';
import { letterOf } from '../common/letter.ts';
import { inlineBodyBytes } from '../common/limits.ts';
import type { Letter } from '../common/letter-row.ts';
import { Spool } from '../common/spool.ts';
import { chunkBytes } from './limits.ts';

/** Takes a content; a large one waits in a local file. */
export class MongoContentWriter implements ContentWriter {
  readonly #receiver: ContentReceiver;

  constructor(folder: string) {
    this.#receiver = new ContentReceiver(() => new Spool(folder));
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    return this.#receiver.write(chunk);
  }

  async finish(): Promise<MongoContent> {
    try {
      const { digest, index, octets, spool } = this.#receiver.finish();
      await spool?.finish();
      return new MongoContent(digest, index, octets, spool);
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  abort(): Promise<void> {
    return this.#receiver.abort();
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
