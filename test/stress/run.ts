import { parseArgs } from 'node:util';
import { stress } from './stress.ts';

/*
 * npm run stress -- --hours 1 --clients 50 --seed 7: random sessions against the server for as long as wanted.
 * Ends with 1 and the end of the talk at the first word of the server that cannot be true.
 */
const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '0.01' },
    clients: { type: 'string', default: '50' },
    'clients-per-account': { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    operations: { type: 'string', default: '40' },
  },
});
const seed = Number(values.seed);
const end = Date.now() + Number(values.hours) * 3_600_000;
process.stdout.write(`seed ${seed}\n`);
try {
  const operations = await stress({
    seed,
    clients: Number(values.clients),
    clientsPerAccount: Number(values['clients-per-account']),
    operations: Number(values.operations),
    letters: 50,
    again: () => Date.now() < end,
    onRound: (round, done) => {
      process.stdout.write(`round ${round}: ${done} operations, all agree\n`);
    },
  });
  process.stdout.write(`${operations} operations, 0 errors\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
