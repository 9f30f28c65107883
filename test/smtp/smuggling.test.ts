import { expect } from 'chai';
import { DataDecoder } from '../../src/smtp/data-decoder.ts';
import { LineEnds } from '../../src/smtp/line-ends.ts';
import type { SmtpListener } from '../../src/smtp/options.ts';
import type { Account } from '../../src/store/api.ts';
import { ScriptClient } from './script.ts';
import { openMailHouse, testAuthenticator, withoutTrace, type MailHouse } from './support.ts';

/**
 * What smugglers send in the place of CRLF.CRLF, and who published it: SEC Consult in December 2023 with the CVEs that
 * followed, the scanners (The-Login/SMTP-Smuggling-Tools, hannob/smtpsmug, suuhm/smtp_smuggling_checker.py), and
 * neighbours of theirs that are ours.
 */
const published: readonly (readonly [end: string, source: string])[] = [
  ['\n.\r\n', 'SEC Consult, CVE-2023-51764, -51765, -51766, go-smtp 246, all scanners'],
  ['\n.\n', 'CVE-2023-51764, -51765, RFC 5321 section 4.1.1.4, all scanners'],
  ['\r.\r', 'SMTP-Smuggling-Tools, smtpsmug'],
  ['\n.\r', 'SMTP-Smuggling-Tools, smtpsmug'],
  ['\r.\n', 'SMTP-Smuggling-Tools, smtpsmug'],
  ['\r.\r\n', 'all scanners'],
  ['\r\n\0.\r\n', 'all scanners'],
  ['\r\n.\r\r\n', 'SMTP-Smuggling-Tools: Postfix before 3.9 read CR CR LF as CRLF'],
  ['\r\r\n.\r\r\n', 'SMTP-Smuggling-Tools: Postfix before 3.9 read CR CR LF as CRLF'],
  ['\r\n.\n', 'smtpsmug, go-smtp 244'],
  ['\r\n.\r', 'smtpsmug, smtp_smuggling_checker'],
  ['\r\n\0.\r', 'smtp_smuggling_checker'],
  ['\r\n\0.\n', 'smtp_smuggling_checker'],
  ['\r\n.\0\r\n', 'smtp_smuggling_checker'],
  ['\r\n.', 'smtp_smuggling_checker'],
  ['\n\n.\r\n', 'smtp_smuggling_checker'],
  ['\n\n.\n', 'ours: an empty line in front'],
  ['\r\n\n.\r\n', 'ours: an empty line in front'],
  ['\r\n\r.\r\n', 'ours: an empty line in front'],
  ['\n.\n\n', 'ours: an empty line behind'],
  ['\r\r.\r\r', 'ours: doubled CR'],
  ['\r\n.\n\r', 'ours: LF CR'],
  ['\n\r.\r\n', 'ours: LF CR'],
  ['\r\n.\r\0\n', 'ours: NUL within CRLF'],
  ['\r\0\n.\r\0\n', 'ours: NUL within CRLF'],
  ['\r\n.\0\n', 'ours: NUL for CR'],
  ['\0.\0', 'ours: NUL for CRLF'],
  ['\r\n. \r\n', 'ours: a blank behind'],
  ['\r\n.\t\r\n', 'ours: a blank behind'],
  ['\x85.\x85', 'ours: NEL, a line end to Unicode'],
  ['\u2028.\u2028', 'ours: LINE SEPARATOR, a line end to Unicode'],
  ['\v.\v', 'ours: VT, a line end to Unicode'],
  ['\f.\f', 'ours: FF, a line end to Unicode'],
];
const smuggled = 'MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.kz>\r\nDATA\r\nevil\r\n';
const bareLineEnd = /\r(?!\n)|(?<!\r)\n/;

describe('SMTP smuggling', () => {
  let house: MailHouse;
  let mx: SmtpListener;
  let lmtp: SmtpListener;
  let submission: SmtpListener;
  let victim: Account;
  let user: Account;
  /** Letters of the victim that may be there. */
  let expected = 0;
  let written = 0;

  before(async () => {
    house = await openMailHouse();
    victim = await house.account('victim');
    user = await house.account('user');
    mx = await house.listen();
    lmtp = await house.listen({ profile: 'lmtp' });
    submission = await house.listen(
      { profile: 'submission', cleartextLoginNetworks: ['127.0.0.1'] },
      { authenticator: await testAuthenticator([user]) },
    );
  });
  after(() => house.close());

  async function begin(listener: SmtpListener, hello = 'EHLO'): Promise<ScriptClient> {
    const client = await ScriptClient.connect(listener.port);
    await client.reply();
    await client.ask(`${hello} client.example.com`);
    if (listener === submission) {
      const plain = Buffer.from(`\0${user.canonical}\0secret`).toString('base64');
      expect(await client.ask(`AUTH PLAIN ${plain}`)).to.match(/^235 /);
    }
    return client;
  }

  async function envelope(client: ScriptClient): Promise<void> {
    expect(await client.ask('MAIL FROM:<a@b.example>')).to.match(/^250 /);
    expect(await client.ask('RCPT TO:<victim@example.kz>')).to.match(/^250 /);
  }

  /** The text was one message: refused for its line ends, or taken as one letter. NOOP proves that we are in step. */
  async function expectOne(client: ScriptClient, text: string, answer: string): Promise<void> {
    if (bareLineEnd.test(text)) expect(answer).to.match(/^550 5\.6\.0 CR and LF/);
    else {
      expect(answer).to.match(/^250 /);
      expected += 1;
    }
    expect(await client.reply(), 'NOOP').to.equal('250 2.0.0 Ok');
    client.end();
    expect(await client.line(), 'another reply').to.equal(undefined);
    const letters = await house.inbox(victim);
    expect(letters).to.have.length(expected);
    expect(letters.filter((letter) => letter.startsWith('Return-Path: <evil'))).to.deep.equal([]);
  }

  // Each text is another one: a letter that comes again is taken for a retry of the first.
  let texts = 0;
  const unique = (): string => `Subject: ${++texts}`;

  for (const [end, source] of published) {
    const name = `${JSON.stringify(end)} (${source})`;
    for (const [place, text] of [
      ['the body', `${unique()}\r\n\r\ntext${end}${smuggled}`],
      ['the header', `${unique()}${end}${smuggled}`],
      ['the first line', `${end}${smuggled}${unique()}\r\n`],
    ] as const) {
      // At the very beginning the line has begun, so a dot and CRLF there are an end. None of these is one.
      it(`${name} in ${place} ends nothing`, async () => {
        const client = await begin(mx);
        await envelope(client);
        await client.ask('DATA');
        client.send(`${text}.\r\nNOOP\r\n`);
        await expectOne(client, text, await client.reply());
      });
    }

    it(`${name} ends nothing over LMTP`, async () => {
      const text = `${unique()}\r\n\r\ntext${end}${smuggled}`;
      const client = await begin(lmtp, 'LHLO');
      await envelope(client);
      await client.ask('DATA');
      client.send(`${text}.\r\nNOOP\r\n`);
      await expectOne(client, text, await client.reply());
    });

    it(`${name} ends nothing in BDAT, cut in its middle`, async () => {
      const client = await begin(mx);
      await envelope(client);
      const head = `${unique()}\r\n\r\ntext`;
      const text = `${head}${end}${smuggled}`;
      const octets = Buffer.from(text);
      const cut = head.length + 1;
      client.send(
        Buffer.concat([
          Buffer.from(`BDAT ${cut}\r\n`),
          octets.subarray(0, cut),
          Buffer.from(`BDAT ${octets.length - cut} LAST\r\n`),
          octets.subarray(cut),
          Buffer.from('NOOP\r\n'),
        ]),
      );
      expect(await client.reply()).to.match(/^(?:250|550) /);
      await expectOne(client, text, await client.reply());
    });

    it(`${name} is normalised on submission, into one letter`, async () => {
      const client = await begin(submission);
      await client.ask(`MAIL FROM:<${user.canonical}>`);
      await client.ask(`RCPT TO:<${user.canonical}>`);
      await client.ask('DATA');
      const text = `${unique()}\r\n\r\ntext${end}${smuggled}`;
      client.send(`From: <${user.canonical}>\r\n${text}.\r\nNOOP\r\n`);
      expect(await client.reply()).to.match(/^250 /);
      expect(await client.reply()).to.equal('250 2.0.0 Ok');
      client.end();
      expect(await client.line()).to.equal(undefined);
      const letters = await house.inbox(user);
      written += 1;
      expect(letters).to.have.length(written);
      const letter = withoutTrace(letters.at(-1) ?? '');
      expect(letter).to.not.match(bareLineEnd);
      expect(letter).to.contain('MAIL FROM:<evil@example.com>\r\n');
    });
  }

  it('CRLF.CRLF itself is content of a chunk', async () => {
    const client = await begin(mx);
    await envelope(client);
    const text = `${unique()}\r\n\r\ntext\r\n.\r\n${smuggled}`;
    client.send(`BDAT ${text.length} LAST\r\n${text}NOOP\r\n`);
    await expectOne(client, text, await client.reply());
    expect(withoutTrace((await house.inbox(victim)).at(-1) ?? '')).to.equal(text);
  });

  it('no other combination of CR, LF, NUL and text around a dot is an end, and each of them is seen', () => {
    const sides = [''];
    const letters = ['\r', '\n', '\0', 'x'];
    for (let from = 0, length = 1; length <= 4; length++) {
      const to = sides.length;
      for (; from < to; from++) for (const letter of letters) sides.push(`${sides[from]}${letter}`);
    }
    let count = 0;
    for (const left of sides) {
      for (const right of sides) {
        const text = `a${left}.${right}b`;
        if (text.includes('\r\n.\r\n')) continue;
        count += 1;
        const { ended, content } = new DataDecoder().write(Buffer.from(text));
        if (ended) expect.fail(`${JSON.stringify(text)} is an end`);
        const lineEnds = new LineEnds('refuse');
        lineEnds.write(content);
        if (lineEnds.bare !== bareLineEnd.test(text)) expect.fail(JSON.stringify(text));
      }
    }
    expect(count).to.be.greaterThan(100_000);
  });

  describe('behind a command', () => {
    const evil = 'MAIL FROM:<evil@example.com>\r\n';
    for (const [name, command, answer] of [
      ['LF', 'NOOP x\n', '500 5.5.2 A line ends with CRLF'],
      [
        'LF in a line that is too long',
        `NOOP ${'x'.repeat(5000)}\n`,
        '500 5.5.2 A line ends with CRLF',
      ],
      ['a refused DATA', 'DATA\r\n', '503 5.5.1 MAIL comes first'],
    ] as const) {
      it(`${name}, nothing is a command`, async () => {
        const client = await begin(mx);
        client.send(`${command}${evil}`);
        expect(await client.reply()).to.equal(answer);
        expect(await client.line()).to.equal(undefined);
      });
    }

    for (const bare of ['\r', '\0', '\v']) {
      it(`${JSON.stringify(bare)}, nothing is a command`, async () => {
        const client = await begin(mx);
        expect(await client.ask(`NOOP x${bare}${evil.trimEnd()}`)).to.equal(
          '500 5.5.2 Not a line of text',
        );
        expect(await client.ask('RCPT TO:<victim@example.kz>')).to.match(/^503 /);
        client.destroy();
      });
    }

    it('a DATA that no recipient was taken for, the message is not read as commands', async () => {
      const client = await begin(mx);
      client.send(
        'MAIL FROM:<a@b.example>\r\nRCPT TO:<nobody@example.kz>\r\nDATA\r\n' +
          `RSET\r\n${smuggled}.\r\n`,
      );
      expect(await client.reply()).to.match(/^250 /);
      expect(await client.reply()).to.match(/^550 5\.1\.1 /);
      expect(await client.reply()).to.equal('554 5.5.1 No valid recipients');
      expect(await client.line()).to.equal(undefined);
      expect(await house.inbox(victim)).to.have.length(expected);
    });
  });
});
