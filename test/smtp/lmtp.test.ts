import { expect } from 'chai';
import { play, ScriptClient } from './script.ts';
import { openMailHouse, type MailHouse } from './support.ts';

describe('LMTP', () => {
  let house: MailHouse;
  let port: number;

  before(async () => {
    house = await openMailHouse();
    await house.account('aigerim');
    await house.account('berik');
    await house.account('small', { bytes: 400 });
    ({ port } = await house.listen({ name: 'lmtp', profile: 'lmtp' }));
  });
  after(() => house.close());

  it('greets with LHLO only', () =>
    play(
      port,
      `
      S: 220 mx.example.kz LMTP Zhashik
      C: EHLO relay.example.kz
      S: 500 5.5.2 ...
      C: HELO relay.example.kz
      S: 500 5.5.2 ...
      C: LHLO relay.example.kz
      S: 250-mx.example.kz
      S: 250-PIPELINING
      S: ...
      S: 250 LIMITS ...
      C: MAIL FROM:<a@b.example>
      S: 250 ...
      C: RCPT TO:<a@elsewhere.example>
      S: 550 5.7.1 ...
      C: DATA
      S: 503 5.5.1 No valid recipients
      `,
    ));

  for (const way of ['DATA', 'BDAT'] as const) {
    it(`answers for each recipient after ${way}`, async () => {
      const client = await ScriptClient.connect(port);
      await client.reply();
      await client.ask('LHLO relay.example.kz');
      const text = `Subject: ${way}\r\n\r\n${'x'.repeat(400)}\r\n`;
      const rest = way === 'DATA' ? 'DATA\r\n' : `BDAT ${text.length} LAST\r\n${text}`;
      client.send(
        `MAIL FROM:<a@b.example>\r\nRCPT TO:<aigerim@example.kz>\r\nRCPT TO:<nobody@example.kz>\r\nRCPT TO:<small@example.kz>\r\nRCPT TO:<berik@example.kz>\r\n${rest}`,
      );
      for (let i = 0; i < 5; i++) await client.reply();
      if (way === 'DATA') {
        expect(await client.reply()).to.match(/^354 /);
        client.send(`${text}.\r\n`);
      }
      expect(await client.reply()).to.match(/^250 2\.0\.0 /);
      expect(await client.reply()).to.equal('452 4.2.2 Mailbox is full');
      expect(await client.reply()).to.match(/^250 2\.0\.0 /);
      expect(await client.ask('NOOP')).to.equal('250 2.0.0 Ok');
      client.destroy();
    });
  }

  it('refuses a message once for each recipient', async () => {
    const client = await ScriptClient.connect(port);
    await client.reply();
    await client.ask('LHLO relay.example.kz');
    client.send(
      'MAIL FROM:<a@b.example>\r\nRCPT TO:<aigerim@example.kz>\r\nRCPT TO:<berik@example.kz>\r\nDATA\r\n',
    );
    for (let i = 0; i < 4; i++) await client.reply();
    client.send('bare\nline\r\n.\r\n');
    expect(await client.reply()).to.match(/^550 5\.6\.0 /);
    expect(await client.reply()).to.match(/^550 5\.6\.0 /);
    expect(await client.ask('NOOP')).to.equal('250 2.0.0 Ok');
    client.destroy();
  });

  it('says LMTP in Received', async () => {
    const account = await house.account('trace');
    const client = await ScriptClient.connect(port);
    await client.reply();
    await client.ask('LHLO relay.example.kz');
    await client.ask('MAIL FROM:<a@b.example> SMTPUTF8');
    await client.ask('RCPT TO:<trace@example.kz>');
    await client.ask('DATA');
    await client.ask('Subject: x\r\n\r\n.');
    client.destroy();
    expect((await house.inbox(account))[0]).to.contain(' with UTF8LMTP id ');
  });
});
