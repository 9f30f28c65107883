/**
 * Generative fuzzing of what reads the octets of strangers: `npm run fuzz -- --target imap --runs 1000000 --seed 1`;
 * without a target, all of them one after the other. A failure prints its seed and run and leaves the input in a file.
 * `--linear` measures instead: inputs of one word again and again, and 32 times as many, must take nowhere near 32
 * times 32 times as long.
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../mail/indexing.ts';
import { fuzz, FuzzFailure } from './fuzz.ts';
import { type FuzzTarget, type TargetName, targets } from './targets.ts';

/** CPU time that no input may need; linear work needs a hundredth. */
const mostCpuMs = 1000;
/** Long inputs leave the caches, which takes some times the time too; quadratic work takes `growth` times it. */
const mostGrowth = 256;
const growth = 32;
const shortInput = 32 * 1024;
const roundMs = 20;

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    linear: { type: 'boolean', default: false },
  },
});
const names = Object.keys(targets) as TargetName[];
const chosen = names.filter((name) => values.target === undefined || name === values.target);
const runs = Number(values.runs);
const seed = Number(values.seed);
if (chosen.length === 0 || !Number.isInteger(runs) || !Number.isInteger(seed)) {
  process.stderr.write(
    `usage: npm run fuzz -- [--target ${names.join('|')}] [--runs N] [--seed S] [--linear]\n`,
  );
  process.exit(64); // EX_USAGE
}
for (const name of chosen) {
  if (values.linear) measure(name, targets[name]);
  else run(name, targets[name]);
}

function run(name: TargetName, target: FuzzTarget): void {
  process.stdout.write(`${name}: seed ${seed}, ${runs} runs\n`);
  try {
    const octets = fuzz(target, runs, seed, (examine) => {
      const start = process.cpuUsage();
      examine();
      const ms = process.cpuUsage(start).user / 1000;
      if (ms > mostCpuMs) throw new Error(`took ${Math.round(ms)} ms`);
    });
    process.stdout.write(`${name}: no failure in ${(octets / 1e6).toFixed(1)} MB\n`);
  } catch (error) {
    if (!(error instanceof FuzzFailure)) throw error;
    const file = join(tmpdir(), `fuzz-${name}-${seed}`);
    writeFileSync(file, error.input);
    process.stderr.write(`${name}: ${error.stack ?? error.message}\ninput: ${file}\n`);
    process.exitCode = 1;
  }
}

function measure(name: TargetName, target: FuzzTarget): void {
  let worst = 0;
  let worstWord = '';
  for (const word of [...target.words, ...target.corpus]) {
    timeOf(target, word, shortInput); // compiles
    const short = timeOf(target, word, shortInput);
    const ratio = timeOf(target, word, shortInput * growth) / short;
    if (ratio > worst) [worst, worstWord] = [ratio, word];
  }
  process.stdout.write(
    `${name}: at most ${worst.toFixed(1)}x as long for ${growth}x (${JSON.stringify(worstWord)})\n`,
  );
  if (worst > mostGrowth) process.exitCode = 1;
}

/** CPU milliseconds of one examination: the least of some rounds, each long enough to be measured. */
function timeOf(target: FuzzTarget, word: string, bytes: number): number {
  const input = Buffer.from(word.repeat(Math.ceil(bytes / word.length)), 'latin1');
  let least = Infinity;
  for (let round = 0; round < 3; round++) {
    const start = process.cpuUsage();
    for (let times = 1; ; times++) {
      target.examine(input, new Random(1));
      const ms = process.cpuUsage(start).user / 1000;
      if (ms < roundMs) continue;
      least = Math.min(least, ms / times);
      break;
    }
  }
  return least;
}
