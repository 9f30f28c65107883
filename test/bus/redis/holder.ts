import { RedisBus } from '../../../src/bus/redis/redis-bus.ts';
import { silentLog } from '../../../src/core/log.ts';

/*
 * A process of its own for the tests of session counts: takes places and holds them until it is killed.
 * Arguments: URL, prefix, key, how many, lease in milliseconds. Prints how many places it got.
 */
const [url = '', prefix = '', key = '', wanted = '', leaseMs = ''] = process.argv.slice(2);
const bus = await RedisBus.open({
  server: { url },
  prefix,
  log: silentLog,
  leaseMs: Number(leaseMs),
});
let got = 0;
for (let i = 0; i < Number(wanted); i++) {
  if ((await bus.sessions.enter(key, Number(wanted))) !== undefined) got++;
}
process.stdout.write(`${got}\n`);
process.stdin.resume();
