import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { FailureRule } from '../../../src/bus/failure-delay.ts';
import { LocalThrottle } from '../../../src/bus/local/throttle.ts';
import { RedisBus } from '../../../src/bus/redis/redis-bus.ts';
import type { Throttle } from '../../../src/bus/api.ts';
import type { RedisServer } from '../../../src/bus/redis/redis-link.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { AccountId } from '../../../src/core/values.ts';
import { ensureDevelopmentCertificate } from '../../../src/development/certificate.ts';
import { type NotedLine, noteLog } from '../../support/note-log.ts';
import { onOwnRedis, onRedis, type RedisPlace } from '../../support/redis/on-redis.ts';
import { RedisProcess } from '../../support/redis/redis-process.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/until.ts';

const rule: FailureRule = {
  freeFailures: 2,
  baseDelayMs: 60_000,
  maxDelayMs: 300_000,
  forgetAfterMs: 600_000,
};

class Buses {
  readonly prefix = `test-${randomBytes(6).toString('hex')}`;
  readonly #open: RedisBus[] = [];

  async open(
    url: string,
    options: {
      readonly leaseMs?: number;
      readonly password?: string;
      readonly server?: RedisServer;
    } = {},
  ): Promise<RedisBus & { readonly lines: readonly NotedLine[] }> {
    const { log, lines } = noteLog();
    const { password, ...more } = options;
    const server = { url, ...(password !== undefined && { password }) };
    const bus = await RedisBus.open({ server, prefix: this.prefix, log, ...more });
    this.#open.push(bus);
    return Object.assign(bus, { lines });
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((bus) => bus.close()));
  }
}

function throttleOf(bus: RedisBus, more: Partial<FailureRule> = {}): Throttle {
  const all = { ...rule, ...more };
  const own = new LocalThrottle({ ...all, clock: systemClock, maxKeys: 100 });
  return bus.throttle('logins', all, own);
}

function events(lines: readonly NotedLine[]): string[] {
  return lines.map(({ level, event }) => `${level} ${event}`);
}

await onRedis('Redis bus', (serve) => {
  describe('Redis bus', () => {
    let place: RedisPlace;
    let buses: Buses;
    before(async () => {
      place = await serve();
    });
    after(() => place.remove());
    beforeEach(() => {
      buses = new Buses();
    });
    afterEach(() => buses.close());

    describe('throttle', () => {
      it('is one over two processes: failures add up, a success anywhere forgets them', async () => {
        const [one, two] = [await buses.open(place.url), await buses.open(place.url)];
        const [a, b] = [throttleOf(one), throttleOf(two)];
        await a.failed('account x');
        await b.failed('account x');
        expect(await a.delayMs('account x')).to.equal(0);
        await a.failed('account x');
        for (const throttle of [a, b]) {
          expect(await throttle.delayMs('account x')).to.be.within(50_000, 60_000);
        }
        await b.failed('account x');
        expect(await a.delayMs('account x')).to.be.within(110_000, 120_000);
        expect(await a.delayMs('account y')).to.equal(0);
        await a.succeeded('account x');
        expect(await b.delayMs('account x')).to.equal(0);
      });

      it('keeps to the longest delay, and forgets by itself', async () => {
        const bus = await buses.open(place.url);
        const throttle = throttleOf(bus);
        for (let i = 0; i < 20; i++) await throttle.failed('k');
        expect(await throttle.delayMs('k')).to.be.within(290_000, 300_000);
        const brief = throttleOf(bus, { forgetAfterMs: 200 });
        for (let i = 0; i < 5; i++) await brief.failed('brief');
        await until('forgotten', async () => (await brief.delayMs('brief')) === 0);
      });

      it('says of names made up by a client nothing but a digest, of bounded length', async () => {
        const bus = await buses.open(place.url);
        await throttleOf(bus).failed(`account ${'x'.repeat(100_000)}\r\nFLUSHALL\r\n`);
        expect(await throttleOf(bus).delayMs('account x')).to.equal(0);
      });
    });

    describe('session count', () => {
      it('is one over two processes', async () => {
        const [one, two] = [await buses.open(place.url), await buses.open(place.url)];
        const second = await two.sessions.enter('account 1', 3);
        expect(second).to.be.a('function');
        expect(await one.sessions.enter('account 1', 3)).to.be.a('function');
        expect(await two.sessions.enter('account 1', 3)).to.be.a('function');
        expect(await one.sessions.enter('account 1', 3)).to.equal(undefined);
        expect(await two.sessions.enter('account 1', 3)).to.equal(undefined);
        expect(await two.sessions.enter('account 2', 3)).to.be.a('function');
        // Twice, as when both sides close at once: one place.
        second?.();
        second?.();
        expect(await two.sessions.enter('account 1', 3)).to.be.a('function');
        expect(await one.sessions.enter('account 1', 3)).to.equal(undefined);
      });

      it('gives no place twice to many who come at once', async () => {
        const some = await Promise.all([1, 2, 3].map(() => buses.open(place.url)));
        const first = some[0] as RedisBus;
        const entered = await Promise.all(
          some.flatMap(({ sessions }) =>
            Array.from({ length: 20 }, () => sessions.enter('office', 25)),
          ),
        );
        const leave = entered.filter((one) => one !== undefined);
        expect(leave).to.have.length(25);
        for (const one of leave) one();
        await until('nobody is there', async () => {
          const alone = await first.sessions.enter('office', 1);
          alone?.();
          return alone !== undefined;
        });
        const again = await Promise.all(
          Array.from({ length: 26 }, () => first.sessions.enter('office', 25)),
        );
        expect(again.filter((one) => one !== undefined)).to.have.length(25);
      });

      it('has the places of a process that ended back at once', async () => {
        const [one, two] = [await buses.open(place.url), await buses.open(place.url)];
        expect(await one.sessions.enter('k', 1)).to.be.a('function');
        await one.close();
        expect(await two.sessions.enter('k', 1)).to.be.a('function');
      });

      it('has the places of a killed process back when its lease is over, and not before', async () => {
        const bus = await buses.open(place.url);
        const holder = new Holder(place.url, buses.prefix, 3, 4000);
        try {
          expect(await holder.got).to.equal('3');
          expect(await bus.sessions.enter('held', 3)).to.equal(undefined);
          const killedAt = performance.now();
          await holder.kill();
          expect(await bus.sessions.enter('held', 3)).to.equal(undefined);
          await until('places are free', async () => {
            const leave = await bus.sessions.enter('held', 3);
            leave?.();
            return leave !== undefined;
          });
          expect(performance.now() - killedAt).to.be.within(2000, 8000);
        } finally {
          await holder.kill();
        }
      });
    });

    describe('hints', () => {
      const account = 7 as AccountId;

      it('come to those who listen to the account, of all processes', async () => {
        const [one, two] = [await buses.open(place.url), await buses.open(place.url)];
        const heard: string[] = [];
        const stop = two.hints.listen(account, (version) => heard.push(`two ${version}`));
        one.hints.listen(account, (version) => heard.push(`one ${version}`));
        two.hints.listen(263 as AccountId, () => heard.push('another account of the channel'));
        await until('subscribed', async () => {
          one.hints.announce(account, 41);
          await new Promise((resolve) => setTimeout(resolve, 5));
          return heard.includes('two 41') && heard.includes('one 41');
        });
        expect(one.hints.live).to.equal(true);
        stop();
        heard.length = 0;
        one.hints.announce(account, 42);
        await until('told', () => heard.includes('one 42'));
        expect(heard).to.deep.equal(['one 42']);
      });

      it('are subscribed to while somebody listens on the channel, and no longer', async () => {
        const bus = await buses.open(place.url);
        const stops = [1, 257, 2].map((a) => bus.hints.listen(a as AccountId, () => undefined));
        await until('both channels', () => bus.hints.channels === 2);
        stops[0]?.();
        stops[0]?.();
        stops[2]?.();
        await until('one channel', () => bus.hints.channels === 1);
        stops[1]?.();
        await until('no channel', () => bus.hints.channels === 0);
      });

      it('are not taken from what is none', async () => {
        const bus = await buses.open(place.url);
        const heard: number[] = [];
        bus.hints.listen(account, (version) => heard.push(version));
        const { createClient } = await import('redis');
        const stranger = await createClient({ url: place.url, RESP: 2 }).connect();
        try {
          await until('heard', async () => {
            for (const text of [
              '',
              '7',
              '7:',
              '7:0',
              '7:-1',
              '7:1e3',
              '07:1',
              '7:99999999999999999',
              'x',
            ])
              await stranger.publish(`${buses.prefix}:hints:7`, text);
            await stranger.publish(`${buses.prefix}:hints:7`, 'y'.repeat(1_000_000));
            await stranger.publish(`${buses.prefix}:hints:7`, '7:5');
            return heard.length > 0;
          });
          expect(new Set(heard)).to.deep.equal(new Set([5]));
        } finally {
          stranger.destroy();
        }
      });
    });
  });
});

/** `holder.ts` as a process. */
class Holder {
  readonly got: Promise<string>;
  readonly #process: ChildProcess;

  constructor(url: string, prefix: string, count: number, leaseMs: number) {
    const args = [url, prefix, 'held', String(count), String(leaseMs)];
    this.#process = spawn(
      process.execPath,
      ['--import', 'tsx', new URL('holder.ts', import.meta.url).pathname, ...args],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.got = once(this.#process.stdout as NodeJS.ReadableStream, 'data').then(([chunk]) =>
      String(chunk).trim(),
    );
  }

  async kill(): Promise<void> {
    if (this.#process.signalCode !== null || this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}

await onOwnRedis('Redis bus in outages', () => {
  describe('Redis bus in outages', function () {
    this.timeout(40_000);
    let redis: RedisProcess;
    let proxy: TcpProxy;
    let buses: Buses;
    beforeEach(async () => {
      redis = await RedisProcess.start();
      proxy = await TcpProxy.start(redis.port);
      buses = new Buses();
    });
    afterEach(async () => {
      await buses.close();
      await proxy.close();
      await redis.remove();
    });

    it('goes on with what each process knows when Redis is killed, says so once, and heals', async () => {
      const [one, two] = [await buses.open(redis.url), await buses.open(redis.url)];
      const third = await buses.open(redis.url);
      const throttle = throttleOf(one);
      for (let i = 0; i < 3; i++) await throttle.failed('k');
      const leave = await one.sessions.enter('s', 2);
      expect(await two.sessions.enter('s', 2)).to.be.a('function');
      const heard: number[] = [];
      two.hints.listen(3 as AccountId, (version) => heard.push(version));

      await redis.kill();
      await until('both know', () => !one.up && !two.up);
      expect([one.hints.live, two.hints.live]).to.deep.equal([false, false]);
      const began = performance.now();
      expect(await throttle.delayMs('k')).to.be.within(40_000, 60_000);
      await throttle.failed('k');
      await throttle.succeeded('other');
      // Each counts its own now.
      const second = await one.sessions.enter('s', 2);
      expect(second).to.be.a('function');
      expect(await one.sessions.enter('s', 2)).to.equal(undefined);
      one.hints.announce(3 as AccountId, 8);
      expect(performance.now() - began).to.be.below(500);
      leave?.();

      await redis.start();
      await until('all are back', () => one.up && two.up && third.up);
      // Redis has forgotten all: the processes tell it what they have.
      await until('counted again', async () => {
        const more = await third.sessions.enter('s', 2);
        more?.();
        return more === undefined;
      });
      second?.();
      await until('given back', async () => {
        const more = await third.sessions.enter('s', 2);
        more?.();
        return more !== undefined;
      });
      one.hints.announce(3 as AccountId, 9);
      await until('hints come through', () => heard.includes(9));
      expect(heard).to.deep.equal([9]);
      for (const { lines } of [one, two, third]) {
        expect(events(lines)).to.deep.equal(['warn bus-down', 'info bus-up']);
      }
    });

    it('takes a server that says nothing for one that is down, and waits for it once', async () => {
      const bus = await buses.open(`redis://127.0.0.1:${proxy.port}`);
      const throttle = throttleOf(bus);
      await throttle.failed('k');
      proxy.stall();
      const began = performance.now();
      await throttle.delayMs('k');
      expect(performance.now() - began).to.be.below(2500);
      const after = performance.now();
      for (let i = 0; i < 50; i++) await throttle.failed('k');
      expect(await bus.sessions.enter('s', 1)).to.be.a('function');
      expect(performance.now() - after).to.be.below(500);
      proxy.heal();
      proxy.reset();
      await until('back', () => bus.up);
      expect(events(bus.lines)).to.deep.equal(['warn bus-down', 'info bus-up']);
    });

    it('subscribes again after its connections were reset', async () => {
      const bus = await buses.open(`redis://127.0.0.1:${proxy.port}`);
      const other = await buses.open(redis.url);
      const heard: number[] = [];
      bus.hints.listen(5 as AccountId, (version) => heard.push(version));
      for (let round = 1; round <= 3; round++) {
        proxy.reset();
        await until('it is noticed', () => !bus.up);
        await until('back', () => bus.up);
        other.hints.announce(5 as AccountId, round);
        await until('heard', () => heard.includes(round));
      }
      expect(heard).to.deep.equal([1, 2, 3]);
    });

    for (const how of ['refused', 'stalled'] as const) {
      it(`comes back when a network that ${how} for a while is whole again`, async () => {
        const bus = await buses.open(`redis://127.0.0.1:${proxy.port}`);
        const other = await buses.open(redis.url);
        const heard: number[] = [];
        bus.hints.listen(5 as AccountId, (version) => heard.push(version));
        if (how === 'refused') proxy.refuse();
        else proxy.stall();
        await until('it is noticed', () => bus.lines.length > 0);
        // Longer than a few attempts take.
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        proxy.heal();
        await until('back', () => bus.up);
        other.hints.announce(5 as AccountId, 1);
        await until('heard', () => heard.length > 0);
        expect(events(bus.lines)).to.deep.equal(['warn bus-down', 'info bus-up']);
      });
    }

    it('begins without a server that is not there, and finds it later', async () => {
      await redis.kill();
      const bus = await buses.open(redis.url);
      expect(bus.up).to.equal(false);
      expect(events(bus.lines)).to.deep.equal(['warn bus-down']);
      expect(await bus.sessions.enter('s', 1)).to.be.a('function');
      await redis.start();
      await until('found', () => bus.up);
      await until('its places are known', async () => {
        const other = await buses.open(redis.url);
        return (await other.sessions.enter('s', 1)) === undefined;
      });
    });

    it('speaks TLS and logs in as a user who may do no more than it needs', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'zhashik-redis-tls-'));
      // As docs/cluster.md has it.
      const user = /^ {3}`(user zhashik on .*)`$/m.exec(
        readFileSync('docs/cluster.md', 'utf8'),
      )?.[1];
      writeFileSync(
        join(folder, 'users.acl'),
        `user default off\n${user?.replaceAll('zhashik:', `${buses.prefix}:`).replace('PASSWORD', 'correct-horse') ?? ''}\n`,
      );
      const made = await ensureDevelopmentCertificate(folder, [], { now: () => Date.now() });
      const guarded = await RedisProcess.start([
        ...['--tls-cert-file', made.certificate, '--tls-key-file', made.key],
        ...['--tls-ca-cert-file', made.authority, '--tls-auth-clients', 'no'],
        ...['--aclfile', join(folder, 'users.acl')],
      ]);
      try {
        const url = `rediss://localhost:${guarded.port}`;
        const ca = readFileSync(made.authority, 'utf8');
        const login = { url, username: 'zhashik', password: 'correct-horse' };
        const bus = await buses.open(url, { server: { ...login, socket: { tls: true, ca } } });
        expect(bus.up).to.equal(true);
        const throttle = throttleOf(bus);
        for (let i = 0; i < 3; i++) await throttle.failed('k');
        expect(await throttle.delayMs('k')).to.be.above(0);
        await throttle.succeeded('k');
        const leave = await bus.sessions.enter('s', 1);
        expect(await bus.sessions.enter('s', 1)).to.equal(undefined);
        leave?.();
        const heard: number[] = [];
        const stop = bus.hints.listen(5 as AccountId, (version) => heard.push(version));
        await until('heard', async () => {
          bus.hints.announce(5 as AccountId, 1);
          await new Promise((resolve) => setTimeout(resolve, 5));
          return heard.length > 0;
        });
        stop();
        await until('no channel', () => bus.hints.channels === 0);
        // An authority that is not its own is not believed.
        const stranger = await buses.open(url, { server: { ...login, socket: { tls: true } } });
        expect(stranger.up).to.equal(false);
        // Nothing was refused.
        expect(bus.up).to.equal(true);
        expect(events(bus.lines)).to.deep.equal([]);
      } finally {
        await guarded.remove();
        rmSync(folder, { recursive: true });
      }
    });

    it('refuses to begin with a password that is wrong, or missing', async () => {
      const guarded = await RedisProcess.start(['--requirepass', 'correct horse']);
      try {
        for (const password of [undefined, 'wrong']) {
          const options = password === undefined ? {} : { password };
          const failure = await buses.open(guarded.url, options).then(
            () => undefined,
            (error: unknown) => error,
          );
          expect(String(failure)).to.match(/NOAUTH|WRONGPASS/);
        }
        const bus = await buses.open(guarded.url, { password: 'correct horse' });
        expect(bus.up).to.equal(true);
      } finally {
        await guarded.remove();
      }
    });
  });
});
