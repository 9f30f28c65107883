import { setTimeout } from 'node:timers/promises';

/** Time as the loops of this store see it; the explorer of test/model has one that it moves itself. */
export interface Waits {
  /** Milliseconds since whenever; only differences mean something. */
  now(): number;
  pause(milliseconds: number): Promise<void>;
  /** 0 to 1. */
  random(): number;
}

export const systemWaits: Waits = {
  now: () => performance.now(),
  pause: (milliseconds) => setTimeout(milliseconds),
  random: () => Math.random(),
};
