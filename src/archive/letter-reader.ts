import type { Content } from '../store/api.ts';
import type { ArchiveStore, LetterLine, MessageLine } from './api.ts';

/** A line of the backup with its letter, received into the store. */
export type ReceivedLine<L> = readonly [line: L, content: Content];
/** A line that may name a letter. */
export type NamesLetter = Pick<LetterLine | MessageLine, 'sha256' | 'size'>;

/** Letters on their way into a store, from wherever their lines are from. */
export class LetterReader<N extends NamesLetter = NamesLetter> {
  readonly #store: ArchiveStore;
  readonly #octetsOf: (line: N) => AsyncIterable<Uint8Array>;
  bytes = 0;
  /** Letters that are not there, or not what they should be: they are left out. */
  damaged = 0;

  /** A source that has no file for a letter (ENOENT) does not have the letter. */
  constructor(store: ArchiveStore, octetsOf: (line: N) => AsyncIterable<Uint8Array>) {
    this.#store = store;
    this.#octetsOf = octetsOf;
  }

  /** Receives the letters of lines, has them used, and lets go of them. */
  async use<L extends N, T>(
    lines: readonly L[],
    run: (received: readonly ReceivedLine<L>[]) => Promise<T>,
  ): Promise<T> {
    const received: ReceivedLine<L>[] = [];
    try {
      for (const line of lines) {
        const content = await this.#receive(line);
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

  async #receive(line: N): Promise<Content | undefined> {
    if (line.sha256 === null) return undefined;
    const writer = this.#store.receive();
    try {
      for await (const piece of this.#octetsOf(line)) await writer.write(piece);
    } catch (error) {
      await writer.abort();
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const content = await writer.finish();
    if (content.sha256 === line.sha256) return content;
    await content.release();
    return undefined;
  }
}
