import type { Clock } from '../../core/clock.ts';
import type { Throttle } from '../api.ts';
import { type FailureRule, failureDelayMs } from '../failure-delay.ts';

export interface LocalThrottleOptions extends FailureRule {
  readonly clock: Clock;
  /** Keys kept; beyond it the one that failed longest ago is forgotten. */
  readonly maxKeys: number;
}

interface Failures {
  readonly count: number;
  readonly at: number;
}

/** Exponential delays per key, within one process and in bounded memory. */
export class LocalThrottle implements Throttle {
  readonly #options: LocalThrottleOptions;
  /** In order of the last failure, oldest first. */
  readonly #keys = new Map<string, Failures>();

  constructor(options: LocalThrottleOptions) {
    this.#options = options;
  }

  delayMs(key: string): Promise<number> {
    const failures = this.#current(key);
    if (failures === undefined) return Promise.resolve(0);
    const waited = this.#options.clock.now() - failures.at;
    return Promise.resolve(Math.max(0, failureDelayMs(this.#options, failures.count) - waited));
  }

  failed(key: string): Promise<void> {
    const count = (this.#current(key)?.count ?? 0) + 1;
    this.#keys.delete(key);
    this.#keys.set(key, { count, at: this.#options.clock.now() });
    if (this.#keys.size > this.#options.maxKeys) {
      const oldest = this.#keys.keys().next();
      if (oldest.done !== true) this.#keys.delete(oldest.value);
    }
    return Promise.resolve();
  }

  succeeded(key: string): Promise<void> {
    this.#keys.delete(key);
    return Promise.resolve();
  }

  /** Keys in memory, for the metrics. */
  get size(): number {
    return this.#keys.size;
  }

  #current(key: string): Failures | undefined {
    const failures = this.#keys.get(key);
    if (failures === undefined) return undefined;
    if (this.#options.clock.now() - failures.at < this.#options.forgetAfterMs) return failures;
    this.#keys.delete(key);
    return undefined;
  }
}
