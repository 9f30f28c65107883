import { setImmediate } from 'node:timers/promises';

/** How long one command may keep the event loop from the other sessions. */
export const sliceMs = 5;

/** Lets long work breathe: `if (slice.over) await slice.rest();` in its loop. */
export class TimeSlice {
  #start = performance.now();

  get over(): boolean {
    return performance.now() - this.#start > sliceMs;
  }

  /** Lets the other sessions go first. */
  async rest(): Promise<void> {
    await setImmediate();
    this.#start = performance.now();
  }
}
