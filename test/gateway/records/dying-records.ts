import { MailError } from '../../../src/core/errors.ts';
import type { RecordStore } from '../../../src/store/records.ts';

/**
 * Record stores of one life: it ends before, or right after, its n-th write, and everything after that fails. What was
 * written stays, as after a crash.
 */
export function dyingRecords(
  records: RecordStore,
  dies: { readonly at: number; readonly when: 'before' | 'after' },
): {
  readonly records: RecordStore;
  readonly reads: () => number;
  readonly writes: () => number;
  readonly dead: () => boolean;
} {
  let reads = 0;
  let writes = 0;
  let dead = false;
  const alive = (): void => {
    if (dead) throw new MailError('unavailable', 'The process has ended');
  };
  async function write<Result>(action: () => Promise<Result>): Promise<Result> {
    alive();
    writes += 1;
    if (writes === dies.at && dies.when === 'before') dead = true;
    alive();
    const result = await action();
    if (writes === dies.at) dead = true;
    alive();
    return result;
  }
  async function read<Result>(action: () => Promise<Result>): Promise<Result> {
    alive();
    reads += 1;
    return action();
  }
  return {
    records: {
      get: (...all) => read(() => records.get(...all)),
      list: (...all) => read(() => records.list(...all)),
      insert: (...all) => write(() => records.insert(...all)),
      replace: (...all) => write(() => records.replace(...all)),
      remove: (...all) => write(() => records.remove(...all)),
    },
    reads: () => reads,
    writes: () => writes,
    dead: () => dead,
  };
}
