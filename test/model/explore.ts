import { loadCode, type Mutation } from './code.ts';
import { type Code, Explorer, lettersOf } from './explorer.ts';
import { History } from './history.ts';

export interface Explored {
  /** Runs that were right. */
  readonly count: number;
  /** What was wrong with the next one: all of its steps, and why. */
  readonly wrong?: { readonly trace: string; readonly why: string };
}

/** One run: does what the seed says, and throws what it finds wrong. */
interface Run {
  readonly trace: readonly string[];
  run(): Promise<void>;
}

/** Runs, one seed after the other, until something is wrong. */
export async function explore(
  seed: number,
  count: number,
  mutation?: Mutation,
  Explored: new (code: Code, seed: number) => Run = Explorer,
): Promise<Explored> {
  const { code, remove } = await loadCode(mutation);
  try {
    History.letters = lettersOf(code.MongoContent, 5);
    for (let i = 0; i < count; i++) {
      const explorer = new Explored(code, seed + i);
      try {
        await explorer.run();
      } catch (error) {
        const trace = `seed ${seed + i}:\n${explorer.trace.join('\n')}`;
        return { count: i, wrong: { trace, why: (error as Error).stack ?? String(error) } };
      }
    }
    return { count };
  } finally {
    await remove();
  }
}
