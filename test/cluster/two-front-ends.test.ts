import { once } from 'node:events';
import { expect } from 'chai';
import { FrontEnds, type FrontEndsOptions } from '../support/front-ends.ts';
import { onMongo } from '../support/mongo/on-mongo.ts';
import type { PlainPorts } from '../support/plain-config.ts';
import { onRedis, type RedisPlace } from '../support/redis/on-redis.ts';
import { spawnZhashik } from '../support/server-process.ts';
import { until } from '../support/until.ts';
import { ImapWire, SmtpWire } from '../support/wire-client.ts';

const address = 'aigerim@example.kz';
/** Never logged in from anywhere: a place that an account is known to log in from has a throttle of its own. */
const other = 'bolat@example.kz';
const password = 'correct horse';
let letters = 0;
/** No two are alike: the same letter again would be taken for a repetition. */
const letter = (): Buffer => Buffer.from(`Subject: ${++letters}\r\n\r\nSalem\r\n`);

/** Begins IDLE and reads up to the invitation. */
async function beginIdle(client: ImapWire): Promise<void> {
  client.wire.write('idle IDLE\r\n');
  for (;;) {
    const line = await client.wire.line();
    if (line.startsWith('+')) return;
  }
}

async function existsTo(client: ImapWire): Promise<number> {
  for (;;) {
    const count = /^\* (\d+) EXISTS$/.exec(await client.wire.line())?.[1];
    if (count !== undefined) return Number(count);
  }
}

await onMongo('two front ends', (mongo) =>
  onRedis('two front ends', (serve) => {
    describe('two front ends', function () {
      this.timeout(120_000);
      let all: FrontEnds;
      let redis: RedisPlace | undefined;
      let one: PlainPorts;
      let two: PlainPorts;
      const clients: ImapWire[] = [];

      afterEach(async () => {
        for (const { wire } of clients.splice(0)) wire.destroy();
        await all.remove();
        await redis?.remove();
        redis = undefined;
      });

      async function start(
        options: Partial<FrontEndsOptions> & { readonly bus: boolean },
      ): Promise<void> {
        redis = options.bus ? await serve() : undefined;
        const accounts = [
          [address, password],
          [other, password],
        ] as const;
        all = await FrontEnds.start({ mongo, redis: redis?.url, accounts, ...options });
        [one, two] = all.ports as [PlainPorts, PlainPorts];
      }

      async function login({ imap }: PlainPorts): Promise<ImapWire> {
        const client = await ImapWire.login(imap, address, password);
        clients.push(client);
        return client;
      }

      async function deliver({ lmtp }: PlainPorts, count: number): Promise<void> {
        const wire = await SmtpWire.open(lmtp, 'LHLO client.example');
        for (let i = 0; i < count; i++) {
          const replies = await wire.send('a@agency.example', [address], letter(), true);
          expect(replies).to.match(/^250/);
        }
        wire.wire.destroy();
      }

      it('a letter that comes to one wakes who idles at the other', async () => {
        await start({ bus: true });
        const client = await login(two);
        await client.command('SELECT INBOX');
        await beginIdle(client);
        const wire = await SmtpWire.open(one.lmtp, 'LHLO client.example');
        // Who is not told looks after 15 s on the average: so many letters would take longer than a test may.
        for (let i = 1; i <= 20; i++) {
          const heard = existsTo(client);
          await wire.send('a@agency.example', [address], letter(), true);
          expect(await heard).to.equal(i);
        }
        wire.wire.destroy();
      });

      it('without a bus each command shows what was answered for elsewhere before it, and IDLE soon', async () => {
        await start({ bus: false });
        const [writer, reader] = [await login(one), await login(two)];
        await writer.command('SELECT INBOX');
        await reader.command('SELECT INBOX');
        for (let i = 1; i <= 10; i++) {
          await deliver(one, 1);
          const { untagged } = await reader.command(i % 2 === 0 ? 'NOOP' : 'UID SEARCH ALL');
          expect(untagged.map(({ text }) => text)).to.include(`* ${i} EXISTS`);
          await writer.command('NOOP');
          await writer.command(`STORE ${i} +FLAGS (\\Seen)`);
          const seen = await reader.command('NOOP');
          expect(seen.untagged.map(({ text }) => text).join()).to.include(
            `* ${i} FETCH (UID ${i} FLAGS (\\Seen))`,
          );
        }
        await writer.command('STORE 2 +FLAGS (\\Deleted)');
        await writer.command('EXPUNGE');
        const { untagged } = await reader.command('NOOP');
        expect(untagged.map(({ text }) => text)).to.include('* 2 EXPUNGE');
        await beginIdle(reader);
        await deliver(one, 1);
        expect(await existsTo(reader)).to.equal(10);
      });

      it('a command that suspends an account ends its sessions on every front end', async () => {
        await start({ bus: true });
        const idle = await login(two);
        await idle.command('SELECT INBOX');
        await beginIdle(idle);
        const client = await login(one);
        await client.command('SELECT INBOX');
        const command = ['account', 'suspend', address, '--apply', '--config', all.configFile(0)];
        const suspending = spawnZhashik(command, 'build');
        const began = performance.now();
        for (const { wire } of [idle, client]) {
          let line = await wire.line();
          while (!line.startsWith('* BYE')) line = await wire.line();
          expect(line).to.equal('* BYE Your account was suspended or closed');
        }
        // Without hints it would be told after 15 s on the average.
        expect(performance.now() - began).to.be.below(8_000);
        if (suspending.exitCode === null) await once(suspending, 'exit');
        expect(suspending.exitCode).to.equal(0);
      });

      it('failed logins add up, and so do the sessions of an account', async () => {
        await start({
          bus: true,
          more: [
            'login: { scryptN: 1024, scryptP: 1, scramIterations: 4096, accountFreeFailures: 3 }',
            'limits: { sessionsPerAccount: 5 }',
          ],
        });
        for (let i = 0; i < 5; i++) await login(i % 2 === 0 ? one : two);
        for (const { imap } of [one, two]) {
          const refused = await ImapWire.login(imap, address, password).catch(String);
          expect(refused).to.match(/NO \[LIMIT\]/);
        }
        // Those of a killed process are free when its lease is over.
        await all.end(0, 'SIGKILL');
        await until(
          'places are free',
          async () => {
            try {
              await login(two);
              return true;
            } catch {
              return false;
            }
          },
          30_000,
        );
        await all.start(0);
        for (let i = 0; i < 4; i++) {
          const { imap } = i % 2 === 0 ? one : two;
          const wrong = await ImapWire.login(imap, other, `wrong ${i}`).catch(String);
          expect(wrong).to.match(/NO \[AUTHENTICATIONFAILED\]/);
        }
        for (const { imap } of [one, two]) {
          const throttled = await ImapWire.login(imap, other, password).catch(String);
          expect(throttled).to.match(/NO \[UNAVAILABLE\] Too many failed logins/);
        }
      });
    });
  }),
);
