import type { Content } from '../store/api.ts';
import type { ArchiveStore, LetterLine, MessageLine } from './api.ts';
import type { ArchiveFolder } from './archive-folder.ts';

/** A line of the backup with its letter, received into the store. */
export type ReceivedLine<L> = readonly [line: L, content: Content];
/** A line that may name a letter. */
type NamesLetter = Pick<LetterLine | MessageLine, 'sha256' | 'size'>;

/** Letters of a backup on their way into a store. */
export class LetterReader {
  readonly #store: ArchiveStore;
  readonly #folder: ArchiveFolder;
  bytes = 0;
  /** Letters that are not there, or not what they should be: they are left out. */
  damaged = 0;

  constructor(store: ArchiveStore, folder: ArchiveFolder) {
    this.#store = store;
    this.#folder = folder;
  }

  /** Receives the letters of lines, has them used, and lets go of them. */
  async use<L extends NamesLetter, T>(
    lines: readonly L[],
    run: (received: readonly ReceivedLine<L>[]) => Promise<T>,
  ): Promise<T> {
    const received: ReceivedLine<L>[] = [];
    try {
      for (const line of lines) {
        const content = line.sha256 === null ? undefined : await this.#receive(line.sha256);
        if (content === undefined) this.damaged++;
        else {
          received.push([line, content]);
          this.bytes += content.sizeBytes;
        }
      }
      return await run(received);
    } finally {
      await Promise.all(received.map(([, content]) => content.release()));
    }
  }

  async #receive(sha256: string): Promise<Content | undefined> {
    const writer = this.#store.receive();
    try {
      for await (const piece of this.#folder.readLetter(sha256)) await writer.write(piece);
    } catch (error) {
      await writer.abort();
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const content = await writer.finish();
    if (content.sha256 === sha256) return content;
    await content.release();
    return undefined;
  }
}
