import { setTimeout as waitFor } from 'node:timers/promises';
import type { Log } from '../../core/log.ts';
import { limits } from './limits.ts';
import type { StateEvents } from './state-events.ts';
import { StateUnavailable } from './state-unavailable.ts';

export interface StateEventsTimerOptions {
  readonly events: Pick<StateEvents, 'run'>;
  readonly everyMs: number;
  readonly log: Log;
  /** Resolves after that time, rejects when the signal says so. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** Reads the feed of the state from the start of the server on: at once, then again and again, sooner after a failure. */
export class StateEventsTimer {
  readonly #options: StateEventsTimerOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: StateEventsTimerOptions) {
    this.#options = options;
    this.#running = this.#run(this.#stop.signal);
  }

  /** Resolves when the event in hand, if any, has been handled. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { everyMs, wait = waitUnheld } = this.#options;
    while (!signal.aborted) {
      const pauseMs = (await this.#once(signal))
        ? everyMs
        : Math.min(everyMs, limits.retryEventsMs);
      try {
        await wait(pauseMs, signal);
      } catch {
        // Stopped: the loop sees it.
      }
    }
  }

  async #once(signal: AbortSignal): Promise<boolean> {
    const { events, log } = this.#options;
    try {
      const handled = await events.run(signal);
      log.info('state-events-read', { handled });
      return true;
    } catch (error) {
      // A database that is away has said so in the log already.
      if (!(error instanceof StateUnavailable)) log.error('state-events-stopped', { err: error });
      return false;
    }
  }
}

/** Keeps no process alive. */
function waitUnheld(ms: number, signal: AbortSignal): Promise<unknown> {
  return waitFor(ms, undefined, { signal, ref: false });
}
