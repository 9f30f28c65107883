import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';

const day = 86_400_000;
const hour = 3_600_000;

export interface UpkeepOptions {
  /** Removes what nobody can see any more as of `now`, in small steps. */
  readonly collect: (now: number) => Promise<object>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Has the store tidy up: an hour after the start, so that a server that is started often does it too, and then once a
 * day. Call the result to stop.
 */
export function startUpkeep({ collect, clock, log }: UpkeepOptions): () => void {
  let timer = setTimeout(run, hour);
  let stopped = false;

  function run(): void {
    const started = clock.now();
    collect(started)
      .then(
        (collected) => {
          log.info('upkeep-done', { ...collected, ms: clock.now() - started });
        },
        (error: unknown) => {
          // Nothing is lost by it: what was not removed today is removed tomorrow.
          if (!stopped) log.error('upkeep-failed', { err: error });
        },
      )
      .finally(() => {
        if (!stopped) timer = setTimeout(run, day);
      });
  }

  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
