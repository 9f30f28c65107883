import { expect } from 'chai';
import { loadCode } from './code.ts';
import { type Code, Explorer, lettersOf } from './explorer.ts';
import { History } from './history.ts';
import { mutations } from './mutations.ts';

const seed = 20261128;
const runs = Number(process.env['ZHASHIK_MODEL_RUNS'] ?? 300);
/** Runs after which a mutation counts as not noticed. */
const patience = Number(process.env['ZHASHIK_MODEL_PATIENCE'] ?? 6_000);

/** Runs until something is wrong; answers how many were right before it. */
async function explore(
  code: Code,
  count: number,
): Promise<{ readonly count: number; readonly error?: Error }> {
  History.letters = lettersOf(code.MongoContent, 5);
  for (let i = 0; i < count; i++) {
    const explorer = new Explorer(code, seed + i);
    try {
      await explorer.run();
    } catch (cause) {
      const trace = explorer.trace.join('\n');
      return { count: i, error: new Error(`run ${i} of seed ${seed + i}:\n${trace}`, { cause }) };
    }
  }
  return { count };
}

describe('the commit model, by a server that fails in every way', () => {
  it(`loses and doubles nothing in ${runs} runs (seed ${seed})`, async function () {
    this.timeout(600_000);
    const { code, remove } = await loadCode();
    const { error } = await explore(code, runs);
    await remove();
    if (error !== undefined) throw error;
  });

  // Not all of them are noticed yet; each that is not takes minutes to say so.
  if (process.env['ZHASHIK_MODEL_MUTATIONS'] === undefined) return;
  for (const mutation of mutations) {
    it(`notices when ${mutation.what}`, async function () {
      this.timeout(600_000);
      const { code, remove } = await loadCode(mutation);
      const { error, count } = await explore(code, patience);
      await remove();
      expect(error, `not noticed in ${count} runs`).to.be.an('error');
      if (process.env['ZHASHIK_MODEL_SHOW'] !== undefined) {
        console.log(`${count}: ${(error?.cause as Error).message.split('\n', 1)[0] ?? ''}`);
      }
    });
  }
});
