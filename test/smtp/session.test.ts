import { expect } from 'chai';
import { LocalSessionCount } from '../../src/bus/local/session-count.ts';
import { MailError } from '../../src/core/errors.ts';
import type { DeliveryAgent } from '../../src/delivery/api.ts';
import type { SmtpHook } from '../../src/smtp/hook.ts';
import { pass, refuse } from '../../src/smtp/hook.ts';
import type { SmtpMetrics } from '../../src/smtp/options.ts';
import type { Account } from '../../src/store/api.ts';
import { v2 } from '../support/proxy-header.ts';
import { play, ScriptClient } from './script.ts';
import { openMailHouse, type MailHouse } from './support.ts';

describe('an SMTP session', () => {
  let house: MailHouse;
  let aigerim: Account;

  before(async () => {
    house = await openMailHouse();
    aigerim = await house.account('aigerim');
  });
  after(() => house.close());

  describe('who is not let in', () => {
    it('who speaks before the greeting', async () => {
      const { port } = await house.listen();
      const client = await ScriptClient.connect(port);
      client.send('EHLO client.example.com\r\n');
      expect(await client.line()).to.equal('554 5.5.0 You spoke before the greeting');
      expect(await client.line()).to.equal(undefined);
    });

    it('browsers', async () => {
      const { port } = await house.listen();
      for (const request of ['GET / HTTP/1.1', 'POST /x HTTP/1.0', 'PRI * HTTP/2.0']) {
        const client = await ScriptClient.connect(port);
        await client.reply();
        client.send(`${request}\r\nHost: mx.example.kz\r\nMAIL FROM:<a@b.example>\r\n\r\n`);
        expect(await client.line()).to.equal(undefined);
      }
    });

    it('too many connections from one address, and in all', async () => {
      const sessions = new LocalSessionCount();
      const listener = await house.listen({ limits: { connectionsPerAddress: 1 } }, { sessions });
      const { port } = listener;
      const first = await ScriptClient.connect(port);
      expect(await first.reply()).to.match(/^220 /);
      const second = await ScriptClient.connect(port);
      expect(await second.line()).to.equal('421 4.7.0 Too many connections, try again later');
      expect(await second.line()).to.equal(undefined);
      first.send('QUIT\r\n');
      await first.reply();
      expect(await first.line()).to.equal(undefined);
      while (listener.sessionCount > 0) await new Promise((resolve) => setImmediate(resolve));
      const third = await ScriptClient.connect(port);
      expect(await third.reply()).to.match(/^220 /);

      const full = await house.listen({ limits: { connections: 1 } });
      await (await ScriptClient.connect(full.port)).reply();
      const refused = await ScriptClient.connect(full.port);
      expect(await refused.line()).to.equal('421 4.3.2 Too many connections, try again later');
      expect(await refused.line()).to.equal(undefined);
    });
  });

  describe('limits', () => {
    it('ends after too many errors', async () => {
      const { port } = await house.listen({ limits: { errors: 3 } });
      await play(
        port,
        `
        S: 220 ...
        C: FROB
        S: 500 ...
        C: RCPT TO:<aigerim@example.kz>
        S: 503 ...
        C: EHLO <
        S: 501 ...
        S: 421 4.7.0 Too many errors
        S: <closed>
        `,
      );
    });

    it('does not count refused recipients as errors, but answers slowly past some', async () => {
      const { port } = await house.listen({
        limits: { errors: 3, unknownRecipients: 5 },
        timeouts: { unknownRecipientDelayMs: 30 },
      });
      const client = await ScriptClient.connect(port);
      await client.reply();
      await client.ask('EHLO client.example.com');
      await client.ask('MAIL FROM:<a@b.example>');
      for (let i = 0; i < 5; i++) {
        expect(await client.ask('RCPT TO:<nobody@example.kz>')).to.match(/^550 5\.1\.1 /);
      }
      const started = performance.now();
      expect(await client.ask('RCPT TO:<nobody@example.kz>')).to.match(/^550 5\.1\.1 /);
      expect(performance.now() - started).to.be.greaterThan(25);
      expect(await client.ask('RCPT TO:<aigerim@example.kz>')).to.match(/^250 /);
      client.destroy();
    });

    it('ends a line that never ends', async () => {
      const { port } = await house.listen({ limits: { discardBytes: 50_000 } });
      const client = await ScriptClient.connect(port);
      await client.reply();
      client.send('x'.repeat(200_000));
      expect(await client.line()).to.equal('421 4.7.0 Too many errors');
    });

    it('counts messages of a connection', async () => {
      const { port } = await house.listen({ limits: { messages: 2 } });
      const client = await ScriptClient.connect(port);
      await client.reply();
      await client.ask('EHLO client.example.com');
      for (let i = 0; i < 2; i++) {
        expect(await client.ask('MAIL FROM:<a@b.example>')).to.match(/^250 /);
        await client.ask('RSET');
      }
      expect(await client.ask('MAIL FROM:<a@b.example>')).to.match(/^452 4\.4\.5 /);
      client.destroy();
    });

    it('waits for a client that does not read, in bounded memory', async () => {
      const { port } = await house.listen({
        limits: { unreadReplyBytes: 1000, pipelinedBytes: 1000 },
      });
      const client = await ScriptClient.connect(port);
      await client.reply();
      const { socket } = client;
      socket.pause();
      socket.removeAllListeners('data');
      // Far more than the buffers of the system hold, so that it piles up on our side of the socket.
      const commands = 2_000_000;
      socket.write('HELP\r\n'.repeat(commands));
      let before = -1;
      while (before !== socket.writableLength) {
        before = socket.writableLength;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(before, 'the server stopped reading').to.be.greaterThan(1_000_000);
      // When it is read, every command gets its answer.
      let octets = 0;
      socket.on('data', (chunk: Buffer) => {
        octets += chunk.length;
        if (octets === commands * '214 2.0.0 See RFC 5321\r\n'.length) socket.destroy();
      });
      socket.resume();
      expect(await client.line()).to.equal(undefined);
      expect(octets).to.equal(commands * '214 2.0.0 See RFC 5321\r\n'.length);
    });
  });

  describe('timeouts', () => {
    it('for commands', async () => {
      const { port } = await house.listen({ timeouts: { commandMs: 50 } });
      await play(port, 'S: 220 ...\nS: 421 4.4.2 Timeout, closing the connection\nS: <closed>');
    });

    it('for the next octets of a message, and for the whole of it', async () => {
      let now = 0;
      const clock = { now: () => now };
      for (const [timeouts, step] of [
        [{ dataBlockMs: 50 }, 0],
        [{ dataTotalMs: 1000 }, 2000],
      ] as const) {
        const { port } = await house.listen({ timeouts }, { clock });
        const client = await ScriptClient.connect(port);
        await client.reply();
        await client.ask('EHLO client.example.com');
        await client.ask('MAIL FROM:<a@b.example>');
        await client.ask('RCPT TO:<aigerim@example.kz>');
        await client.ask('DATA');
        now += step;
        client.send('Subject: x\r\n');
        expect(await client.line()).to.equal('421 4.4.2 Timeout, closing the connection');
        expect(await client.line()).to.equal(undefined);
      }
    });
  });

  it('waits for a slow count of connections, in TLS too, and gives a place back that came too late', async () => {
    let places = 0;
    let entered = 0;
    const sessions = {
      async enter(): Promise<() => void> {
        await new Promise((resolve) => setTimeout(resolve, 30));
        places += 1;
        entered += 1;
        return () => {
          places -= 1;
        };
      },
    };
    const { port } = await house.listen({ tls: 'implicit' }, { sessions });
    const client = await ScriptClient.connect(port, { tls: true });
    expect(await client.reply()).to.match(/^220 /);
    client.destroy();
    const hasty = await ScriptClient.connect(port);
    hasty.destroy();
    // Each takes a place of the process, of the protocol and of its address.
    while (entered < 6 || places > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('does not take its own slowness for the silence of the client', async () => {
    const slow: DeliveryAgent = {
      route: (path, size) => house.agent.route(path, size),
      async deliver(message) {
        await new Promise((resolve) => setTimeout(resolve, 150));
        return house.agent.deliver(message);
      },
    };
    const { port } = await house.listen({ timeouts: { commandMs: 50 } }, { delivery: slow });
    const client = await ScriptClient.connect(port);
    await client.reply();
    await client.ask('EHLO client.example.com');
    await client.ask('MAIL FROM:<a@b.example>');
    await client.ask('RCPT TO:<aigerim@example.kz>');
    await client.ask('DATA');
    expect(await client.ask('Subject: slow\r\n\r\n.')).to.match(/^250 /);
    expect(await client.line()).to.match(/^421 4\.4\.2 /);
  });

  describe('behind a proxy', () => {
    it('reads the PROXY header of version 1 and 2, cut anywhere', async () => {
      const { port } = await house.listen({ proxyNetworks: ['127.0.0.1'] });
      const headers = [
        Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 8080 25\r\n'),
        v2(0x21, 0x11, [192, 0, 2, 7, 198, 51, 100, 1, 0x1f, 0x90, 0, 25]),
      ];
      for (const header of headers) {
        const client = await ScriptClient.connect(port);
        client.send(header.subarray(0, 10));
        await new Promise((resolve) => setImmediate(resolve));
        client.send(header.subarray(10));
        expect(await client.reply()).to.match(/^220 /);
        await client.ask('EHLO client.example.com');
        await client.ask('MAIL FROM:<a@b.example>');
        await client.ask('RCPT TO:<aigerim@example.kz>');
        await client.ask('DATA');
        await client.ask(`Subject: proxied v${header.length}\r\n\r\n.`);
        client.destroy();
        expect((await house.inbox(aigerim)).at(-1)).to.contain(
          'Received: from client.example.com ([192.0.2.7])',
        );
      }
    });

    it('takes the header in front of TLS', async () => {
      const { port } = await house.listen({ proxyNetworks: ['127.0.0.1'], tls: 'implicit' });
      const client = await ScriptClient.connect(port);
      client.send('PROXY TCP6 2001:db8::9 2001:db8::1 7 25\r\n');
      await client.startTls();
      expect(await client.reply()).to.match(/^220 /);
      await client.ask('EHLO client.example.com');
      await client.ask('MAIL FROM:<a@b.example>');
      await client.ask('RCPT TO:<aigerim@example.kz>');
      await client.ask('DATA');
      expect(await client.ask('Subject: proxied TLS\r\n\r\n.')).to.match(/^250 /);
      client.destroy();
      expect((await house.inbox(aigerim)).at(-1)).to.contain('([IPv6:2001:db8::9])');
    });

    it('drops what has none, and does not believe others', async () => {
      const { port } = await house.listen({ proxyNetworks: ['127.0.0.1'] });
      const none = await ScriptClient.connect(port);
      none.send('EHLO client.example.com\r\n');
      expect(await none.line()).to.equal(undefined);
      const early = await ScriptClient.connect(port);
      early.send('PROXY TCP4 192.0.2.7 198.51.100.1 8080 25\r\nEHLO x\r\n');
      expect(await early.line()).to.match(/^554 5\.5\.0 /);

      const open = await house.listen({ proxyNetworks: ['192.0.2.1'] });
      const liar = await ScriptClient.connect(open.port);
      expect(await liar.reply()).to.match(/^220 /);
      expect(await liar.ask('PROXY TCP4 192.0.2.7 198.51.100.1 8080 25')).to.match(/^500 /);
      liar.destroy();
    });

    it('counts connections of the client, not of the proxy', async () => {
      const { port } = await house.listen({
        proxyNetworks: ['127.0.0.1'],
        limits: { connectionsPerAddress: 1 },
      });
      const answer = async (address: string): Promise<string> => {
        const client = await ScriptClient.connect(port);
        client.send(`PROXY TCP4 ${address} 198.51.100.1 8080 25\r\n`);
        return client.reply();
      };
      expect(await answer('192.0.2.7')).to.match(/^220 /);
      expect(await answer('192.0.2.8')).to.match(/^220 /);
      expect(await answer('192.0.2.7')).to.match(/^421 4\.7\.0 /);
    });

    it('believes XCLIENT of who is trusted, and begins anew', async () => {
      const { port } = await house.listen({ xclientNetworks: ['127.0.0.1'] });
      await play(
        port,
        `
        S: 220 ...
        C: EHLO proxy.example.kz
        S: ...
        S: 250 XCLIENT ADDR PORT NAME PROTO HELO
        C: XCLIENT
        S: 501 5.5.4 ...
        C: XCLIENT ADDR=nonsense
        S: 501 5.5.4 ...
        C: XCLIENT LOGIN=aigerim
        S: 501 5.5.4 Attribute LOGIN is not known
        C: XCLIENT ADDR=IPV6:2001:db8::5 NAME=[UNAVAILABLE] PORT=7 PROTO=ESMTP HELO=client+2Eexample.com
        S: 220 mx.example.kz ESMTP Zhashik
        C: EHLO client.example.com
        S: ...
        S: 250 XCLIENT ...
        C: MAIL FROM:<a@b.example>
        S: 250 ...
        C: XCLIENT ADDR=192.0.2.1
        S: 503 5.5.1 ...
        C: RCPT TO:<aigerim@example.kz>
        S: 250 ...
        C: DATA
        S: 354 ...
        C: Subject: x
        C:
        C: .
        S: 250 ...
        `,
      );
      expect((await house.inbox(aigerim)).at(-1)).to.contain(
        'from client.example.com ([IPv6:2001:db8::5])',
      );
    });
  });

  describe('hooks and failures', () => {
    it('asks hooks in their order, waits for those that must wait, and stops at the first refusal', async () => {
      const asked: string[] = [];
      const hook = (
        name: string,
        phase: 'mail' | 'rcpt' | 'message',
        verdict: 'pass' | 'late' | 'no',
      ): SmtpHook => ({
        name,
        phase,
        check: () => {
          asked.push(name);
          if (verdict === 'no') return refuse(554, '7.1', `refused by ${name}`);
          return verdict === 'late' ? Promise.resolve(pass) : pass;
        },
      });
      const { port } = await house.listen(
        {},
        {
          hooks: [
            hook('mail-1', 'mail', 'late'),
            hook('rcpt-1', 'rcpt', 'pass'),
            hook('mail-2', 'mail', 'pass'),
            hook('message-1', 'message', 'late'),
            hook('message-2', 'message', 'no'),
            hook('message-3', 'message', 'pass'),
          ],
        },
      );
      const client = await ScriptClient.connect(port);
      await client.reply();
      await client.ask('EHLO client.example.com');
      expect(await client.ask('MAIL FROM:<a@b.example>')).to.match(/^250 /);
      expect(await client.ask('RCPT TO:<aigerim@example.kz>')).to.match(/^250 /);
      await client.ask('DATA');
      expect(await client.ask('Subject: x\r\n\r\n.')).to.equal('554 5.7.1 refused by message-2');
      client.destroy();
      expect(asked).to.deep.equal(['mail-1', 'mail-2', 'rcpt-1', 'message-1', 'message-2']);
    });

    it('says 451 when a part fails, tells nothing of it, and goes on', async () => {
      const broken: DeliveryAgent = {
        route: (path) =>
          path.startsWith('bug')
            ? Promise.reject(new Error('at /var/lib/secret'))
            : house.agent.route(path, undefined),
        deliver: () => Promise.reject(new MailError('unavailable', 'The store is closed')),
      };
      const { port } = await house.listen({}, { delivery: broken });
      const client = await ScriptClient.connect(port);
      await client.reply();
      await client.ask('EHLO client.example.com');
      await client.ask('MAIL FROM:<a@b.example>');
      expect(await client.ask('RCPT TO:<bug@example.kz>')).to.equal(
        '451 4.3.0 Internal error, try again later',
      );
      expect(await client.ask('RCPT TO:<aigerim@example.kz>')).to.match(/^250 /);
      await client.ask('DATA');
      expect(await client.ask('Subject: x\r\n\r\n.')).to.equal(
        '451 4.3.2 Mail system is not available, try again later',
      );
      expect(await client.ask('NOOP')).to.equal('250 2.0.0 Ok');
      client.destroy();
    });

    it('reads to the end of the data when the store cannot take it', async () => {
      const { port } = await house.listen(
        {},
        {
          content: {
            inlineBodyBytes: 0,
            receive: () => ({
              write: () => Promise.reject(new Error('disk')),
              finish: () => Promise.reject(new Error('disk')),
              abort: () => Promise.resolve(),
            }),
          },
        },
      );
      const client = await ScriptClient.connect(port);
      await client.reply();
      await client.ask('EHLO client.example.com');
      await client.ask('MAIL FROM:<a@b.example>');
      await client.ask('RCPT TO:<aigerim@example.kz>');
      await client.ask('DATA');
      for (let i = 0; i < 20; i++) client.send(`line ${i}\r\n`);
      expect(await client.ask('.')).to.equal('451 4.3.0 Internal error, try again later');
      expect(await client.ask('NOOP')).to.equal('250 2.0.0 Ok');
      client.destroy();
    });

    it('counts commands by names of ours', async () => {
      const counted: string[] = [];
      const metrics: SmtpMetrics = {
        connectionOpened: (listener) => counted.push(`open ${listener}`),
        connectionClosed: (listener) => counted.push(`close ${listener}`),
        connectionRefused: (listener) => counted.push(`refused ${listener}`),
        command: (protocol, command, outcome) => counted.push(`${protocol} ${command} ${outcome}`),
      };
      const listener = await house.listen({}, { metrics });
      const client = await ScriptClient.connect(listener.port);
      await client.reply();
      await client.ask('noop');
      await client.ask('EVIL-NAME');
      await client.ask('DATA');
      client.send('QUIT\r\n');
      while ((await client.line()) !== undefined);
      await listener.close();
      expect(counted).to.deep.equal([
        'open smtp',
        'smtp NOOP ok',
        'smtp unknown refused',
        'smtp DATA refused',
        'smtp QUIT ok',
        'close smtp',
      ]);
    });
  });

  describe('when the server stops', () => {
    it('says 421 to who is idle, and lets a message end', async () => {
      const listener = await house.listen();
      const idle = await ScriptClient.connect(listener.port);
      await idle.reply();
      const busy = await ScriptClient.connect(listener.port);
      await busy.reply();
      await busy.ask('EHLO client.example.com');
      await busy.ask('MAIL FROM:<a@b.example>');
      await busy.ask('RCPT TO:<aigerim@example.kz>');
      await busy.ask('DATA');
      const closed = listener.close();
      expect(await idle.line()).to.equal('421 4.3.2 Server is going down, try again later');
      expect(await idle.line()).to.equal(undefined);
      expect(await busy.ask('Subject: last\r\n\r\n.')).to.match(/^250 /);
      expect(await busy.line()).to.equal('421 4.3.2 Server is going down, try again later');
      expect(await busy.line()).to.equal(undefined);
      await closed;
      expect((await house.inbox(aigerim)).at(-1)).to.contain('Subject: last');
      const late = await ScriptClient.connect(listener.port).then(
        () => 'open',
        () => 'refused',
      );
      expect(late).to.equal('refused');
    });

    it('cuts who takes too long', async () => {
      const listener = await house.listen({ timeouts: { stopMs: 30 } });
      const slow = await ScriptClient.connect(listener.port);
      await slow.reply();
      await slow.ask('EHLO client.example.com');
      await slow.ask('MAIL FROM:<a@b.example>');
      await listener.close();
      expect(await slow.line()).to.equal(undefined);
    });
  });
});
