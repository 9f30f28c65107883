import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { expect } from 'chai';
import { startThread } from '../../src/core/thread.ts';
import { explore, type Explored } from './explore.ts';
import { mutations } from './mutations.ts';

const seed = 20261128;
const runs = Number(process.env['ZHASHIK_MODEL_RUNS'] ?? 100_000);
/** Runs after which a mutation counts as not noticed. */
const patience = Number(process.env['ZHASHIK_MODEL_PATIENCE'] ?? 20_000);

async function apart(from: number, count: number): Promise<Explored> {
  const workerData = { seed: from, count };
  const worker = startThread(import.meta.url, './explore-thread', { workerData });
  const [explored] = (await once(worker, 'message')) as [Explored];
  return explored;
}

describe('the commit model, by a server that fails in every way', () => {
  it(`loses and doubles nothing in ${runs} runs (seed ${seed})`, async function () {
    this.timeout(1_800_000);
    const threads = Math.min(availableParallelism(), 4);
    const each = Math.ceil(runs / threads);
    const parts = Array.from({ length: threads }, (_, i) => apart(seed + i * each, each));
    for (const { wrong } of await Promise.all(parts)) {
      if (wrong !== undefined) throw new Error(`${wrong.trace}\n${wrong.why}`);
    }
  });

  // Each takes up to a minute: `ZHASHIK_MODEL_MUTATIONS=1`, with ZHASHIK_MODEL_SHOW to see what gave it away.
  if (process.env['ZHASHIK_MODEL_MUTATIONS'] === undefined) return;
  for (const mutation of mutations) {
    const { what, test } = mutation;
    if (test !== undefined) {
      it.skip(`notices when ${what}: too rare to be come upon, see ${test}`);
      continue;
    }
    it(`notices when ${what}`, async function () {
      this.timeout(1_800_000);
      const { wrong, count } = await explore(seed, patience, mutation);
      expect(wrong, `not noticed in ${count} runs`).not.to.equal(undefined);
      if (process.env['ZHASHIK_MODEL_SHOW'] !== undefined) {
        console.log(`${count}: ${wrong?.why.split('\n', 1)[0] ?? ''}`);
      }
    });
  }
});
