import { expect } from 'chai';
import { connect as connectTls } from 'node:tls';
import { play, ScriptClient } from './script.ts';
import { openMailHouse, testAuthenticator, type MailHouse } from './support.ts';
import type { Account } from '../../src/store/api.ts';

describe('SMTP over TLS', () => {
  let house: MailHouse;
  let aigerim: Account;

  before(async () => {
    house = await openMailHouse();
    aigerim = await house.account('aigerim');
  });
  after(() => house.close());

  it('begins with STARTTLS and forgets what was said before', async () => {
    const mx = await house.listen({ tls: 'starttls' });
    await play(
      mx.port,
      `
      S: 220 ...
      C: STARTTLS now
      S: 501 5.5.4 ...
      C: EHLO client.example.com
      S: ...
      S: 250 STARTTLS
      C: MAIL FROM:<a@b.example>
      S: 250 ...
      C: STARTTLS
      S: 220 2.0.0 Ready for TLS
      TLS
      C: MAIL FROM:<a@b.example>
      S: 503 5.5.1 Introduce yourself first
      C: EHLO client.example.com
      S: ...
      S: 250 LIMITS ...
      C: STARTTLS
      S: 503 5.5.1 TLS is on already
      C: MAIL FROM:<a@b.example>
      S: 250 ...
      C: RCPT TO:<aigerim@example.kz>
      S: 250 ...
      C: DATA
      S: 354 ...
      C: Subject: x
      C:
      C: .
      S: 250 ...
      C: QUIT
      S: 221 ...
      `,
    );
    const letter = (await house.inbox(aigerim)).at(-1);
    expect(letter).to.match(/ with ESMTPS id \S+\r\n\tfor <[^>]+>\r\n\ttls TLS_[A-Z0-9_]+;\r\n/);
  });

  it('refuses commands that were put behind STARTTLS', async () => {
    const mx = await house.listen({ tls: 'starttls' });
    const client = await ScriptClient.connect(mx.port);
    await client.reply();
    await client.ask('EHLO client.example.com');
    client.send('STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n');
    expect(await client.reply()).to.equal('554 5.5.1 Nothing may follow STARTTLS before TLS is on');
    expect(await client.line()).to.equal(undefined);
  });

  it('takes octets behind the 220 for TLS, not for commands', async () => {
    const mx = await house.listen({ tls: 'starttls' });
    const client = await ScriptClient.connect(mx.port);
    await client.reply();
    await client.ask('EHLO client.example.com');
    await client.ask('STARTTLS');
    client.send('MAIL FROM:<evil@example.com>\r\n');
    const line = await client.line();
    // An alert perhaps, never a reply.
    expect(line === undefined || !/^\d{3}/.test(line)).to.equal(true);
  });

  it('speaks TLS from the first octet', async () => {
    const mx = await house.listen({ tls: 'implicit' });
    await play(
      mx.port,
      `
      S: 220 mx.example.kz ESMTP Zhashik
      C: EHLO client.example.com
      S: ...
      S: 250 LIMITS ...
      C: STARTTLS
      S: 503 5.5.1 TLS is on already
      C: QUIT
      S: 221 ...
      S: <closed>
      `,
      { tls: true },
    );
  });

  it('speaks no TLS below 1.2', async () => {
    const mx = await house.listen({ tls: 'implicit' });
    const error = await new Promise<Error | undefined>((resolve) => {
      const socket = connectTls({
        port: mx.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      socket.once('secureConnect', () => {
        socket.destroy();
        resolve(undefined);
      });
      socket.once('error', resolve);
    });
    expect(error).to.be.instanceOf(Error);
  });

  it('hangs up on a handshake that does not come', async () => {
    for (const tls of ['starttls', 'implicit'] as const) {
      const mx = await house.listen({ tls, timeouts: { handshakeMs: 50 } });
      const client = await ScriptClient.connect(mx.port);
      if (tls === 'starttls') {
        await client.reply();
        await client.ask('STARTTLS');
      }
      expect(await client.line()).to.equal(undefined);
    }
  });

  it('does not start without a certificate, or submission without an authenticator', async () => {
    const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(String, String);
    expect(await failure(house.listen({ tls: 'starttls' }, { tls: undefined as never }))).to.match(
      /needs a certificate/,
    );
    expect(await failure(house.listen({ profile: 'submission' }))).to.match(
      /needs an authenticator/,
    );
    expect(await failure(house.listen({ proxyNetworks: ['10.0.0.0/99'] }))).to.match(
      /Not an IP network/,
    );
    const authenticator = await testAuthenticator([]);
    const listener = await house.listen({ profile: 'submission' }, { authenticator });
    expect(listener.port).to.be.greaterThan(0);
  });
});
