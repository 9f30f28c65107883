import type { CheckpointThreadData } from './checkpoint/checkpoint-thread.ts';
import { ThreadPort, type ThreadPortEvents } from './thread-port.ts';

/** Has logs copied into their databases, each by one copy at a time; the thread starts with the first long log. */
export class Checkpoints {
  readonly #data: CheckpointThreadData;
  readonly #events: ThreadPortEvents;
  readonly #running = new Set<number>();
  #port: Promise<ThreadPort> | undefined;
  #closed = false;

  constructor(folder: string, events: ThreadPortEvents) {
    this.#data = { folder };
    this.#events = events;
  }

  /** Failures are reported as trouble; a log that was not copied will be named again. */
  copy(files: readonly number[]): void {
    for (const file of files) {
      if (this.#closed || this.#running.has(file)) continue;
      this.#running.add(file);
      this.#copyOne(file)
        .catch(() => undefined)
        .finally(() => this.#running.delete(file));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const port = await this.#port?.catch(() => undefined);
    await port?.close();
  }

  async #copyOne(file: number): Promise<void> {
    this.#port ??= ThreadPort.start('./checkpoint/checkpoint-thread', this.#data, this.#events);
    const port = await this.#port;
    await port.call(file, 'checkpoint', undefined, 0, 0);
  }
}
