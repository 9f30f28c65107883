import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { AnswerCache } from './answer-cache.ts';

/** Answers that are kept; with more, those that end first go. */
const mostAnswers = 10_000;
/** How many are written before the folder is tidied. */
const tidyEvery = 500;

/** A cache in a folder of the data folder: a file an answer, written whole and then named. */
export class FolderCache implements AnswerCache {
  readonly #folder: string;
  readonly #clock: Clock;
  #written = 0;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.#path(key));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    // The first eight octets say until when.
    if (bytes.length < 8 || Number(bytes.readBigUInt64BE(0)) < this.#clock.now()) return undefined;
    return bytes.subarray(8);
  }

  async put(key: string, answer: Uint8Array, until: number): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const head = Buffer.alloc(8);
    head.writeBigUInt64BE(BigInt(until));
    const part = join(this.#folder, `${randomUUID()}.part`);
    await writeFile(part, Buffer.concat([head, answer]), { mode: 0o600 });
    await rename(part, this.#path(key));
    if (++this.#written % tidyEvery === 0) await this.#tidy();
  }

  /** The key may hold what nobody should read in a file name. */
  #path(key: string): string {
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex')}.answer`);
  }

  async #tidy(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.answer'));
    if (names.length <= mostAnswers) return;
    const ages = await Promise.all(
      names.map(async (name) => ({ name, at: (await stat(join(this.#folder, name))).mtimeMs })),
    );
    const oldest = ages.toSorted((a, b) => a.at - b.at).slice(0, names.length - mostAnswers / 2);
    for (const { name } of oldest) await rm(join(this.#folder, name), { force: true });
  }
}
