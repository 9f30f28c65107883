import { expect } from 'chai';
import { FrontEnds } from '../support/front-ends.ts';
import { onMongo } from '../support/mongo/on-mongo.ts';
import { onRedis } from '../support/redis/on-redis.ts';
import type { PlainPorts } from '../support/plain-config.ts';
import type { StartServers } from '../stress/servers.ts';
import { stress } from '../stress/stress.ts';
import { checkExact } from './exact.ts';

const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20261128);
const title = 'random sessions on two front ends';

await onMongo(title, (mongo) =>
  onRedis(title, (serve) => {
    describe(title, function () {
      this.timeout(600_000);

      it(`STORE, EXPUNGE, MOVE, COPY and APPEND from both at once: nobody is told but the truth, and all agree in the end, quota and counters too (seed ${seed})`, async () => {
        const redis = await serve();
        const start: StartServers = async (accounts) => {
          const all = await FrontEnds.start({ mongo, redis: redis.url, accounts });
          return {
            ports: all.ports as [PlainPorts, ...PlainPorts[]],
            async restart() {
              for (const i of all.ports.keys()) await all.end(i, 'SIGTERM');
              const store = await all.openStore();
              for (const [address] of accounts) await checkExact(store, address);
              await store.close();
              for (const i of all.ports.keys()) await all.start(i);
            },
            printed: () => [...all.ports.keys()].map((i) => all.printed(i)).join('\n'),
            close: () => all.remove(),
          };
        };
        const options = { seed, clients: 12, clientsPerAccount: 6, operations: 40, letters: 30 };
        try {
          expect(await stress({ ...options, again: () => false }, start)).to.equal(12 * 40);
        } finally {
          await redis.remove();
        }
      });
    });
  }),
);
