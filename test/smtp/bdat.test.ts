import { expect } from 'chai';
import type { SmtpListener } from '../../src/smtp/options.ts';
import { play, ScriptClient } from './script.ts';
import { openMailHouse, withoutTrace, type MailHouse } from './support.ts';

describe('BDAT', () => {
  let house: MailHouse;
  let mx: SmtpListener;
  let count = 0;

  before(async () => {
    house = await openMailHouse();
    mx = await house.listen({ limits: { messageBytes: 1000, chunkBytes: 5000 } });
  });
  after(() => house.close());

  /** A connection with an open transaction for a new account; `letters` are what it got. */
  async function begin(): Promise<{ client: ScriptClient; letters: () => Promise<string[]> }> {
    const account = await house.account(`bdat${++count}`);
    const client = await ScriptClient.connect(mx.port);
    await client.reply();
    await client.ask('EHLO client.example.com');
    await client.ask('MAIL FROM:<a@b.example>');
    await client.ask(`RCPT TO:<${account.canonical}>`);
    return { client, letters: async () => (await house.inbox(account)).map(withoutTrace) };
  }

  /** Sends a chunk right behind its command. */
  async function chunk(client: ScriptClient, text: string, last = false): Promise<string> {
    client.send(`BDAT ${Buffer.byteLength(text)}${last ? ' LAST' : ''}\r\n${text}`);
    return client.reply();
  }

  it('takes a message in chunks, dots and all', async () => {
    const { client, letters } = await begin();
    expect(await chunk(client, 'Subject: x\r\n\r\n.\r\n')).to.equal('250 2.0.0 17 octets received');
    expect(await chunk(client, '..two dots\r')).to.equal('250 2.0.0 11 octets received');
    expect(await chunk(client, '\nend\r\n', true)).to.match(/^250 2\.0\.0 Ok: accepted/);
    expect(await letters()).to.deep.equal(['Subject: x\r\n\r\n.\r\n..two dots\r\nend\r\n']);
    client.destroy();
  });

  it('takes an empty last chunk, and an empty message', async () => {
    const { client, letters } = await begin();
    await chunk(client, 'Subject: x\r\n\r\n');
    expect(await chunk(client, '', true)).to.match(/^250 2\.0\.0 Ok: accepted/);
    expect(await letters()).to.deep.equal(['Subject: x\r\n\r\n']);
    client.destroy();
    const other = await begin();
    expect(await chunk(other.client, '', true)).to.match(/^250 2\.0\.0 Ok: accepted/);
    expect(await other.letters()).to.deep.equal(['']);
    other.client.destroy();
  });

  it('takes commands and chunks that came together, one octet at a time too', async () => {
    const { client, letters } = await begin();
    const text = 'BDAT 14\r\nSubject: x\r\n\r\nBDAT 3 last\r\na\r\nNOOP\r\n';
    for (const octet of text) client.send(octet);
    expect(await client.reply()).to.equal('250 2.0.0 14 octets received');
    expect(await client.reply()).to.match(/^250 2\.0\.0 Ok: accepted/);
    expect(await client.reply()).to.equal('250 2.0.0 Ok');
    expect(await letters()).to.deep.equal(['Subject: x\r\n\r\na\r\n']);
    client.destroy();
  });

  it('forgets the chunks at RSET', async () => {
    const { client, letters } = await begin();
    await chunk(client, 'Subject: x\r\n\r\n');
    expect(await client.ask('RSET')).to.equal('250 2.0.0 Ok');
    expect(await chunk(client, 'x', true)).to.match(/^503 /);
    expect(await letters()).to.deep.equal([]);
    client.destroy();
  });

  it('allows neither DATA nor RCPT behind it', async () => {
    const { client } = await begin();
    await chunk(client, 'Subject: x\r\n\r\n');
    expect(await client.ask('DATA')).to.equal('503 5.5.1 BDAT was used, DATA may not follow');
    expect(await client.ask('RCPT TO:<bdat1@example.kz>')).to.equal(
      '503 5.5.1 The message has begun',
    );
    client.destroy();
  });

  it('reads a refused chunk all the same', () =>
    play(
      mx.port,
      `
      S: 220 ...
      C: EHLO client.example.com
      S: ...
      S: 250 LIMITS ...
      # six octets: QUIT and its line break
      C: BDAT 6 LAST
      C: QUIT
      S: 503 5.5.1 MAIL comes first
      C: MAIL FROM:<a@b.example>
      S: 250 ...
      C: BDAT 6
      C: QUIT
      S: 554 5.5.1 No valid recipients
      C: NOOP
      S: 250 2.0.0 Ok
      `,
    ));

  it('refuses what gets too big in sum, until LAST', async () => {
    const { client, letters } = await begin();
    expect(await chunk(client, 'x'.repeat(900))).to.match(/^250 /);
    expect(await chunk(client, 'x'.repeat(900))).to.equal(
      '552 5.3.4 Message is bigger than SIZE allows',
    );
    expect(await chunk(client, 'x')).to.equal('552 5.3.4 Message is bigger than SIZE allows');
    expect(await chunk(client, 'x', true)).to.equal('552 5.3.4 Message is bigger than SIZE allows');
    expect(await letters()).to.deep.equal([]);
    expect(await client.ask('MAIL FROM:<a@b.example>')).to.equal('250 2.1.0 Ok');
    client.destroy();
  });

  it('refuses lone CR and LF, also at the edge of chunks and at the end', async () => {
    for (const chunks of [['a\n'], ['a\r', 'b\r\n'], ['a\r\n', '\n'], ['a\r']]) {
      const { client } = await begin();
      let answer = '';
      for (const [i, text] of chunks.entries()) {
        answer = await chunk(client, text, i === chunks.length - 1);
      }
      expect(answer, JSON.stringify(chunks)).to.match(/^550 5\.6\.0 /);
      client.destroy();
    }
  });

  for (const command of [
    'BDAT 5001',
    'BDAT x',
    'BDAT 1 LATE',
    'BDAT -1',
    'BDAT 99999999999999999999',
  ]) {
    it(`hangs up after ${command}, because nobody knows what follows`, async () => {
      const { client } = await begin();
      expect(await client.ask(command)).to.match(/^5(?:01|52) /);
      expect(await client.line()).to.equal(undefined);
    });
  }
});
