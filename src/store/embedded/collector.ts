import type { BodyFiles } from './body-files.ts';
import { placeOf } from './email-place.ts';
import { garbageHours, tombstoneDays } from '../common/limits.ts';
import type { CollectArgs, CollectPhase, CollectStep, ContentUse, ReadOps } from './protocol.ts';
import type { Threads } from './threads.ts';

/** What a run of the collector removed. */
export interface Collected {
  /** Tombstones and messages of deleted mailboxes. */
  readonly messages: number;
  /** Links of accounts that do not use the content. */
  readonly links: number;
  readonly files: number;
}

export interface CollectOptions {
  readonly shards: number;
  /** Milliseconds. */
  readonly now: number;
  /** Asked between steps: true ends the run early, which harms nothing. */
  readonly stopped: () => boolean;
}

type StrayLinks = ReadOps['strayLinks']['result'];

const hourSeconds = 3600;
const phases: readonly CollectPhase[] = ['ended', 'gone', 'outbox'];

/**
 * Marks by looking, sweeps what nobody names: there are no counters to go wrong. Tombstones past their time go first,
 * with them the identities and contents that only they named, then links of deliveries that a crash cut off, then
 * files without a row.
 */
export async function collectGarbage(
  threads: Threads,
  files: BodyFiles,
  { shards, now, stopped }: CollectOptions,
): Promise<Collected> {
  const nowSeconds = Math.floor(now / 1000);
  const tombstonesBefore = nowSeconds - tombstoneDays * 24 * hourSeconds;
  const garbageBefore = nowSeconds - garbageHours * hourSeconds;
  let messages = 0;
  let links = 0;
  for (let shard = 0; shard < shards; shard++) {
    for (const phase of phases) {
      let after: readonly number[] | undefined = [];
      while (after !== undefined && !stopped()) {
        const args: CollectArgs = { phase, after, tombstonesBefore, garbageBefore };
        const step: CollectStep = await threads.write(shard, 'collect', args);
        messages += step.removed;
        await unlinkElsewhere(threads, shards, step.unused);
        after = step.next;
      }
    }
  }
  for (let s = 0; s < shards; s++) {
    let after: readonly number[] | undefined = [];
    while (after !== undefined && !stopped()) {
      const step: StrayLinks = await threads.read('strayLinks', {
        s,
        after,
        before: garbageBefore,
      });
      if (step.links.length > 0) await threads.write(s, 'unlink', { links: step.links });
      links += step.links.length;
      after = step.next;
    }
  }
  const removed = await files.sweep(
    garbageBefore * 1000,
    (digests) => threads.read('filesKept', { digests }),
    stopped,
  );
  return { messages, links, files: removed };
}

async function unlinkElsewhere(
  threads: Threads,
  shards: number,
  unused: CollectStep['unused'],
): Promise<void> {
  const byShard = new Map<number, ContentUse[]>();
  for (const { a, e } of unused) {
    const { s, c } = placeOf(e, shards);
    byShard.set(s, [...(byShard.get(s) ?? []), { c, a }]);
  }
  for (const [s, links] of byShard) await threads.write(s, 'unlink', { links });
}
