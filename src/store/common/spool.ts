import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { cannotWrite } from './cannot-write.ts';
import { spoolBufferBytes } from './limits.ts';

const blockBytes = 128 * 1024;

/** A temporary file that a large content is written to while it comes in. */
export class Spool {
  readonly path: string;
  readonly #opened: Promise<FileHandle>;
  #block = Buffer.allocUnsafeSlow(blockBytes);
  #filled = 0;
  #waitingBytes = 0;
  #written: Promise<void>;
  #closed = false;

  constructor(folder: string) {
    this.path = join(folder, randomUUID());
    this.#opened = open(this.path, 'wx', 0o600);
    this.#written = this.#opened.then(() => undefined);
    // Whoever writes next or finishes learns of a failure; until then nobody may be listening.
    this.#written.catch(() => undefined);
  }

  /** Copies the chunk. A returned promise: too much waits for the disk. Rejects with `unavailable` or `disk-full`. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    for (let from = 0; from < chunk.length;) {
      const length = Math.min(chunk.length - from, blockBytes - this.#filled);
      this.#block.set(chunk.subarray(from, from + length), this.#filled);
      this.#filled += length;
      from += length;
      if (this.#filled === blockBytes) this.#flush();
    }
    return this.#waitingBytes > spoolBufferBytes ? this.#done() : undefined;
  }

  /** Everything is on the disk, under the spool's name. Rejects with `unavailable` or `disk-full`. */
  async finish(): Promise<void> {
    if (this.#filled > 0) this.#flush();
    // A part of the chain, so that its failure stays: after one, a second sync would promise what the first lost.
    this.#written = this.#written.then(async () => {
      await (await this.#opened).datasync();
    });
    await this.#done();
    await this.#close();
  }

  /** Removes the file, if it still has its name. */
  async remove(): Promise<void> {
    await this.#written.catch(() => undefined);
    await this.#close();
    await unlink(this.path).catch(() => undefined);
  }

  #flush(): void {
    const block = this.#block.subarray(0, this.#filled);
    this.#block = Buffer.allocUnsafeSlow(blockBytes);
    this.#filled = 0;
    this.#waitingBytes += block.length;
    this.#written = this.#written.then(async () => {
      const handle = await this.#opened;
      for (let from = 0; from < block.length;) {
        from += (await handle.write(block, from)).bytesWritten;
      }
      this.#waitingBytes -= block.length;
    });
    this.#written.catch(() => undefined);
  }

  async #done(): Promise<void> {
    try {
      await this.#written;
    } catch (error) {
      throw cannotWrite(error);
    }
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#opened.then(
      (handle) => handle.close(),
      () => undefined,
    );
  }
}
