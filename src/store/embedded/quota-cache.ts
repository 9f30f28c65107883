import type { Quota } from '../api.ts';
import { addressesCached } from '../common/limits.ts';
import type { QuotaSnapshot } from './protocol.ts';

/** The figures after one commit; limits only when that commit changed them. */
export interface QuotaChange {
  readonly seq: number;
  readonly bytes: number;
  readonly count: number;
  readonly limits?: { readonly maxBytes: number | null; readonly maxCount: number | null };
}

interface Loading {
  readonly promise: Promise<QuotaSnapshot | undefined>;
  readonly missed: QuotaChange[];
}

/** Quota figures of the accounts that were asked for lately, kept current by the numbers of every commit. */
export class QuotaCache {
  readonly #known = new Map<number, QuotaSnapshot>();
  readonly #loading = new Map<number, Loading>();

  /** Undefined: no such account. */
  async get(
    a: number,
    load: () => Promise<QuotaSnapshot | undefined>,
  ): Promise<QuotaSnapshot | undefined> {
    const known = this.#known.get(a);
    if (known !== undefined) return known;
    let loading = this.#loading.get(a);
    if (loading === undefined) {
      loading = { promise: load(), missed: [] };
      this.#loading.set(a, loading);
    }
    try {
      const loaded = await loading.promise;
      if (this.#loading.get(a) === loading && loaded !== undefined) {
        this.#remember(a, loading.missed.reduce(newer, loaded));
      }
      return this.#known.get(a) ?? loaded;
    } finally {
      if (this.#loading.get(a) === loading) this.#loading.delete(a);
    }
  }

  /** Asks the file again the next time. */
  forget(a: number): void {
    this.#known.delete(a);
    this.#loading.delete(a);
  }

  has(a: number): boolean {
    return this.#known.has(a) || this.#loading.has(a);
  }

  apply(a: number, change: QuotaChange): void {
    const known = this.#known.get(a);
    if (known !== undefined) this.#known.set(a, newer(known, change));
    this.#loading.get(a)?.missed.push(change);
  }

  #remember(a: number, figures: QuotaSnapshot): void {
    if (this.#known.size >= addressesCached) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#known.set(a, figures);
  }
}

function newer(figures: QuotaSnapshot, { seq, bytes, count, limits }: QuotaChange): QuotaSnapshot {
  return seq > figures.seq ? { ...figures, seq, bytes, count, ...limits } : figures;
}

export function quotaOf(figures: QuotaSnapshot): Quota {
  return {
    usedBytes: figures.bytes,
    usedMessages: figures.count,
    limits: {
      bytes: figures.maxBytes ?? undefined,
      messages: figures.maxCount ?? undefined,
    },
  };
}
