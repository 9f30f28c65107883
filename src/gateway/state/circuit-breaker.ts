import type { Clock } from '../../core/clock.ts';

export interface CircuitBreakerOptions {
  /** Failed attempts in a row after which it opens. */
  readonly failuresToRest: number;
  readonly restMs: number;
}

/** One attempt that was let through. Only the first word counts. */
export interface Passage {
  succeeded(): void;
  failed(): void;
}

/**
 * Keeps off a service that fails. Closed: attempts pass. Open, after some failures in a row: none passes for a while.
 * Half-open, then: one passes and decides; the others wait for it.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #clock: Clock;
  #failures = 0;
  #openedAt: number | undefined;
  #trial = false;
  /** Grows when it opens or closes: an attempt that began before says nothing about now. */
  #epoch = 0;

  constructor(options: CircuitBreakerOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#openedAt === undefined) return 'closed';
    return this.#clock.now() < this.restsUntil ? 'open' : 'half-open';
  }

  /** When it lets the next one through; the past when it does now. */
  get restsUntil(): number {
    return this.#openedAt === undefined ? 0 : this.#openedAt + this.#options.restMs;
  }

  /** Undefined: this attempt does not pass. */
  enter(): Passage | undefined {
    const { state } = this;
    if (state === 'open' || (state === 'half-open' && this.#trial)) return undefined;
    const isTrial = state === 'half-open';
    if (isTrial) this.#trial = true;
    const epoch = this.#epoch;
    let told = false;
    const tell = (what: () => void) => () => {
      const counts = !told && epoch === this.#epoch;
      told = true;
      if (counts) what();
    };
    return {
      succeeded: tell(() => {
        this.#close(isTrial);
      }),
      failed: tell(() => {
        this.#failures++;
        if (isTrial || this.#failures >= this.#options.failuresToRest) this.#open();
      }),
    };
  }

  #close(wasTrial: boolean): void {
    this.#failures = 0;
    if (!wasTrial) return;
    this.#openedAt = undefined;
    this.#trial = false;
    this.#epoch++;
  }

  #open(): void {
    this.#openedAt = this.#clock.now();
    this.#trial = false;
    this.#failures = 0;
    this.#epoch++;
  }
}
