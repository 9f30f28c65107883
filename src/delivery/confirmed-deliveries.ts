/** How many times a delivery was confirmed to its client, by its key; the one unused longest is forgotten. */
export class ConfirmedDeliveries {
  readonly #maxKeys: number;
  readonly #counts = new Map<string, number>();

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  /** 0 for one that was never confirmed. */
  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Counts up to `count`; a lower number than the one known changes nothing. */
  confirm(key: string, count: number): void {
    const known = this.#counts.get(key) ?? 0;
    this.#counts.delete(key);
    this.#counts.set(key, Math.max(known, count));
    if (this.#counts.size > this.#maxKeys) {
      const oldest = this.#counts.keys().next();
      if (oldest.done !== true) this.#counts.delete(oldest.value);
    }
  }

  /** Keys in memory. */
  get size(): number {
    return this.#counts.size;
  }
}
