import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { freePorts } from '../support/free-ports.ts';
import { onMongo } from '../support/mongo/on-mongo.ts';
import { onOwnRedis } from '../support/redis/on-redis.ts';
import { RedisProcess } from '../support/redis/redis-process.ts';
import { until } from '../support/until.ts';
import { ImapWire, SmtpWire } from '../support/wire-client.ts';
import { type LogLine, Place, Served, listeners, zhashik } from './support.ts';

describe('zhashik serve --workers', () => {
  it('is refused with a store that one process has, with the reason', async () => {
    const place = new Place();
    try {
      const { code, stderr, stdout } = await zhashik([
        'serve',
        '-c',
        place.config,
        '--workers',
        '2',
      ]);
      expect(stderr).to.include(
        'store.kind: embedded is the store of one process: 2 workers need kind: mongodb',
      );
      expect(stdout).to.equal('');
      expect(code).to.equal(78);
      for (const wrong of ['0', '-1', '1.5', 'many', '257']) {
        const refused = await zhashik(['serve', '-c', place.config, '--workers', wrong]);
        expect(refused.code, wrong).to.equal(64);
      }
    } finally {
      place.remove();
    }
  }).timeout(60_000);
});

await onMongo('zhashik serve on a database', (url) => {
  describe('zhashik serve on a database', function () {
    this.timeout(60_000);
    let place: Place;
    let server: Served | undefined;
    let database: string;
    let redis: RedisProcess | undefined;
    beforeEach(() => {
      place = new Place();
      database = `zhashik-${randomBytes(6).toString('hex')}`;
    });
    afterEach(async () => {
      server?.signal('SIGKILL');
      await server?.ended();
      server = undefined;
      await redis?.remove();
      redis = undefined;
      place.remove();
      const client = new MongoClient(url);
      await client.db(database).dropDatabase();
      await client.close();
    });

    const inClear = 'cleartextLoginNetworks: [127.0.0.0/8]';
    function write(sections: Readonly<Record<string, string>> = {}): void {
      place.write({
        store: `{ kind: mongodb, mongodb: { url: '${url}', database: ${database} } }`,
        listeners: listeners({ lmtp: 0, imap: 0 }).replace(
          'imap: { enabled: true,',
          `imap: { enabled: true, ${inClear},`,
        ),
        ...sections,
      });
    }

    async function createAccount(): Promise<void> {
      const args = ['account', 'create', 'aigerim@example.kz', '--apply', '-c', place.config];
      const { code, stderr } = await zhashik(args, { input: 'correct horse\n' });
      expect(code, stderr).to.equal(0);
    }

    async function failing(): Promise<{ readonly code: number | null; readonly last: LogLine }> {
      const served = new Served(place.config);
      const code = await served.ended();
      expect(served.stderr).to.equal('');
      const last = await served.event('start-failed');
      expect(last.event).to.equal('start-failed');
      expect(last['err']).to.equal(undefined);
      return { code, last };
    }

    it('says which server it is and what its writes wait for; commands go to the database', async () => {
      write();
      server = new Served(place.config);
      const opened = await server.event('store-opened');
      expect(opened['server']).to.be.oneOf(['standalone', 'replica set', 'sharded cluster']);
      expect(opened['version']).to.match(/^\d+\.\d+/);
      if (opened['server'] === 'standalone') {
        expect(opened['concerns']).to.equal('w: 1, j: true; local reads');
      }
      const lmtp = await server.event('listening');
      const imap = await server.event('listening');
      await createAccount();
      const smtp = await SmtpWire.open(Number(lmtp['port']), 'LHLO client.example');
      const letter = Buffer.from('Subject: one\r\n\r\nSalem\r\n');
      const to = ['aigerim@example.kz'];
      expect(await smtp.send('a@agency.example', to, letter, true)).to.match(/^250/);
      const client = await ImapWire.login(Number(imap['port']), to[0] ?? '', 'correct horse');
      await client.command('SELECT INBOX');
      // Suspended by a command that knows nothing of this process.
      await zhashik(['account', 'suspend', 'aigerim', '--apply', '-c', place.config]);
      const answer = await client.command('NOOP').catch(() => undefined);
      if (answer !== undefined) {
        expect(answer.untagged.map(({ text }) => text)).to.deep.equal([]);
        expect(await client.wire.line()).to.match(/^\* BYE/);
      }
      client.wire.destroy();
      smtp.wire.destroy();
      server.signal('SIGTERM');
      expect(await server.ended()).to.equal(0);
    });

    it('ends with the reason when the database is not there, or not as the config says', async () => {
      const [port] = await freePorts(1);
      write({ store: `{ kind: mongodb, mongodb: { url: 'mongodb://127.0.0.1:${port}' } }` });
      const gone = await failing();
      expect(gone.code).to.equal(69);
      expect(gone.last['reason']).to.match(/^The database cannot be had: .*ECONNREFUSED/);
      expect(gone.last['reason']).to.include(`store.mongodb in ${place.config} names it`);
      write({ store: `{ kind: mongodb, mongodb: { url: 'mongodb://db/?colour=red' } }` });
      const wrong = await failing();
      expect(wrong.code).to.equal(78);
      expect(wrong.last['reason']).to.match(/^The database: .*colour/);
      write({
        store: `{ kind: mongodb, mongodb: { url: '${url}', authority: /nowhere/ca.pem } }`,
      });
      const unsigned = await failing();
      expect(unsigned.code).to.equal(78);
      expect(unsigned.last['reason']).to.include('/nowhere/ca.pem');
      // A command says the same.
      const { code, stderr } = await zhashik(['account', 'list', '-c', place.config]);
      expect(stderr).to.include('/nowhere/ca.pem');
      expect(code).to.equal(78);
    });

    it('runs workers that serve the same ports, and outlive one another', async () => {
      write({
        listeners: listeners({ lmtp: 0, imap: 0, metrics: 0 }).replace(
          'imap: { enabled: true,',
          `imap: { enabled: true, ${inClear},`,
        ),
      });
      await createAccount();
      server = new Served(place.config, ['--workers', '2']);
      await server.event('workers-ready');
      const { lines } = server;
      const port = (listener: string): number =>
        Number(lines.find((line) => line['listener'] === listener)?.['port']);
      const pids = (): number[] =>
        lines.filter(({ event }) => event === 'started').map((line) => Number(line['pid']));
      await until('both have said so', () => new Set(pids()).size === 2);
      const scrape = async (path: string): Promise<string> =>
        (await fetch(`http://127.0.0.1:${port('metrics')}${path}`)).text();

      const clients = await Promise.all(
        [1, 2, 3, 4].map(() => ImapWire.login(port('imap'), 'aigerim@example.kz', 'correct horse')),
      );
      for (const client of clients) await client.command('SELECT INBOX');
      const shown = await scrape('/metrics');
      expect(shown).to.include('zhashik_workers 2\n');
      expect(shown).to.include('zhashik_sessions{listener="imap"} 4');
      expect(shown).to.include('zhashik_outbox_entries 0');

      // One is killed: the sessions of the other go on, and another one comes.
      process.kill(pids()[0] ?? 0, 'SIGKILL');
      const ended = await server.event('worker-ended');
      expect(ended['signal']).to.equal('SIGKILL');
      const alive = await Promise.all(
        clients.map((client) =>
          client.command('NOOP').then(
            ({ status }) => status === 'OK',
            () => false,
          ),
        ),
      );
      expect(alive.filter((one) => one)).to.have.length(2);
      await until('a third one serves', () => pids().length === 3);
      await until('it is counted', async () =>
        (await scrape('/metrics')).includes('zhashik_workers 2\n'),
      );
      expect(await scrape('/ready')).to.equal('ready\n');
      const late = await ImapWire.login(port('imap'), 'aigerim@example.kz', 'correct horse');
      expect((await late.command('NOOP')).status).to.equal('OK');

      server.signal('SIGTERM');
      const still = clients[alive.indexOf(true)] as ImapWire;
      await still.wire.ended();
      expect(await server.ended()).to.equal(0);
      expect(lines.filter(({ event }) => event === 'stopped')).to.have.length(2);
      expect(server.stderr).to.equal('');
    });

    it('does not try for ever what cannot start', async () => {
      const [port] = await freePorts(1);
      write({ store: `{ kind: mongodb, mongodb: { url: 'mongodb://127.0.0.1:${port}' } }` });
      server = new Served(place.config, ['--workers', '2']);
      expect(await server.ended()).to.equal(69);
      expect(server.lines.map(({ event }) => event)).to.include('start-failed');
      expect(server.lines.map(({ event }) => event)).not.to.include('worker-ended');
    });

    it('leaves no worker behind when the primary is killed', async () => {
      write();
      server = new Served(place.config, ['--workers', '2']);
      await server.event('workers-ready');
      const { lines } = server;
      const pids = (): number[] =>
        lines.filter(({ event }) => event === 'started').map((line) => Number(line['pid']));
      await until('both have said so', () => pids().length === 2);
      server.signal('SIGKILL');
      await until('all are gone', () => pids().every((pid) => !isAlive(pid)));
    });
  });
});

await onOwnRedis('zhashik serve with a bus', () => {
  describe('zhashik serve with a bus', function () {
    this.timeout(60_000);
    let place: Place;
    let server: Served | undefined;
    beforeEach(() => {
      place = new Place();
    });
    afterEach(async () => {
      server?.signal('SIGKILL');
      await server?.ended();
      server = undefined;
      place.remove();
    });

    it('begins without a Redis that is not there, and ends for one that refuses the login', async () => {
      const redis = await RedisProcess.start(['--requirepass', 'one']);
      try {
        const bus = (password: string): string =>
          `{ kind: redis, redis: { url: '${redis.url}', password: { file: ${password} } } }`;
        for (const name of ['one', 'two']) place.writeFile(name, `${name}\n`);
        place.write({ bus: bus('two') });
        const refused = new Served(place.config);
        expect(await refused.ended()).to.equal(78);
        expect(String((await refused.event('start-failed'))['reason'])).to.match(
          /^The bus: WRONGPASS .*bus\.redis in/,
        );

        await redis.kill();
        place.write({ bus: bus('one'), listeners: listeners({ metrics: 0 }) });
        server = new Served(place.config);
        expect((await server.event('bus-down'))['reason']).to.include('ECONNREFUSED');
        const metrics = await server.event('listening');
        const up = async (): Promise<string | undefined> => {
          const shown = await fetch(`http://127.0.0.1:${Number(metrics['port'])}/metrics`);
          return /^zhashik_bus_up (\d)$/m.exec(await shown.text())?.[1];
        };
        expect(await up()).to.equal('0');
        await redis.start();
        await server.event('bus-up');
        expect(await up()).to.equal('1');
        server.signal('SIGTERM');
        expect(await server.ended()).to.equal(0);
      } finally {
        await redis.remove();
      }
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
