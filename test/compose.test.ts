import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { type Server, compose } from '../src/compose.ts';
import { type Config, parseConfig } from '../src/config/loader.ts';
import { run } from './admin/support.ts';
import { WireClient } from './support/wire-client.ts';
import { ImapWire, SmtpWire } from './support/wire-client.ts';

describe('compose', () => {
  let folder: string;
  let relay: SMTPServer;
  let relayPort: number;
  /** What came to the relay host. */
  let arrived: Promise<string>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-compose-'));
    let tell: (text: string) => void = () => undefined;
    arrived = new Promise((resolve) => {
      tell = resolve;
    });
    relay = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const to = session.envelope.rcptTo.map(({ address }) => address).join(' ');
          tell(`${to}\n${Buffer.concat(chunks).toString()}`);
          done();
        });
      },
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    relayPort = (relay.server.address() as AddressInfo).port;
  });
  after(async () => {
    await new Promise<void>((resolve) => {
      relay.close(resolve);
    });
    rmSync(folder, { recursive: true });
  });

  function config(more = ''): Config {
    const text = `
      version: 1
      server: { name: mail.example.kz }
      domains: { local: [example.kz] }
      data: { folder: data }
      store: { shards: 1, readers: 1, writers: 1 }
      login: { scryptN: 1024, scryptP: 1, scramIterations: 4096 }
      listeners:
        smtp: { port: 0 }
        submission: { port: 0, cleartextLoginNetworks: [127.0.0.1] }
        submissions: { enabled: false }
        lmtp: { enabled: false }
        imap: { port: 0, cleartextLoginNetworks: [127.0.0.1] }
        imaps: { enabled: false }
      ${more}
    `;
    return parseConfig(text.replace(/^ {6}/gm, ''), join(folder, 'c.yaml'), {});
  }

  const login = { user: 'aigerim', pass: 'correct horse' };

  async function send(server: Server, to: string): Promise<string> {
    const port = server.addresses.find(({ name }) => name === 'submission')?.port;
    const transport = createTransport({ host: '127.0.0.1', port: port ?? 0, auth: login });
    try {
      const message = { from: 'aigerim@example.kz', to, subject: 'Salem', text: 'It works.' };
      return (await transport.sendMail(message)).response;
    } catch (error) {
      return (error as { response?: string }).response ?? String(error);
    } finally {
      transport.close();
    }
  }

  it('builds a server that sends, refuses to relay without a relay host, and closes', async () => {
    const server = await compose(config());
    try {
      expect(server.addresses.map(({ name }) => name)).to.deep.equal([
        'smtp',
        'submission',
        'imap',
      ]);
      await run(server.admin('test'), 'account.create', {
        address: 'aigerim@example.kz',
        password: login.pass,
        allowReserved: false,
        apply: true,
      });
      expect(await send(server, 'aigerim@example.kz')).to.match(/^250 /);
      expect(await send(server, 'friend@example.com')).to.match(/^550 5\.7\.1 /);
      const { result } = await run(server.admin('test'), 'quota.get', { address: 'aigerim' });
      expect(result.usedMessages).to.equal(1);
    } finally {
      await server.close();
    }
  });

  it('hands letters for others to the relay host of the config', async () => {
    const server = await compose(
      config(`relay: { host: 127.0.0.1, port: ${relayPort}, tls: none }`),
    );
    try {
      expect(await send(server, 'friend@example.com')).to.match(/^250 /);
      expect(await arrived).to.match(/^friend@example\.com\n[^]*Subject: Salem/);
    } finally {
      await server.close();
    }
  });

  it('ends the sessions of an account that is suspended, and lets it in again when it is resumed', async () => {
    const server = await compose(config());
    try {
      const port = (wanted: string): number =>
        server.addresses.find(({ name }) => name === wanted)?.port ?? 0;
      const imap = await ImapWire.login(port('imap'), 'aigerim', login.pass);
      await imap.command('SELECT INBOX');
      const smtp = await SmtpWire.open(port('submission'));
      const plain = Buffer.from(`\0${login.user}\0${login.pass}`).toString('base64');
      smtp.wire.write(`AUTH PLAIN ${plain}\r\n`);
      expect(await smtp.reply()).to.match(/^235 /);

      const order = { address: 'aigerim', apply: true };
      await run(server.admin('test'), 'account.suspend', order);
      expect(await imap.wire.line()).to.match(/^\* BYE .*suspended/);
      expect(await smtp.reply()).to.match(/^421 4\.7\.0 .*suspended/);
      const refused: unknown = await ImapWire.login(port('imap'), 'aigerim', login.pass).catch(
        (error: unknown) => error,
      );
      expect(String(refused)).to.include('login refused');

      await run(server.admin('test'), 'account.resume', order);
      (await ImapWire.login(port('imap'), 'aigerim', login.pass)).wire.destroy();
    } finally {
      await server.close();
    }
  });

  it('ends the sessions of an account that is suspended or has a new password', async () => {
    const server = await compose(config());
    const port = server.addresses.find(({ name }) => name === 'imap')?.port ?? 0;
    const admin = server.admin('test');
    const words = [login.pass, 'battery staple'];
    try {
      for (const password of words) {
        const client = await WireClient.connect(port);
        client.write(`a LOGIN ${login.user} "${password}"\r\n`);
        while (!(await client.line()).startsWith('a OK')) continue;
        if (password === login.pass) {
          const input = { address: login.user, password: 'battery staple', apply: true };
          await run(admin, 'account.passwd', input);
        } else await run(admin, 'account.suspend', { address: login.user, apply: true });
        expect(await client.line()).to.match(/^\* BYE /);
      }
    } finally {
      await server.close();
    }
  });

  it('takes a data folder for one server alone, and lets go of it', async () => {
    const first = await compose(config());
    const error: unknown = await compose(config()).catch((e: unknown) => e);
    expect(error).to.have.property('failure', 'in-use');
    // The one that was refused did not take anything of the other's along.
    await run(first.admin('test'), 'account.show', { address: 'aigerim' });
    await first.close();
    await (await compose(config())).close();
  });
});
