import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccounts } from '../support/accounts.ts';
import { freePorts } from '../support/free-ports.ts';
import { plainConfig, type PlainPorts } from '../support/plain-config.ts';
import {
  buildServer,
  type ProcessOptions,
  ServerProcess,
  spawnZhashik,
} from '../support/server-process.ts';
import { ImapWire, SmtpWire, WireClient } from '../support/wire-client.ts';
import { FaultyDisk, switchOn } from './faulty-disk.ts';

const password = 'machine-password-1';
const one = 'one@example.kz';
const two = 'two@example.kz';

/** Goes into a row; a large one gets a file. */
const small = letterOf(1000);
const large = letterOf(300_000);

function letterOf(bytes: number): Buffer {
  const line = `${'x'.repeat(70)}\r\n`;
  return Buffer.from(`Subject: x\r\n\r\n${line.repeat(Math.ceil(bytes / line.length))}`);
}

describe('a machine that fails', function () {
  this.timeout(60_000);
  const disk = FaultyDisk.build();
  let folder: string;
  let data: string;
  let control: string;
  let configFile: string;
  let ports: PlainPorts;
  let server: ServerProcess | undefined;
  let clients: WireClient[] = [];

  before(() => {
    buildServer();
  });
  after(() => disk?.remove());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-machine-'));
    data = join(folder, 'data');
    control = join(folder, 'control');
    mkdirSync(control);
    configFile = join(folder, 'zhashik.yaml');
    const [smtp, lmtp, imap] = (await freePorts(3)) as [number, number, number];
    ports = { smtp, lmtp, imap };
    writeFileSync(configFile, plainConfig(data, ports));
    const accounts = [one, two].map((address) => [address, password] as const);
    await createAccounts(data, accounts, { shards: 2 });
  });
  afterEach(async () => {
    for (const client of clients) client.destroy();
    clients = [];
    await server?.end('SIGKILL');
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (options: ProcessOptions = {}): Promise<ServerProcess> => {
    server = await ServerProcess.start(configFile, Object.values(ports), 'build', options);
    return server;
  };
  const login = async (address: string): Promise<ImapWire> => {
    const imap = await ImapWire.login(ports.imap, address, password);
    clients.push(imap.wire);
    return imap;
  };
  const smtp = async (): Promise<SmtpWire> => {
    const client = await SmtpWire.open(ports.smtp);
    clients.push(client.wire);
    return client;
  };
  const send = async (client: SmtpWire, to: string, letter: Buffer): Promise<string> =>
    (await client.send('sender@agency.example', [to], letter)).join();
  const append = async (imap: ImapWire, letter: Buffer): Promise<string> =>
    (await imap.command(`APPEND INBOX {${letter.length}+}`, letter)).tagged.replace(/^\S+ /, '');
  const messages = async (imap: ImapWire): Promise<number> => {
    const { untagged } = await imap.command('STATUS INBOX (MESSAGES)');
    return Number(/MESSAGES (\d+)/.exec(untagged.map(({ text }) => text).join())?.[1]);
  };

  describe('with a full disk', () => {
    it('refuses for now, loses nothing, reads on, and takes letters again when there is room', async function () {
      if (disk === undefined) this.skip();
      const running = await start({ environment: disk.environment({ folder: data, control }) });
      const imap = await login(one);
      const client = await smtp();
      expect(await append(imap, small)).to.match(/^OK/);
      expect(await send(client, one, large)).to.match(/^250/);

      const room = switchOn(control, 'full');
      for (const letter of [small, large]) {
        expect(await send(client, one, letter)).to.match(/^452 4\.3\.1 /);
        expect(await append(imap, letter)).to.match(/^NO \[UNAVAILABLE\]/);
      }
      await imap.command('SELECT INBOX');
      for (const command of [
        'STORE 1 +FLAGS (\\Flagged)',
        'COPY 1 Archive',
        'MOVE 1 Archive',
        'CREATE New',
      ]) {
        expect((await imap.command(command)).tagged, command).to.match(/ NO \[UNAVAILABLE\]/);
      }
      const { untagged } = await imap.command('FETCH 1:* (UID BODY.PEEK[])');
      expect(untagged.flatMap(({ literals }) => literals)).to.have.length(2);
      expect(await messages(await login(one))).to.equal(2);
      room();

      for (const letter of [small, large]) {
        expect(await send(client, one, letter)).to.match(/^250 /);
        expect(await append(imap, letter)).to.match(/^OK/);
      }
      expect((await imap.command('STORE 1 +FLAGS (\\Flagged)')).status).to.equal('OK');
      expect(await messages(await login(one))).to.equal(6);
      expect(running.printed).to.include('ENOSPC').and.include('database or disk is full');
      expect(await running.end('SIGTERM'), running.printed).to.equal(0);
    });
  });

  describe('with a disk that cannot sync', () => {
    it('acknowledges nothing, and goes on when it can', async function () {
      if (disk === undefined) this.skip();
      const running = await start({ environment: disk.environment({ folder: data, control }) });
      const imap = await login(one);
      const client = await smtp();
      const mended = switchOn(control, 'broken');
      for (const letter of [small, large]) {
        expect(await send(client, one, letter)).to.match(/^451 4\.3\.2 /);
        expect(await append(imap, letter)).to.match(/^NO \[UNAVAILABLE\]/);
      }
      expect(await messages(await login(one))).to.equal(0);
      mended();
      expect(await send(client, one, small)).to.match(/^250 /);
      expect(await append(imap, large)).to.match(/^OK/);
      expect(await messages(await login(one))).to.equal(2);
      await running.end('SIGKILL');
      await start();
      expect(await messages(await login(one))).to.equal(2);
    });
  });

  describe('with a slow disk', () => {
    it('lets everybody read while a letter waits for its sync', async function () {
      if (disk === undefined) this.skip();
      await start({ environment: disk.environment({ folder: data, control }) });
      const writer = await login(one);
      expect(await append(writer, small)).to.match(/^OK/);
      const reader = await login(two);
      const fast = switchOn(control, 'slow');
      let answered = false;
      const waiting = append(writer, small).then((answer) => {
        answered = true;
        return answer;
      });
      // The order is the promise, not a time: many answers come while the one commit waits.
      for (let i = 0; i < 20; i++) {
        expect((await reader.command('STATUS INBOX (MESSAGES)')).status).to.equal('OK');
        expect((await reader.command('NOOP')).status).to.equal('OK');
      }
      expect(answered).to.equal(false);
      expect(await waiting).to.match(/^OK/);
      fast();
    });
  });

  describe('with few file descriptors', () => {
    it('says so at the start, keeps who is there, and takes others when some have gone', async () => {
      const running = await start({ openFiles: 160 });
      expect(running.printed).to.match(/few-open-files/);
      const imap = await login(one);
      // More than there are descriptors for: those beyond are hung up on, not left to spin for.
      for (let i = 0; i < 250; i++) {
        const client = await WireClient.connect(ports.imap).catch(() => undefined);
        if (client !== undefined) clients.push(client);
      }
      expect((await imap.command('NOOP')).status).to.equal('OK');
      expect(await append(imap, small)).to.match(/^OK/);
      // A file is needed for this one.
      expect(await append(imap, large)).to.match(/^(OK|NO \[UNAVAILABLE\])/);
      for (const client of clients) if (client !== imap.wire) client.destroy();
      clients = [imap.wire];
      await eventually(async () => {
        expect(await append(await login(two), large)).to.match(/^OK/);
      });
      expect(running.ended).to.equal(false);
    });
  });

  describe('with damaged files', () => {
    it('says which body is cut short, hands out nothing in its place, and serves the rest', async () => {
      await start();
      const imap = await login(one);
      expect(await append(imap, large)).to.match(/^OK/);
      expect(await append(imap, small)).to.match(/^OK/);
      const bodies = join(data, 'bodies');
      const [prefix] = readdirSync(bodies);
      const [name] = readdirSync(join(bodies, prefix!));
      truncateSync(join(bodies, prefix!, name!), 150_000);
      await imap.command('SELECT INBOX');
      const cut = await imap
        .command('FETCH 1 BODY.PEEK[]')
        .then(({ tagged }) => tagged)
        .catch(() => 'closed');
      // A literal that was begun cannot be ended rightly: then the connection ends.
      expect(cut).to.match(/ NO \[|^closed$/);
      const again = await login(one);
      await again.command('SELECT INBOX');
      const { untagged } = await again.command('FETCH 2 BODY.PEEK[]');
      expect(untagged[0]?.literals[0]?.equals(small)).to.equal(true);
      expect(server?.printed).to.match(/cut short/);
    });

    it('gives a body as it is on the disk; verify and backup find the octet that is another one', async () => {
      await start();
      const imap = await login(one);
      expect(await append(imap, large)).to.match(/^OK/);
      expect(await append(imap, small)).to.match(/^OK/);
      const bodies = join(data, 'bodies');
      const [prefix] = readdirSync(bodies);
      const [name] = readdirSync(join(bodies, prefix!));
      const file = join(bodies, prefix!, name!);
      const flipped = readFileSync(file);
      flipped[200_000]! ^= 1;
      overwrite(file, flipped);

      await imap.command('SELECT INBOX');
      const { untagged, status } = await imap.command('FETCH 1:2 BODY.PEEK[]');
      expect(status).to.equal('OK');
      const [given, healthy] = untagged.map(({ literals }) => literals[0]);
      expect(given?.equals(flipped)).to.equal(true);
      expect(healthy?.equals(small)).to.equal(true);

      const socket = ['--config', configFile];
      const verified = await run('verify', ...socket);
      expect(verified.code, verified.printed).to.equal(2);
      expect(verified.printed).to.match(/^DAMAGED\toctets\taccount 1, one@example\.kz/m);
      const archive = join(folder, 'archive');
      const saved = await run('backup', archive, ...socket);
      expect(saved.code, saved.printed).to.equal(2);
      expect(saved.printed).to.match(/1 letters cannot be read: run verify/);
      const digest = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex');
      const letters = readdirSync(join(archive, 'letters'), { recursive: true }).map(String);
      const kept = letters.filter((each) => each.endsWith('.eml')).join();
      expect(kept).to.include(digest(small)).and.not.include(digest(large));
      expect(kept).not.to.include(digest(flipped));
      expect(server?.ended).to.equal(false);
    });

    it('serves the rest of a mailbox when a letter of it lies in a file that cannot be read', async () => {
      await start();
      const client = await smtp();
      const owner = await login(two);
      expect(await append(owner, small)).to.match(/^OK/);
      // Letters for both lie in the file of the first one.
      for (const letter of [small, large]) {
        expect((await client.send('sender@agency.example', [one, two], letter)).join()).to.match(
          /^250 /,
        );
      }
      expect(await append(owner, large)).to.match(/^OK/);
      expect(await server?.end('SIGTERM')).to.equal(0);
      overwrite(join(data, 'shard-1.sqlite'), Buffer.alloc(4096, 0xa5));
      await start();
      const reader = await login(two);
      expect((await reader.command('SELECT INBOX')).tagged).to.match(/ OK /);
      for (const items of [
        'BODY.PEEK[]',
        'BODY.PEEK[TEXT]<0.10>',
        'BODY.PEEK[HEADER]',
        'BODY.PEEK[HEADER.FIELDS (Subject)]',
        'BODYSTRUCTURE',
        'ENVELOPE BODY.PEEK[]',
        'BINARY.SIZE[1]',
      ]) {
        const { untagged, tagged } = await reader.command(`FETCH 1:* (UID ${items})`);
        const uids = untagged.map(({ text }) => Number(/UID (\d+)/.exec(text)?.[1]));
        expect(uids, items).to.deep.equal([1, 4]);
        expect(tagged).to.match(/ NO \[UNAVAILABLE\] Some messages cannot be read now/);
      }
      expect((await reader.command('FETCH 1:* (FLAGS UID)')).untagged).to.have.length(4);
      expect((await reader.command('FETCH 4 BODY.PEEK[]')).status).to.equal('OK');
      // Whether the needle is in them nobody can say, and no answer would be told from none.
      expect((await reader.command('SEARCH HEADER Subject x')).tagged).to.match(
        / NO \[UNAVAILABLE\]/,
      );
    });

    it('refuses what stands on damaged pages, and serves the accounts of other files', async () => {
      await start();
      for (const address of [one, two]) {
        const imap = await login(address);
        for (let i = 0; i < 30; i++) {
          const letter = Buffer.concat([Buffer.from(`X-Number: ${i}\r\n`), letterOf(20_000)]);
          expect(await append(imap, letter)).to.match(/^OK/);
        }
      }
      expect(await server?.end('SIGTERM')).to.equal(0);
      // The accounts have neighbouring numbers and so are of different shards.
      const shards = readdirSync(data).filter((name) => /^shard-\d+\.sqlite$/.test(name));
      expect(shards.length).to.be.greaterThan(1);
      const broken = join(data, 'shard-1.sqlite');
      damage(broken);
      await start();
      const answers: string[] = [];
      for (const address of [one, two]) {
        const imap = await login(address).catch(() => undefined);
        const tagged =
          imap === undefined ? 'no login' : (await imap.command('SELECT INBOX')).tagged;
        const body = imap === undefined ? '' : (await imap.command('FETCH 1:* BODY.PEEK[]')).tagged;
        const added = imap === undefined ? '' : await append(imap, small);
        answers.push(
          / OK/.test(tagged) && / OK/.test(body) && added.startsWith('OK') ? 'served' : 'refused',
        );
        if (answers.at(-1) === 'refused')
          expect(`${tagged} ${body} ${added}`).to.match(/NO \[UNAVAILABLE\]/);
      }
      expect(answers.sort()).to.deep.equal(['refused', 'served']);
      expect(server?.printed).to.match(/SQLITE_CORRUPT|malformed/);
      expect(server?.printed).to.match(/shard-1\.sqlite cannot be used: .*store-damaged/);
      expect(server?.ended).to.equal(false);
    });

    it('names a file that cannot be read, and goes on without its accounts until it is put back', async () => {
      await start();
      for (const address of [one, two]) {
        expect(await append(await login(address), small)).to.match(/^OK/);
        expect(await append(await login(address), large)).to.match(/^OK/);
      }
      expect(await server?.end('SIGTERM')).to.equal(0);
      const file = join(data, 'shard-1.sqlite');
      const copy = join(folder, 'copy.sqlite');
      copyFileSync(file, copy);
      overwrite(file, Buffer.alloc(4096, 0xa5));
      const ruined = readFileSync(file);

      const running = await start();
      expect(running.printed).to.match(/shard-1\.sqlite cannot be used: .*store-damaged/);
      // The first account has the number 1 and so the file 1.
      const refused = await login(one);
      for (const command of ['SELECT INBOX', 'STATUS INBOX (MESSAGES)', 'CREATE New']) {
        expect((await refused.command(command)).tagged).to.match(/ NO \[UNAVAILABLE\]/);
      }
      expect(await append(refused, small)).to.match(/^NO \[UNAVAILABLE\]/);
      const served = await login(two);
      expect((await served.command('SELECT INBOX')).status).to.equal('OK');
      expect(await append(served, large)).to.match(/^OK/);
      const { untagged } = await served.command('FETCH 1:* BODY.PEEK[]');
      expect(untagged.flatMap(({ literals }) => literals)).to.have.length(3);
      expect((await served.command('SEARCH TEXT "xxxx"')).status).to.equal('OK');

      const client = await smtp();
      expect(await send(client, one, small)).to.match(/^451 4\.3\./);
      expect(await send(client, two, small)).to.match(/^250 /);
      expect(await messages(served)).to.equal(4);
      expect(await running.end('SIGTERM'), running.printed).to.equal(0);
      // What is left of a file is left alone: it may be all that there is.
      expect(readFileSync(file).equals(ruined)).to.equal(true);

      copyFileSync(copy, file);
      await start();
      expect(await messages(await login(one))).to.equal(2);
      expect(await messages(await login(two))).to.equal(4);
      expect(await send(await smtp(), one, large)).to.match(/^250 /);
      expect(await messages(await login(one))).to.equal(3);
    });

    it('refuses to start without the directory of accounts, and names it', async () => {
      overwrite(join(data, 'directory.sqlite'), Buffer.alloc(4096, 0xa5));
      server = ServerProcess.spawn(configFile, 'build');
      expect(await server.endsWithin(30_000)).to.equal(true);
      expect(await server.end('SIGTERM')).to.equal(65);
      expect(server.printed).to.match(/directory\.sqlite cannot be used: .*start-failed/);
    });
  });
});

/** A command of the program beside the server. */
async function run(...args: string[]): Promise<{ code: number | null; printed: string }> {
  const child = spawnZhashik(args, 'build');
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed += chunk.toString();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  await once(child, 'close');
  return { code: child.exitCode, printed };
}

function overwrite(file: string, octets: Buffer): void {
  const opened = openSync(file, 'r+');
  writeSync(opened, octets, 0, octets.length, 0);
  closeSync(opened);
}

/** Every page behind the roots of the tables becomes noise: what was added since the folder was made. */
function damage(file: string): void {
  const opened = openSync(file, 'r+');
  const { size } = fstatSync(opened);
  const noise = Buffer.alloc(4096, 0xa5);
  for (let at = 4096 * 36; at < size; at += 4096) writeSync(opened, noise, 0, 4096, at);
  closeSync(opened);
}

/** For what comes about when the other side has seen something: tries again, without a time of its own. */
async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await check();
      return;
    } catch (error) {
      if (attempt >= 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
