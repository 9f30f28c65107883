/**
 * From where each account logged in lately. Failures from other places do not delay these, so that a stranger who
 * guesses passwords cannot lock the owner out. Bounded: the one unused longest is forgotten.
 */
export class KnownPeers {
  readonly #maxEntries: number;
  readonly #entries = new Set<string>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  add(canonical: string, network: string): void {
    const entry = `${network} ${canonical}`;
    this.#entries.delete(entry);
    this.#entries.add(entry);
    if (this.#entries.size > this.#maxEntries) {
      const oldest = this.#entries.values().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
  }

  has(canonical: string, network: string): boolean {
    return this.#entries.has(`${network} ${canonical}`);
  }
}
