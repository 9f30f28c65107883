import { expect } from 'chai';
import { ScriptClient } from './script.ts';
import { openMailHouse, testAuthenticator, withoutTrace, type MailHouse } from './support.ts';
import type { Account } from '../../src/store/api.ts';

/**
 * What smugglers send in the place of CRLF.CRLF: the sequences of the publication of December 2023 (SEC Consult) and of
 * the scanners that came after it, with NUL and with doubled CR.
 */
const ends = [
  '\n.\n',
  '\n\n.\r\n',
  '\n\n.\n',
  '\r\r.\r\r',
  '\r\n.\r\r\n',
  '\r\n\r.\r\n',
  '\r\n\n.\r\n',
  '\r\n.\n\r',
  '\n\r.\r\n',
  '\r\n.\0\r\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r',
  '\r\n\0.\r\n',
  '\n.\r',
  '\r.\n',
  '\r\r\n.\r\r\n',
];
const smuggled = 'MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.kz>\r\nDATA\r\nevil\r\n';

describe('SMTP smuggling', () => {
  let house: MailHouse;
  let victim: Account;
  let count = 0;

  before(async () => {
    house = await openMailHouse();
    victim = await house.account('victim');
  });
  after(() => house.close());

  for (const end of ends) {
    it(`${JSON.stringify(end)} ends nothing on 25, and the message is refused`, async () => {
      const mx = await house.listen();
      const client = await ScriptClient.connect(mx.port);
      await client.reply();
      await client.ask('EHLO client.example.com');
      await client.ask('MAIL FROM:<a@b.example>');
      await client.ask('RCPT TO:<victim@example.kz>');
      await client.ask('DATA');
      client.send(`Subject: x\r\n\r\ntext${end}${smuggled}.\r\n`);
      const bare = !end.includes('\0');
      const answer = await client.reply();
      if (bare) expect(answer).to.match(/^550 5\.6\.0 CR and LF/);
      else expect(answer).to.match(/^250 /);
      expect(await client.ask('NOOP')).to.equal('250 2.0.0 Ok');
      client.destroy();
      const letters = await house.inbox(victim);
      expect(letters.every((letter) => !letter.startsWith('Return-Path: <evil'))).to.equal(true);
    });

    it(`${JSON.stringify(end)} is normalised on submission, into one letter`, async () => {
      const account = await house.account(`user${++count}`);
      const submission = await house.listen(
        { profile: 'submission', cleartextLoginNetworks: ['127.0.0.1'] },
        { authenticator: await testAuthenticator([account]) },
      );
      const client = await ScriptClient.connect(submission.port);
      await client.reply();
      await client.ask('EHLO client.example.com');
      const plain = Buffer.from(`\0${account.canonical}\0secret`).toString('base64');
      expect(await client.ask(`AUTH PLAIN ${plain}`)).to.match(/^235 /);
      await client.ask(`MAIL FROM:<${account.canonical}>`);
      await client.ask(`RCPT TO:<${account.canonical}>`);
      await client.ask('DATA');
      client.send(`From: <${account.canonical}>\r\nSubject: x\r\n\r\ntext${end}${smuggled}.\r\n`);
      expect(await client.reply()).to.match(/^250 /);
      client.destroy();
      const letters = await house.inbox(account);
      expect(letters).to.have.length(1);
      const letter = withoutTrace(letters[0] ?? '');
      expect(letter.replaceAll('\r\n', '')).to.not.match(/[\r\n]/);
      expect(letter).to.contain('MAIL FROM:<evil@example.com>\r\n');
    });
  }
});
