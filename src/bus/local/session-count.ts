import type { SessionCount } from '../api.ts';

/** Counts sessions within one process; a key takes memory only while it has sessions. */
export class LocalSessionCount implements SessionCount {
  readonly #open = new Map<string, number>();

  enter(key: string, limit: number): Promise<(() => void) | undefined> {
    const open = this.#open.get(key) ?? 0;
    if (open >= limit) return Promise.resolve(undefined);
    this.#open.set(key, open + 1);
    let left = false;
    return Promise.resolve(() => {
      // A session that is closed from two sides at once gives one place back, not two.
      if (left) return;
      left = true;
      const now = (this.#open.get(key) ?? 1) - 1;
      if (now === 0) this.#open.delete(key);
      else this.#open.set(key, now);
    });
  }

  /** Sessions open under the key. */
  count(key: string): number {
    return this.#open.get(key) ?? 0;
  }
}
