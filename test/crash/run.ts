/**
 * The crash test at length: `npm run crash -- --kills 300 --seed 1`. Prints how the rounds ended and what the server had
 * acknowledged; a failure prints its round and seed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});
if (!/^\d+$/.test(values.kills) || !/^\d+$/.test(values.seed)) {
  process.stderr.write('usage: npm run crash -- [--kills N] [--seed S]\n');
  process.exit(64); // EX_USAGE
}
const root = fileURLToPath(new URL('../../', import.meta.url));
const mocha = fileURLToPath(new URL('../../node_modules/mocha/bin/mocha.js', import.meta.url));
const { status } = spawnSync(process.execPath, [mocha, 'test/crash/crash.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ZHASHIK_TEST_KILLS: values.kills, ZHASHIK_TEST_SEED: values.seed },
});
process.exitCode = status ?? 1;
