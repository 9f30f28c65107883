import { expect } from 'chai';
import { random } from '../../bench/letters.ts';
import { onMongo } from '../support/mongo/on-mongo.ts';
import { onOwnRedis } from '../support/redis/on-redis.ts';
import { RedisProcess } from '../support/redis/redis-process.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import type { ImapWire } from '../support/wire-client.ts';
import type { Poster } from './poster.ts';
import { patienceMs, Stage } from './stage.ts';

const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20261128);
const title = 'front ends when something breaks';

await onMongo(title, (mongo) =>
  onOwnRedis(title, () => {
    describe(title, function () {
      this.timeout(240_000);
      let redis: RedisProcess;
      let toMongo: TcpProxy;
      let toRedis: TcpProxy;
      let stage: Stage;

      /** The first front end reaches its servers over a network that can be broken. */
      beforeEach(async () => {
        redis = await RedisProcess.start();
        const { hostname, port } = new URL(mongo);
        toMongo = await TcpProxy.start(Number(port), hostname);
        toRedis = await TcpProxy.start(redis.port);
        stage = await Stage.start({
          mongo,
          redis: redis.url,
          mongoOf: (i) =>
            i === 0 ? `mongodb://127.0.0.1:${toMongo.port}/?directConnection=true` : mongo,
          redisOf: (i) => (i === 0 ? `redis://127.0.0.1:${toRedis.port}` : redis.url),
        });
      });
      afterEach(async function () {
        if (this.currentTest?.state === 'failed') process.stdout.write(stage.printed());
        await stage.remove();
        await Promise.all([toMongo.close(), toRedis.close(), redis.remove()]);
      });

      it(`a front end killed in the middle of deliveries: what it took is there, what it did not goes through another (seed ${seed})`, async () => {
        const { one, two } = stage;
        const next = random(seed);
        for (let round = 0; round < 3; round++) {
          let dead = false;
          const some = Array.from({ length: 6 }, (_, i) =>
            stage.poster(`round${round}-${i}`, () => (dead ? two.lmtp : one.lmtp)),
          );
          const before = Math.floor(next() * 60);
          const total = (): number => some.reduce((sum, { sent }) => sum + sent.length, 0);
          const posting = some.map((one) => one.post(() => total() >= before + 60));
          await until('some were taken', () => total() >= before);
          await stage.all.end(0, 'SIGKILL');
          dead = true;
          await Promise.all(posting);
          await stage.all.start(0);
        }
        await stage.exactlyOnce();
      });

      for (const how of ['stalled', 'refused', 'reset again and again'] as const) {
        it(`a network to the database that is ${how}: temporary errors, no hang, and work again without a restart`, async () => {
          const { one, two } = stage;
          const client = await stage.login(one);
          const idle = await stage.login(two);
          let done = false;
          const here = stage.poster('here', () => one.lmtp);
          const there = stage.poster('there', () => two.lmtp);
          const posting = [here, there].map((each) => each.post(() => done));
          await until('letters come', () => here.sent.length > 5 && there.sent.length > 5);

          const cutAt = performance.now();
          if (how === 'stalled') toMongo.stall();
          if (how === 'refused') toMongo.refuse();
          if (how === 'reset again and again') {
            for (let i = 0; i < 20; i++) {
              toMongo.reset();
              await stage.inTime(client, 'NOOP');
            }
          } else {
            // Nothing is said about what cannot be known, and nothing hangs.
            const noop = await stage.inTime(client, 'NOOP');
            expect(noop.status).to.equal('OK');
            const stored = await stage.inTime(client, 'STORE 1 +FLAGS (\\Flagged)');
            expect(stored.tagged).to.match(/NO \[UNAVAILABLE\]/);
            const listed = await stage.inTime(client, 'STATUS Archive (MESSAGES)');
            expect(listed.tagged).to.match(/NO \[UNAVAILABLE\]/);
            // Who comes while it is cut is told to come again.
            const login = await stage.tryLogin(one).catch(String);
            expect(login).to.match(/NO \[UNAVAILABLE\]/);
            await until('told to come again', () => here.replies.length > 0, patienceMs);
            expect(here.replies[0]).to.match(/^4\d\d 4\./);
          }
          const before = there.sent.length;
          await until('the other goes on', () => there.sent.length > before);
          expect((await stage.inTime(idle, 'NOOP')).status).to.equal('OK');

          toMongo.heal();
          if (how === 'stalled') toMongo.reset();
          const healed = performance.now();
          const more = here.sent.length;
          await until('it works again', () => here.sent.length > more + 5, patienceMs);
          expect((await stage.inTime(client, 'STORE 1 +FLAGS (\\Flagged)')).status).to.equal('OK');
          expect((await stage.inTime(client, 'STATUS Archive (MESSAGES)')).status).to.equal('OK');
          done = true;
          await Promise.all(posting);
          const { untagged } = await stage.inTime(client, 'NOOP');
          expect(untagged.some(({ text }) => text.endsWith('EXISTS')) || healed > cutAt).to.equal(
            true,
          );
          expect(stage.all.runs(0)).to.equal(true);
          await stage.exactlyOnce();
        });
      }

      for (const how of ['stalled', 'refused', 'killed'] as const) {
        it(`Redis ${how}: mail goes on, news come by looking, and by hints again afterwards`, async () => {
          const { one, two } = stage;
          const reader = await stage.login(one);
          let done = false;
          const there = stage.poster('there', () => two.lmtp);
          const here = stage.poster('here', () => one.lmtp);
          if (how === 'stalled') toRedis.stall();
          if (how === 'refused') toRedis.refuse();
          if (how === 'killed') await redis.kill();
          const posting = [here, there].map((each) => each.post(() => done));
          await until('letters come', () => here.sent.length > 10 && there.sent.length > 10);
          // Logins work, by what this process knows itself.
          const began = performance.now();
          const late = await stage.login(one);
          expect(performance.now() - began).to.be.below(5_000);
          expect((await stage.inTime(late, 'NOOP')).status).to.equal('OK');
          done = true;
          await Promise.all(posting);
          await stage.inTime(reader, 'NOOP');
          // Nobody says a word about it; it is found by looking.
          const lonely = stage.poster('lonely', () => two.lmtp);
          expect(await heardOf(reader, lonely)).to.be.below(5_000);

          if (how === 'killed') await redis.start();
          else toRedis.heal();
          if (how === 'stalled') toRedis.reset();
          const delays: number[] = [];
          const end = performance.now() + patienceMs;
          // By looking alone it takes half a second on the average.
          while (delays.length < 8 || delays.slice(-8).some((delayMs) => delayMs > 400)) {
            expect(performance.now(), `heard after ${delays.join(', ')} ms`).to.be.below(end);
            delays.push(Math.round(await heardOf(reader, lonely)));
          }
          await stage.exactlyOnce();
        });
      }

      /** Posts one letter; answers how long after its reply an idling client heard of it, in milliseconds. */
      async function heardOf(client: ImapWire, by: Poster): Promise<number> {
        client.wire.write('idle IDLE\r\n');
        while (!(await client.wire.line()).startsWith('+'));
        const heard = (async () => {
          while (!/^\* \d+ EXISTS$/.test(await client.wire.line()));
          return performance.now();
        })();
        await by.postOne();
        const delayMs = -performance.now() + (await heard);
        client.wire.write('DONE\r\n');
        while (!(await client.wire.line()).startsWith('idle OK'));
        return delayMs;
      }
    });
  }),
);
