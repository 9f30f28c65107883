import { expect } from 'chai';
import { limits } from '../../../src/gateway/state/limits.ts';
import { StateEventsTimer } from '../../../src/gateway/state/state-events-timer.ts';
import { StateUnavailable } from '../../../src/gateway/state/state-unavailable.ts';
import { noteLog } from '../../support/note-log.ts';

const hour = 3_600_000;

/** A timer over runs that end as listed, one after the other, and its pauses; the last pause lasts until it is stopped. */
function start(outcomes: readonly (number | Error)[], everyMs: number) {
  const pauses: number[] = [];
  const { log, lines } = noteLog();
  let runs = 0;
  let tellDone = (): void => undefined;
  const done = new Promise<void>((resolve) => (tellDone = resolve));
  const timer = new StateEventsTimer({
    everyMs,
    log,
    events: {
      run: () => {
        const outcome = outcomes[runs++]!;
        return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
      },
    },
    wait: (ms, signal) => {
      pauses.push(ms);
      if (runs < outcomes.length) return Promise.resolve();
      tellDone();
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('stopped'));
        });
      });
    },
  });
  return { timer, pauses, lines, done };
}

describe('R-13.3 the feed of the state is read', () => {
  it('at the start, then each day; after a failure within a quarter of an hour', async () => {
    const silent = new StateUnavailable('silent', 'no answer', { requestId: 'r' });
    const { timer, pauses, lines, done } = start([2, silent, new Error('disk'), 0], 24 * hour);
    await done;
    const { retryEventsMs } = limits;
    expect(pauses).to.deep.equal([24 * hour, retryEventsMs, retryEventsMs, 24 * hour]);
    expect(lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal([
      'info state-events-read',
      'error state-events-stopped',
      'info state-events-read',
    ]);
    await timer.stop();
  });

  it('as often as is set, when that is more often', async () => {
    const { timer, pauses, done } = start([new Error('disk'), 1], 60_000);
    await done;
    expect(pauses).to.deep.equal([60_000, 60_000]);
    await timer.stop();
  });

  it('no more when it is stopped, which waits for the event in hand', async () => {
    let finish: (handled: number) => void = () => undefined;
    const event = new Promise<number>((resolve) => (finish = resolve));
    let told = false;
    const timer = new StateEventsTimer({
      everyMs: hour,
      log: noteLog().log,
      events: {
        run: (signal) => {
          signal?.addEventListener('abort', () => (told = true));
          return event;
        },
      },
    });
    let stopped = false;
    const stopping = timer.stop().then(() => (stopped = true));
    await Promise.resolve();
    expect([told, stopped]).to.deep.equal([true, false]);
    finish(1);
    await stopping;
  });
});
