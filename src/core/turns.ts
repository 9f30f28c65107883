/** Lets callers of one key go one after the other; different keys do not wait for each other. */
export class Turns {
  readonly #lines = new Map<string, { waiting: number; last: Promise<unknown> }>();

  /** Runs `action` when its turn comes. Its outcome is the caller's alone. */
  async run<T>(key: string, action: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { waiting: 0, last: Promise.resolve() };
    this.#lines.set(key, line);
    line.waiting += 1;
    const turn = line.last.then(action);
    line.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      line.waiting -= 1;
      if (line.waiting === 0) this.#lines.delete(key);
    }
  }

  /** Callers that run or wait under the key. */
  waiting(key: string): number {
    return this.#lines.get(key)?.waiting ?? 0;
  }
}
