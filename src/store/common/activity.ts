import { MailError } from '../../core/errors.ts';

/** What is going on, so that `close` can wait for it and nothing begins after it. */
export class Activity {
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  /** What takes long looks at this between its steps. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Runs something, unless the store is closed: `unavailable`. */
  async run<T>(begin: () => Promise<T>): Promise<T> {
    this.check();
    const promise = begin();
    this.#running.add(promise);
    try {
      return await promise;
    } finally {
      this.#running.delete(promise);
    }
  }

  check(): void {
    if (this.#closed) throw new MailError('unavailable', 'The store is closed');
  }

  close(): void {
    this.#closed = true;
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
