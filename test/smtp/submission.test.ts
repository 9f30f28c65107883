import { expect } from 'chai';
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { Authenticator } from '../../src/account/api.ts';
import type { SmtpListener, SmtpListenerOptions } from '../../src/smtp/options.ts';
import type { Account } from '../../src/store/api.ts';
import { play, ScriptClient } from './script.ts';
import { openMailHouse, testAuthenticator, withoutTrace, type MailHouse } from './support.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('submission', () => {
  let house: MailHouse;
  let aigerim: Account;
  let berik: Account;

  before(async () => {
    house = await openMailHouse();
    aigerim = await house.account('aigerim');
    berik = await house.account('berik');
  });
  after(() => house.close());

  async function listen(options: Partial<SmtpListenerOptions> = {}): Promise<SmtpListener> {
    const suspended = { ...berik, canonical: 'suspended@example.kz', status: 'suspended' as const };
    return house.listen(
      { profile: 'submission', cleartextLoginNetworks: ['127.0.0.0/8'], ...options },
      { authenticator: await testAuthenticator([aigerim, berik, suspended]) },
    );
  }

  async function logIn(port: number): Promise<ScriptClient> {
    const client = await ScriptClient.connect(port);
    await client.reply();
    await client.ask('EHLO laptop.home');
    expect(await client.ask(`AUTH PLAIN ${base64('\0aigerim@example.kz\0secret')}`)).to.equal(
      '235 2.7.0 Authentication succeeded',
    );
    return client;
  }

  /** Sends one letter; the reply to it. */
  async function send(
    client: ScriptClient,
    text: string,
    from = 'aigerim@example.kz',
  ): Promise<string> {
    expect(await client.ask(`MAIL FROM:<${from}>`)).to.match(/^250 /);
    expect(await client.ask('RCPT TO:<berik@example.kz>')).to.match(/^250 /);
    await client.ask('DATA');
    return client.ask(`${text}\r\n.`);
  }

  describe('AUTH', () => {
    it('is needed, and is the first thing', async () => {
      const { port } = await listen();
      await play(
        port,
        `
        S: 220 ...
        C: AUTH PLAIN
        S: 503 5.5.1 ...
        C: EHLO laptop.home
        S: ...
        S: 250 AUTH SCRAM-SHA-256 PLAIN LOGIN
        C: MAIL FROM:<aigerim@example.kz>
        S: 530 5.7.0 Authentication required
        C: AUTH
        S: 501 5.5.4 ...
        C: AUTH CRAM-MD5
        S: 504 5.5.4 ...
        C: AUTH PLAIN ====
        S: 501 5.5.2 Not base64
        C: AUTH PLAIN a
        S: 501 5.5.2 Not base64
        `,
      );
    });

    it('is not there without TLS, except for named networks', async () => {
      const { port } = await listen({ cleartextLoginNetworks: ['192.0.2.0/24'], tls: 'starttls' });
      await play(
        port,
        `
        S: 220 ...
        C: EHLO laptop.home
        S: ...
        S: 250-LIMITS ...
        S: 250 STARTTLS
        C: AUTH PLAIN ${base64('\0aigerim@example.kz\0secret')}
        S: 538 5.7.11 TLS must be on first
        C: STARTTLS
        S: 220 ...
        TLS
        C: EHLO laptop.home
        S: ...
        S: 250 AUTH ...
        C: AUTH PLAIN ${base64('\0aigerim@example.kz\0secret')}
        S: 235 2.7.0 ...
        C: AUTH PLAIN ${base64('\0aigerim@example.kz\0secret')}
        S: 503 5.5.1 Authenticated already
        `,
      );
    });

    it('PLAIN and LOGIN, with and without an initial response', async () => {
      const { port } = await listen();
      const user = base64('aigerim@example.kz');
      const password = base64('secret');
      for (const script of [
        `C: AUTH PLAIN\nS: 334 ...\nC: ${base64('\0aigerim@example.kz\0secret')}`,
        `C: auth plain ${base64('\0aigerim@example.kz\0secret')}`,
        `C: AUTH LOGIN\nS: 334 ...\nC: ${user}\nS: 334 ...\nC: ${password}`,
        `C: AUTH LOGIN ${user}\nS: 334 ...\nC: ${password}`,
      ]) {
        await play(
          port,
          `
          S: 220 ...
          C: EHLO laptop.home
          S: ...
          S: 250 AUTH ...
          ${script}
          S: 235 2.7.0 Authentication succeeded
          `,
        );
      }
    });

    it('SCRAM-SHA-256, with the last word of the server as a challenge', async () => {
      const { port } = await listen();
      const client = await ScriptClient.connect(port);
      await client.reply();
      await client.ask('EHLO laptop.home');
      const bare = 'n=aigerim@example.kz,r=clientNonce';
      const challenge = await client.ask(`AUTH SCRAM-SHA-256 ${base64(`n,,${bare}`)}`);
      expect(challenge).to.match(/^334 /);
      const serverFirst = Buffer.from(challenge.slice(4), 'base64').toString();
      const [, nonce = '', salt = '', rounds] = /^r=(.*),s=(.*),i=(\d+)$/.exec(serverFirst) ?? [];
      const salted = pbkdf2Sync(
        'secret',
        Buffer.from(salt, 'base64'),
        Number(rounds),
        32,
        'sha256',
      );
      const hmac = (key: Buffer, text: string): Buffer =>
        createHmac('sha256', key).update(text).digest();
      const clientKey = hmac(salted, 'Client Key');
      const without = `c=${base64('n,,')},r=${nonce}`;
      const authMessage = `${bare},${serverFirst},${without}`;
      const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
      const proof = Buffer.from(clientKey.map((octet, i) => octet ^ (signature[i] as number)));
      const last = await client.ask(base64(`${without},p=${proof.toString('base64')}`));
      const expected = hmac(hmac(salted, 'Server Key'), authMessage).toString('base64');
      expect(last).to.equal(`334 ${base64(`v=${expected}`)}`);
      expect(await client.ask('')).to.equal('235 2.7.0 Authentication succeeded');
      client.destroy();
    });

    it('can be cancelled, fails alike for wrong and unknown, and tells who is suspended', async () => {
      const { port } = await listen({ limits: { loginAttempts: 9 } });
      await play(
        port,
        `
        S: 220 ...
        C: EHLO laptop.home
        S: ...
        S: 250 AUTH ...
        C: AUTH PLAIN
        S: 334 ...
        C: *
        S: 501 5.7.0 Authentication cancelled
        C: AUTH PLAIN =
        S: 501 5.5.2 Not what the mechanism asks for
        C: AUTH PLAIN ${base64('\0aigerim@example.kz\0wrong')}
        S: 535 5.7.8 Authentication failed
        C: AUTH PLAIN ${base64('\0nobody@example.kz\0secret')}
        S: 535 5.7.8 Authentication failed
        C: AUTH PLAIN ${base64('\0suspended@example.kz\0secret')}
        S: 525 5.7.13 Mailbox is suspended
        C: AUTH PLAIN ${base64('\0aigerim@example.kz\0main')}
        S: 534 5.7.9 Use a device password for mail programs
        C: AUTH PLAIN
        S: 334 ...
        C: not base64
        S: 501 5.5.2 Not base64
        C: NOOP
        S: 250 ...
        `,
      );
    });

    it('says 454 where it cannot tell, or will not yet', async () => {
      for (const [reason, want] of [
        ['throttled', '454 4.7.0 Too many attempts, try again later'],
        ['unavailable', '454 4.7.0 Temporary authentication failure'],
      ] as const) {
        const authenticator: Authenticator = {
          mechanisms: ['PLAIN'],
          password: () => Promise.resolve({ status: 'refused', reason }),
          mechanism: () => ({
            serverFirst: false,
            next: () => Promise.resolve({ kind: 'done', result: { status: 'refused', reason } }),
          }),
        };
        const { port } = await house.listen(
          { profile: 'submission', cleartextLoginNetworks: ['127.0.0.1'] },
          { authenticator },
        );
        const client = await ScriptClient.connect(port);
        await client.reply();
        await client.ask('EHLO laptop.home');
        expect(await client.ask('AUTH PLAIN AA==')).to.equal(want);
        client.destroy();
      }
    });

    it('ends the connection after three failures', async () => {
      const { port } = await listen();
      const wrong = `C: AUTH PLAIN ${base64('\0aigerim@example.kz\0wrong')}\nS: 535 5.7.8 ...\n`;
      await play(
        port,
        `S: 220 ...
        C: EHLO laptop.home
        S: ...
        S: 250 AUTH ...
        ${wrong.repeat(3)}
        S: 421 4.7.0 Too many failed logins
        S: <closed>`,
      );
    });

    it('refuses what is pipelined behind it', async () => {
      const { port } = await listen();
      const client = await ScriptClient.connect(port);
      await client.reply();
      await client.ask('EHLO laptop.home');
      client.send(
        `AUTH PLAIN ${base64('\0aigerim@example.kz\0secret')}\r\nMAIL FROM:<aigerim@example.kz>\r\n`,
      );
      expect(await client.reply()).to.match(/^503 5\.5\.1 /);
      expect(await client.line()).to.equal(undefined);
    });

    it('has longer lines than other commands, and is in step again behind one that is too long', async () => {
      const { port } = await listen();
      const client = await ScriptClient.connect(port);
      await client.reply();
      await client.ask('EHLO laptop.home');
      expect(await client.ask(`AUTH PLAIN ${'A'.repeat(12_000)}`)).to.match(
        /^501 5\.5\.2 Not what/,
      );
      expect(await client.ask(`AUTH PLAIN ${'A'.repeat(12_400)}`)).to.match(
        /^500 5\.5\.2 Line is too long/,
      );
      expect(await client.ask(`NOOP ${'A'.repeat(5000)}`)).to.match(
        /^500 5\.5\.2 Line is too long/,
      );
      expect(await client.ask('AUTH PLAIN')).to.equal('334 ');
      expect(await client.ask('A'.repeat(13_000))).to.match(/^500 5\.5\.2 Line is too long/);
      expect(await client.ask('NOOP')).to.equal('250 2.0.0 Ok');
      client.destroy();
    });
  });

  describe('whose letter it is', () => {
    it('MAIL FROM is the own address', async () => {
      const { port } = await listen();
      const client = await logIn(port);
      expect(await client.ask('MAIL FROM:<berik@example.kz>')).to.equal(
        '550 5.7.1 From must be your mailbox address',
      );
      expect(await client.ask('MAIL FROM:<a@elsewhere.example>')).to.match(/^550 5\.7\.1 /);
      expect(await client.ask('MAIL FROM:<AIGERIM@example.kz>')).to.equal('250 2.1.0 Ok');
      await client.ask('RSET');
      expect(await client.ask('MAIL FROM:<aigerim@example.kz> AUTH=<>')).to.equal('250 2.1.0 Ok');
      await client.ask('RSET');
      expect(await client.ask('MAIL FROM:<>'), 'a read receipt').to.equal('250 2.1.0 Ok');
      client.destroy();
    });

    const header = (from: string): string =>
      `${from}Date: x\r\nMessage-ID: <1@x>\r\nSubject: x\r\n\r\ntext`;
    const own = '550 5.7.1 From must be your mailbox address';
    for (const [from, want] of [
      ['From: aigerim@example.kz\r\n', 'ok'],
      ['From: =?utf-8?q?=D3=98?= <Aigerim@EXAMPLE.kz>\r\n', 'ok'],
      ['From: a@elsewhere.example,\r\n Aigerim <aigerim@example.kz>\r\n', 'ok'],
      ['From: Group: aigerim@example.kz;\r\n', 'ok'],
      ['From: berik@example.kz\r\n', own],
      ['From: "aigerim@example.kz" <berik@example.kz>\r\n', own],
      ['From: berik@example.kz (aigerim@example.kz)\r\n', own],
      ['From: \r\n', own],
      [
        'From: aigerim@example.kz\r\nFROM : berik@example.kz\r\n',
        '550 5.6.0 There may be one From field only',
      ],
    ] as const) {
      it(JSON.stringify(from), async () => {
        const { port } = await listen();
        const client = await logIn(port);
        const answer = await send(client, header(from));
        expect(answer.startsWith('250 2.0.0 ') ? 'ok' : answer).to.equal(want);
        client.destroy();
      });
    }

    it('holds for the null reverse-path too', async () => {
      const { port } = await listen();
      const client = await logIn(port);
      expect(await send(client, header('From: berik@example.kz\r\n'), '')).to.equal(own);
      expect(await send(client, header('From: aigerim@example.kz\r\n'), '')).to.match(/^250 /);
      client.destroy();
    });
  });

  it('adds what is missing, takes Bcc out, and does not tell where the user is', async () => {
    const { port } = await listen();
    const client = await logIn(port);
    expect(
      await send(client, 'Subject: x\r\nBcc: secret@example.kz\r\n folded@example.kz\r\n\r\ntext'),
    ).to.match(/^250 /);
    expect(
      await send(
        client,
        'Subject: y\r\nDate: d\r\nMessage-Id: <m>\r\nFrom: aigerim@example.kz\r\n\r\ntext',
      ),
    ).to.match(/^250 /);
    client.destroy();
    const [completed = '', whole = ''] = (await house.inbox(berik)).slice(-2);
    expect(withoutTrace(completed)).to.match(
      /^Subject: x\r\nFrom: <aigerim@example\.kz>\r\nDate: \w{3}, .* \+0000\r\nMessage-ID: <[^>]+@mx\.example\.kz>\r\n\r\ntext\r\n$/,
    );
    expect(withoutTrace(whole)).to.equal(
      'Subject: y\r\nDate: d\r\nMessage-Id: <m>\r\nFrom: aigerim@example.kz\r\n\r\ntext\r\n',
    );
    expect(whole).to.contain(
      'Received: from submission.invalid\r\n\tby mx.example.kz with ESMTPA id ',
    );
    expect(whole).to.not.contain('127.0.0.1').and.not.contain('laptop.home');
  });

  it('refuses other domains without a way for them, and keeps the letter where there is one', async () => {
    const without = await logIn((await listen()).port);
    await without.ask('MAIL FROM:<aigerim@example.kz>');
    expect(await without.ask('RCPT TO:<a@elsewhere.example>')).to.match(/^550 5\.7\.1 /);
    without.destroy();

    const before = await house.store.outbox.count();
    const client = await logIn((await listen({ relays: true })).port);
    await client.ask('MAIL FROM:<aigerim@example.kz> RET=FULL ENVID=x+2By');
    expect(
      await client.ask('RCPT TO:<a@elsewhere.example> NOTIFY=FAILURE ORCPT=rfc822;b@c'),
    ).to.match(/^250 /);
    expect(await client.ask('RCPT TO:<berik@example.kz>')).to.match(/^250 /);
    expect(await client.ask('RCPT TO:<nobody@example.kz>')).to.match(/^550 5\.1\.1 /);
    await client.ask('DATA');
    expect(await client.ask('Subject: out\r\n\r\n.')).to.match(/^250 /);
    client.destroy();
    expect(await house.store.outbox.count()).to.equal(before + 1);
    const now = Date.now();
    const [entry] = await house.store.outbox.claim(now, now + 1000, 10);
    expect(entry).to.include({
      reversePath: 'aigerim@example.kz',
      envelopeId: 'x+2By',
      returnContent: 'FULL',
    });
    expect(entry?.recipients).to.deep.equal([
      { forwardPath: 'a@elsewhere.example', notify: ['FAILURE'], originalRecipient: 'rfc822;b@c' },
    ]);
    expect((await house.inbox(berik)).at(-1)).to.contain('Subject: out\r\n');
  });
});
