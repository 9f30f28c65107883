import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import type { Authenticator } from '../../src/account/api.ts';
import { LocalSessionCount } from '../../src/bus/local/session-count.ts';
import type { DeliveryAgent } from '../../src/delivery/api.ts';
import { defaultSmtpLimits, type SmtpMetrics } from '../../src/smtp/options.ts';
import { maxParameters } from '../../src/smtp/parameters.ts';
import type { Account, ContentStore, ContentWriter } from '../../src/store/api.ts';
import { ScriptClient } from '../smtp/script.ts';
import { openMailHouse, testAuthenticator, withoutTrace, type MailHouse } from '../smtp/support.ts';

const megabyte = 1024 * 1024;

/** A content store that counts what it is asked for. */
class CountingContent implements ContentStore {
  readonly inlineBodyBytes: number;
  opened = 0;
  writes = 0;
  writtenBytes = 0;
  largestWrite = 0;
  finished = 0;
  aborted = 0;
  readonly #store: ContentStore;

  constructor(store: ContentStore) {
    this.#store = store;
    this.inlineBodyBytes = store.inlineBodyBytes;
  }

  receive(): ContentWriter {
    this.opened += 1;
    const writer = this.#store.receive();
    return {
      write: (chunk) => {
        this.writes += 1;
        this.writtenBytes += chunk.length;
        this.largestWrite = Math.max(this.largestWrite, chunk.length);
        return writer.write(chunk);
      },
      finish: () => {
        this.finished += 1;
        return writer.finish();
      },
      abort: () => {
        this.aborted += 1;
        return writer.abort();
      },
    };
  }
}

/** Counts commands. */
class CommandCount implements SmtpMetrics {
  all = 0;

  command(): void {
    this.all += 1;
  }
  connectionOpened(): void {
    // not counted
  }
  connectionClosed(): void {
    // not counted
  }
  connectionRefused(): void {
    // not counted
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** Waits until nothing changes any more; both ends live in this process, so turns of its loop are time enough. */
async function settled(value: () => number): Promise<number> {
  let last = value();
  for (let same = 0; same < 300; same++) {
    await turn();
    if (value() !== last) {
      last = value();
      same = 0;
    }
  }
  return last;
}

async function sendAll(client: ScriptClient, piece: Buffer, times: number): Promise<void> {
  for (let i = 0; i < times && !client.closed; i++) {
    client.send(piece);
    while (client.socket.writableNeedDrain && !client.socket.destroyed) await turn();
  }
}

describe('hostile SMTP clients', function () {
  this.timeout(60_000);
  let house: MailHouse;
  let aigerim: Account;

  before(async () => {
    house = await openMailHouse();
    aigerim = await house.account('aigerim');
  });
  after(() => house.close());

  async function greet(port: number): Promise<ScriptClient> {
    const client = await ScriptClient.connect(port);
    await client.reply();
    expect(await client.ask('EHLO client.example.com')).to.match(/^250-/);
    return client;
  }

  async function envelope(port: number): Promise<ScriptClient> {
    const client = await greet(port);
    expect(await client.ask('MAIL FROM:<a@b.example>')).to.match(/^250 /);
    expect(await client.ask('RCPT TO:<aigerim@example.kz>')).to.match(/^250 /);
    return client;
  }

  describe('octets without end', () => {
    it('a command line: discardBytes, then 421', async () => {
      const { port } = await house.listen({ timeouts: { lingerMs: 50 } });
      const client = await greet(port);
      const piece = Buffer.alloc(64 * 1024, 0x78);
      const answered = client.line();
      await sendAll(client, piece, 256);
      expect(await answered).to.equal('421 4.7.0 Too many errors');
      expect(await client.line()).to.equal(undefined);
    });

    it('behind the good-bye: lingerMs, however much comes', async () => {
      const listener = await house.listen({ timeouts: { lingerMs: 50 } });
      const client = await ScriptClient.connect(listener.port);
      await client.reply();
      expect(await client.ask('QUIT')).to.match(/^221 /);
      // Its writing side stays open, as that of a client that does not care.
      while (!client.closed && listener.sessionCount > 0) {
        client.send('x');
        await turn();
      }
      await until(() => listener.sessionCount === 0);
    });

    it('a message without a line break: messageBytes, then 552, in step and in bounded memory', async () => {
      const content = new CountingContent(house.store);
      const messageBytes = 4 * megabyte;
      const { port } = await house.listen({ limits: { messageBytes } }, { content });
      const client = await envelope(port);
      expect(await client.ask('DATA')).to.match(/^354 /);
      const piece = Buffer.alloc(megabyte, 0x78);
      await sendAll(client, piece, 64);
      expect(await client.ask('\r\n.')).to.equal('552 5.3.4 Message is bigger than SIZE allows');
      expect(await client.ask('NOOP')).to.equal('250 2.0.0 Ok');
      client.destroy();
      expect(content).to.include({ opened: 1, finished: 0, aborted: 1 });
      expect(content.writtenBytes).to.be.at.most(messageBytes + 1024);
      expect(content.largestWrite, 'what one read gives').to.be.at.most(128 * 1024);
      expect(await house.inbox(aigerim)).to.deep.equal([]);
    });

    it('a header field without end: messageBytes too, and nothing of it is gathered', async () => {
      const content = new CountingContent(house.store);
      const messageBytes = 4 * megabyte;
      const { port } = await house.listen({ limits: { messageBytes } }, { content });
      const client = await envelope(port);
      await client.ask('DATA');
      client.send('Subject: x\r\n');
      await sendAll(client, Buffer.from(` ${'x'.repeat(997)}\r\n`.repeat(64)), 128);
      expect(await client.ask('\r\n.')).to.match(/^552 5\.3\.4 /);
      client.destroy();
      expect(content.largestWrite).to.be.at.most(128 * 1024);
    });
  });

  describe('octets one by one', () => {
    it('are a letter like another', async () => {
      const saule = await house.account('saule');
      const { port } = await house.listen();
      const client = await ScriptClient.connect(port);
      await client.reply();
      const octets =
        'EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<saule@example.kz>\r\nDATA\r\n' +
        'Subject: slow\r\n\r\n..dot\r\n.\r\nNOOP\r\n';
      for (const octet of octets) {
        client.send(octet);
        await turn();
      }
      for (const want of [/^250-/, /^250 /, /^250 /, /^354 /, /^250 2\.0\.0 Ok: /, /^250 /]) {
        expect(await client.reply()).to.match(want);
      }
      client.destroy();
      expect((await house.inbox(saule)).map(withoutTrace)).to.deep.equal([
        'Subject: slow\r\n\r\n.dot\r\n',
      ]);
    });

    it('of a command have commandMs in all', async () => {
      let now = 0;
      const { port } = await house.listen({}, { clock: { now: () => now } });
      const client = await greet(port);
      // The answer proves that the octet behind the command was seen.
      client.send('NOOP\r\nN');
      expect(await client.reply()).to.equal('250 2.0.0 Ok');
      now += 300_000;
      client.send('OOP\r\nN');
      expect(await client.reply(), 'in time').to.equal('250 2.0.0 Ok');
      now += 300_001;
      client.send('O');
      expect(await client.line()).to.equal('421 4.4.2 Timeout, closing the connection');
      expect(await client.line()).to.equal(undefined);
    });

    it('of a line that is thrown away have commandMs too', async () => {
      let now = 0;
      const { port } = await house.listen(
        { limits: { commandBytes: 512 } },
        { clock: { now: () => now } },
      );
      const client = await greet(port);
      client.send(`NOOP\r\n${'x'.repeat(1000)}`);
      await client.reply();
      now += 300_001;
      client.send('x');
      expect(await client.line()).to.match(/^421 4\.4\.2 /);
    });

    it('of a message in chunks have dataTotalMs in all', async () => {
      let now = 0;
      const content = new CountingContent(house.store);
      const { port } = await house.listen({}, { content, clock: { now: () => now } });
      const client = await envelope(port);
      expect(await client.ask('BDAT 3\r\nx')).to.equal('250 2.0.0 3 octets received');
      now += 3_600_000;
      expect(await client.ask('BDAT 3\r\nx'), 'in time').to.equal('250 2.0.0 3 octets received');
      now += 1;
      expect(await client.ask('BDAT 3\r\nx')).to.match(/^421 4\.4\.2 /);
      expect(await client.line()).to.equal(undefined);
      await until(() => content.aborted === 1);
    });
  });

  describe('half-open connections', () => {
    for (const [where, begun] of [
      ['before a command', ''],
      ['in a command', 'NO'],
      ['in a message', 'DATA\r\nSubject: x\r\n\r\nte'],
      ['in a chunk', 'BDAT 1000\r\nSubject: x\r\n'],
    ] as const) {
      it(`${where} give everything back`, async () => {
        const content = new CountingContent(house.store);
        const sessions = new LocalSessionCount();
        const timeouts = { commandMs: 50, dataBlockMs: 50, lingerMs: 50 };
        const listener = await house.listen({ timeouts }, { content, sessions });
        // It does not close when we do, and reads no more after the greeting: a peer that is gone.
        const socket: Socket = connect({
          port: listener.port,
          host: '127.0.0.1',
          allowHalfOpen: true,
        });
        socket.on('error', () => undefined);
        await once(socket, 'data');
        socket.pause();
        socket.write(
          `EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<aigerim@example.kz>\r\n${begun}`,
        );
        await until(() => listener.sessionCount === 0);
        await until(() => content.opened === content.aborted);
        expect(content.finished).to.equal(0);
        for (const key of ['connections', 'mx connections', 'mx address 127.0.0.1']) {
          expect(sessions.count(key), key).to.equal(0);
        }
        socket.destroy();
        expect(await house.inbox(aigerim)).to.deep.equal([]);
      });
    }
  });

  describe('floods', () => {
    it('of recipients: `recipients` of them are looked up, the others get 452', async () => {
      let routed = 0;
      const delivery: DeliveryAgent = {
        route: (path, size) => {
          routed += 1;
          return house.agent.route(path, size);
        },
        deliver: (message) => house.agent.deliver(message),
      };
      const { port } = await house.listen({ limits: { recipients: 100 } }, { delivery });
      const client = await greet(port);
      await client.ask('MAIL FROM:<a@b.example>');
      const flood = 20_000;
      client.send('RCPT TO:<aigerim@example.kz>\r\n'.repeat(flood));
      const answers = new Map<string, number>();
      for (let i = 0; i < flood; i++) {
        const answer = await client.reply();
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
      client.destroy();
      expect([...answers]).to.deep.equal([
        ['250 2.1.5 Ok', 100],
        ['452 4.5.3 Too many recipients', flood - 100],
      ]);
      expect(routed).to.equal(100);
    });

    it('of commands whose answers nobody reads: unreadReplyBytes, and then all answers in order', async () => {
      const metrics = new CommandCount();
      const { port } = await house.listen({}, { metrics });
      const client = await greet(port);
      const { socket } = client;
      client.pause();
      // The long answers of EHLO fill the buffers of the system, which hold those of 100,000 NOOPs.
      const pairs = 100_000;
      socket.write('NOOP\r\nEHLO a.example\r\n'.repeat(pairs));
      const done = await settled(() => metrics.all);
      expect(done, 'the server stopped').to.be.lessThan(2 * pairs);
      client.resume();
      for (let i = 0; i < pairs; i++) {
        const [noop, hello] = [await client.reply(), await client.reply()];
        if (noop !== '250 2.0.0 Ok' || !hello.startsWith('250-mx.example.kz\n')) {
          expect.fail(`pair ${i}: ${noop}, ${hello}`);
        }
      }
      client.destroy();
    });

    it('whose answers are far longer, in one read: no more of them wait than unreadReplyBytes', async () => {
      const serverSockets: Socket[] = [];
      const note = (message: unknown): void => {
        serverSockets.push((message as { readonly socket: Socket }).socket);
      };
      subscribe('net.server.socket', note);
      const { port } = await house.listen();
      const client = await greet(port);
      unsubscribe('net.server.socket', note);
      const [served] = serverSockets as [Socket];
      client.pause();
      const pairs = 100_000;
      client.socket.write('EHLO a\r\n'.repeat(pairs));
      let most = 0;
      await settled(() => {
        most = Math.max(most, served.writableLength);
        return served.bytesWritten;
      });
      client.destroy();
      expect(most).to.be.within(
        defaultSmtpLimits.unreadReplyBytes,
        // And the answer that went past it.
        defaultSmtpLimits.unreadReplyBytes * 1.1,
      );
    });

    it('of 100,000 commands that are none: `errors` answers, then 421', async () => {
      const { port } = await house.listen({ timeouts: { lingerMs: 50 } });
      const client = await greet(port);
      client.send('FROB\r\n'.repeat(100_000));
      const answers: string[] = [];
      for (let line; (line = await client.line()) !== undefined;) answers.push(line);
      expect(answers).to.deep.equal([
        ...Array<string>(20).fill('500 5.5.2 Command is not known here'),
        '421 4.7.0 Too many errors',
      ]);
    });

    it('of empty chunks: each is answered, and the store hears of the message once', async () => {
      const content = new CountingContent(house.store);
      const { port } = await house.listen({}, { content });
      const client = await envelope(port);
      const chunks = 10_000;
      client.send('BDAT 0\r\n'.repeat(chunks));
      for (let i = 0; i < chunks; i++) {
        const answer = await client.reply();
        if (answer !== '250 2.0.0 0 octets received') expect.fail(`chunk ${i}: ${answer}`);
      }
      expect(await client.ask('RSET')).to.equal('250 2.0.0 Ok');
      client.destroy();
      expect(content).to.include({ opened: 1, writes: 0, finished: 0 });
      await until(() => content.aborted === 1);
    });

    it('of logins: `loginAttempts` of a connection are checked, then 421', async () => {
      let checks = 0;
      const real = await testAuthenticator([aigerim]);
      const authenticator: Authenticator = {
        ...real,
        mechanism(name, context) {
          checks += 1;
          return real.mechanism(name, context);
        },
      };
      const { port } = await house.listen(
        { profile: 'submission', cleartextLoginNetworks: ['127.0.0.1'] },
        { authenticator },
      );
      const wrong = Buffer.from('\0aigerim@example.kz\0wrong').toString('base64');
      const connections = 50;
      for (let i = 0; i < connections; i++) {
        const client = await greet(port);
        for (let attempt = 0; attempt < defaultSmtpLimits.loginAttempts; attempt++) {
          expect(await client.ask(`AUTH PLAIN ${wrong}`)).to.match(/^535 5\.7\.8 /);
        }
        expect(await client.line()).to.equal('421 4.7.0 Too many failed logins');
        expect(await client.line()).to.equal(undefined);
      }
      expect(checks).to.equal(connections * defaultSmtpLimits.loginAttempts);
    });
  });

  describe('sizes and counts beyond belief', () => {
    for (const size of ['9223372036854775807', '9223372036854775808', '18446744073709551616']) {
      for (const last of ['', ' LAST']) {
        it(`BDAT ${size}${last}: chunkBytes, and what follows is not read`, async () => {
          const content = new CountingContent(house.store);
          const { port } = await house.listen({}, { content });
          const client = await envelope(port);
          client.send(`BDAT ${size}${last}\r\nRSET\r\nNOOP\r\n`);
          expect(await client.line()).to.equal('552 5.3.4 Chunk is too big');
          expect(await client.line()).to.equal(undefined);
          expect(content.opened).to.equal(0);
        });
      }
    }

    for (const [command, prepare] of [
      ['MAIL FROM:<a@b.example>', undefined],
      ['RCPT TO:<aigerim@example.kz>', 'MAIL FROM:<a@b.example>'],
    ] as const) {
      it(`${command} with thousands of parameters`, async () => {
        const { port } = await house.listen();
        const client = await greet(port);
        if (prepare !== undefined) await client.ask(prepare);
        const many = (count: number): string =>
          Array.from({ length: count }, (_, i) => ` X${i}`).join('');
        expect(await client.ask(command + many(maxParameters))).to.match(/^555 5\.5\.4 /);
        expect(await client.ask(command + many(maxParameters + 1))).to.match(/^501 5\.5\.4 /);
        expect(await client.ask(command + many(700))).to.match(/^501 5\.5\.4 /);
        expect(await client.ask(command + ' SIZE=1'.repeat(2))).to.match(/^501 5\.5\.4 |^555 /);
        expect(await client.ask(command + many(5000))).to.equal('500 5.5.2 Line is too long');
        expect(await client.ask(command)).to.match(/^250 /);
        client.destroy();
      });
    }

    it('a response of AUTH of one megabyte: authLineBytes, the mechanism does not see it', async () => {
      let steps = 0;
      const authenticator: Authenticator = {
        mechanisms: ['PLAIN'],
        password: () => Promise.reject(new Error('not asked')),
        mechanism: () => ({
          serverFirst: false,
          next: () => {
            steps += 1;
            return Promise.reject(new Error('not asked'));
          },
        }),
      };
      const { port } = await house.listen(
        { profile: 'submission', cleartextLoginNetworks: ['127.0.0.1'] },
        { authenticator },
      );
      const client = await greet(port);
      expect(await client.ask('AUTH PLAIN')).to.equal('334 ');
      const short = 'A'.repeat(megabyte - 64 * 1024);
      expect(await client.ask(short)).to.equal('500 5.5.2 Line is too long');
      expect(await client.ask(`AUTH PLAIN ${short}`)).to.equal('500 5.5.2 Line is too long');
      expect(await client.ask('NOOP'), 'in step').to.equal('250 2.0.0 Ok');
      expect(await client.ask('AUTH PLAIN')).to.equal('334 ');
      client.send('A'.repeat(2 * megabyte));
      expect(await client.line()).to.equal('421 4.7.0 Too many errors');
      expect(steps).to.equal(0);
      client.destroy();
    });
  });

  describe('somebody between client and server', () => {
    const login = Buffer.from('\0aigerim@example.kz\0secret').toString('base64');

    it('who puts octets behind STARTTLS has none of them executed', async () => {
      const metrics: SmtpMetrics & { seen: string[] } = {
        seen: [],
        command(_listener, command) {
          this.seen.push(command);
        },
        connectionOpened: () => undefined,
        connectionClosed: () => undefined,
        connectionRefused: () => undefined,
      };
      const { port } = await house.listen(
        { profile: 'submission', tls: 'starttls' },
        { authenticator: await testAuthenticator([aigerim]), metrics },
      );
      for (const injected of [
        'RSET\r\n',
        'EHLO evil.example\r\nMAIL FROM:<evil@example.com>\r\n',
        `AUTH PLAIN ${login}\r\n`,
        'NOOP',
        '\r\n',
        '\0',
      ]) {
        const client = await greet(port);
        metrics.seen.length = 0;
        client.send(`STARTTLS\r\n${injected}`);
        expect(await client.line()).to.match(/^554 5\.5\.1 Nothing may follow STARTTLS/);
        expect(await client.line()).to.equal(undefined);
        expect(metrics.seen.filter((command) => command !== 'STARTTLS')).to.deep.equal([]);
      }
    });

    it('who strips STARTTLS gets no password: AUTH is neither offered nor tried', async () => {
      let tried = 0;
      const real = await testAuthenticator([aigerim]);
      const authenticator: Authenticator = {
        ...real,
        mechanism(name, context) {
          tried += 1;
          return real.mechanism(name, context);
        },
      };
      const { port } = await house.listen(
        { profile: 'submission', tls: 'starttls' },
        { authenticator },
      );
      const client = await ScriptClient.connect(port);
      await client.reply();
      const hello = await client.ask('EHLO client.example.com');
      expect(hello).to.contain('STARTTLS').and.not.match(/AUTH/);
      for (const mechanism of [`PLAIN ${login}`, 'PLAIN', 'LOGIN', 'SCRAM-SHA-256']) {
        expect(await client.ask(`AUTH ${mechanism}`)).to.equal('538 5.7.11 TLS must be on first');
      }
      expect(await client.ask('MAIL FROM:<aigerim@example.kz>')).to.match(/^530 5\.7\.0 /);
      client.destroy();
      expect(tried).to.equal(0);
    });
  });
});
