import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { random } from '../../bench/letters.ts';
import { FrontEnds, type FrontEndsOptions } from '../support/front-ends.ts';
import { onMongo } from '../support/mongo/on-mongo.ts';
import type { PlainPorts } from '../support/plain-config.ts';
import { onOwnRedis } from '../support/redis/on-redis.ts';
import { RedisProcess } from '../support/redis/redis-process.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { type ImapAnswer, ImapWire } from '../support/wire-client.ts';
import { checkExact } from './exact.ts';
import { Poster } from './poster.ts';

const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20261128);
const address = 'aigerim@example.kz';
const password = 'correct horse';
/** Nobody waits longer for an answer, whatever is broken. */
const patienceMs = 30_000;
const title = 'front ends when something breaks';

await onMongo(title, (mongo) =>
  onOwnRedis(title, () => {
    describe(title, function () {
      this.timeout(240_000);
      let redis: RedisProcess;
      let toMongo: TcpProxy;
      let toRedis: TcpProxy;
      let all: FrontEnds;
      let one: PlainPorts;
      let two: PlainPorts;
      const clients: ImapWire[] = [];
      const posters: Poster[] = [];

      /** The first front end reaches its servers over a network that can be broken. */
      beforeEach(async () => {
        redis = await RedisProcess.start();
        const { hostname, port } = new URL(mongo);
        toMongo = await TcpProxy.start(Number(port), hostname);
        toRedis = await TcpProxy.start(redis.port);
        const options: FrontEndsOptions = {
          mongo,
          redis: redis.url,
          accounts: [[address, password]],
          mongoOf: (i) =>
            i === 0 ? `mongodb://127.0.0.1:${toMongo.port}/?directConnection=true` : mongo,
          redisOf: (i) => (i === 0 ? `redis://127.0.0.1:${toRedis.port}` : redis.url),
        };
        all = await FrontEnds.start(options);
        [one, two] = all.ports as [PlainPorts, PlainPorts];
      });
      afterEach(async function () {
        if (this.currentTest?.state === 'failed') {
          process.stdout.write(`${all.printed(0)}\n${all.printed(1)}\n`);
        }
        for (const { wire } of clients.splice(0)) wire.destroy();
        for (const poster of posters.splice(0)) poster.close();
        await all.remove();
        await Promise.all([toMongo.close(), toRedis.close(), redis.remove()]);
      });

      async function login({ imap }: PlainPorts): Promise<ImapWire> {
        const client = await ImapWire.login(imap, address, password);
        clients.push(client);
        expect((await client.command('SELECT INBOX')).status).to.equal('OK');
        return client;
      }

      function poster(name: string, port: () => number): Poster {
        const made = new Poster(name, address, port);
        posters.push(made);
        return made;
      }

      /** Everything that was answered for is there once, in the eyes of both, and all numbers are exact. */
      async function exactlyOnce(): Promise<void> {
        const sent = posters.flatMap((one) => one.sent);
        for (const ports of [one, two]) {
          const client = await login(ports);
          const fetched = await client.command('UID FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]');
          expect(fetched.tagged).to.match(/^t\d+ OK/);
          const there = fetched.untagged.flatMap(({ literals }) =>
            literals.map((literal) => /Subject: (\S+)/.exec(literal.toString())?.[1] ?? ''),
          );
          const count = new Map<string, number>();
          for (const subject of there) count.set(subject, (count.get(subject) ?? 0) + 1);
          const wrong = sent.filter((subject) => count.get(subject) !== 1);
          const shown = wrong
            .slice(0, 5)
            .map((subject) => `${subject}: ${count.get(subject) ?? 0}`);
          expect(shown, `of ${sent.length}, ${wrong.length} wrong`).to.deep.equal([]);
          expect(there).to.have.length(sent.length);
          client.wire.destroy();
        }
        const store = await all.openStore();
        await checkExact(store, address);
        await store.close();
        for (const { slowestMs } of posters) expect(slowestMs).to.be.below(patienceMs);
      }

      async function inTime(client: ImapWire, command: string): Promise<ImapAnswer> {
        const impatience = new AbortController();
        const late = pause(patienceMs, undefined, { signal: impatience.signal }).then(() => {
          throw new Error(`no answer to ${command}`);
        });
        late.catch(() => undefined);
        try {
          return await Promise.race([client.command(command), late]);
        } finally {
          impatience.abort();
        }
      }

      it(`a front end killed in the middle of deliveries: what it took is there, what it did not goes through another (seed ${seed})`, async () => {
        const next = random(seed);
        for (let round = 0; round < 3; round++) {
          let dead = false;
          const some = Array.from({ length: 6 }, (_, i) =>
            poster(`round${round}-${i}`, () => (dead ? two.lmtp : one.lmtp)),
          );
          const before = Math.floor(next() * 60);
          const total = (): number => some.reduce((sum, { sent }) => sum + sent.length, 0);
          const posting = some.map((one) => one.post(() => total() >= before + 60));
          await until('some were taken', () => total() >= before);
          await all.end(0, 'SIGKILL');
          dead = true;
          await Promise.all(posting);
          await all.start(0);
        }
        await exactlyOnce();
      });

      for (const how of ['stalled', 'refused', 'reset again and again'] as const) {
        it(`a network to the database that is ${how}: temporary errors, no hang, and work again without a restart`, async () => {
          const client = await login(one);
          const idle = await login(two);
          let done = false;
          const here = poster('here', () => one.lmtp);
          const there = poster('there', () => two.lmtp);
          const posting = [here, there].map((each) => each.post(() => done));
          await until('letters come', () => here.sent.length > 5 && there.sent.length > 5);

          const cutAt = performance.now();
          if (how === 'stalled') toMongo.stall();
          if (how === 'refused') toMongo.refuse();
          if (how === 'reset again and again') {
            for (let i = 0; i < 20; i++) {
              toMongo.reset();
              await inTime(client, 'NOOP');
            }
          } else {
            // Nothing is said about what cannot be known, and nothing hangs.
            const noop = await inTime(client, 'NOOP');
            expect(noop.status).to.equal('OK');
            const stored = await inTime(client, 'STORE 1 +FLAGS (\\Flagged)');
            expect(stored.tagged).to.match(/NO \[UNAVAILABLE\]/);
            const listed = await inTime(client, 'STATUS Archive (MESSAGES)');
            expect(listed.tagged).to.match(/NO \[UNAVAILABLE\]/);
            // Who comes while it is cut is told to come again.
            const login = await ImapWire.login(one.imap, address, password).catch(String);
            expect(login).to.match(/NO \[UNAVAILABLE\]/);
            await until('told to come again', () => here.replies.length > 0, patienceMs);
            expect(here.replies[0]).to.match(/^4\d\d 4\./);
          }
          const before = there.sent.length;
          await until('the other goes on', () => there.sent.length > before);
          expect((await inTime(idle, 'NOOP')).status).to.equal('OK');

          toMongo.heal();
          if (how === 'stalled') toMongo.reset();
          const healed = performance.now();
          const more = here.sent.length;
          await until('it works again', () => here.sent.length > more + 5, patienceMs);
          expect((await inTime(client, 'STORE 1 +FLAGS (\\Flagged)')).status).to.equal('OK');
          expect((await inTime(client, 'STATUS Archive (MESSAGES)')).status).to.equal('OK');
          done = true;
          await Promise.all(posting);
          const { untagged } = await inTime(client, 'NOOP');
          expect(untagged.some(({ text }) => text.endsWith('EXISTS')) || healed > cutAt).to.equal(
            true,
          );
          expect(all.runs(0)).to.equal(true);
          await exactlyOnce();
        });
      }

      for (const how of ['stalled', 'refused', 'killed'] as const) {
        it(`Redis ${how}: mail goes on, news come by looking, and by hints again afterwards`, async () => {
          const reader = await login(one);
          let done = false;
          const there = poster('there', () => two.lmtp);
          const here = poster('here', () => one.lmtp);
          if (how === 'stalled') toRedis.stall();
          if (how === 'refused') toRedis.refuse();
          if (how === 'killed') await redis.kill();
          const posting = [here, there].map((each) => each.post(() => done));
          await until('letters come', () => here.sent.length > 10 && there.sent.length > 10);
          // Logins work, by what this process knows itself.
          const began = performance.now();
          const late = await login(one);
          expect(performance.now() - began).to.be.below(5_000);
          expect((await inTime(late, 'NOOP')).status).to.equal('OK');
          done = true;
          await Promise.all(posting);
          await inTime(reader, 'NOOP');
          // Nobody says a word about it; it is found by looking.
          const lonely = poster('lonely', () => two.lmtp);
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
          await exactlyOnce();
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
