import { expect } from 'chai';
import type { SmtpListener } from '../../src/smtp/options.ts';
import type { Account } from '../../src/store/api.ts';
import { play, ScriptClient } from './script.ts';
import { openMailHouse, withoutTrace, type MailHouse } from './support.ts';

describe('SMTP from other servers', () => {
  let house: MailHouse;
  let mx: SmtpListener;
  let aigerim: Account;
  let berik: Account;

  before(async () => {
    house = await openMailHouse({ postmaster: 'berik@example.kz' });
    aigerim = await house.account('aigerim');
    berik = await house.account('berik');
    mx = await house.listen({ limits: { messageBytes: 10_000 } });
  });
  after(() => house.close());

  /** A connection that said EHLO. */
  async function open(): Promise<ScriptClient> {
    const client = await ScriptClient.connect(mx.port);
    await client.reply();
    await client.ask('EHLO client.example.com');
    return client;
  }

  it('takes a letter and stores it with Return-Path and Received', async () => {
    await play(
      mx.port,
      `
      S: 220 mx.example.kz ESMTP Zhashik
      C: EHLO client.example.com
      S: 250-mx.example.kz
      S: 250-PIPELINING
      S: 250-SIZE 10000
      S: 250-8BITMIME
      S: 250-SMTPUTF8
      S: 250-ENHANCEDSTATUSCODES
      S: 250-DSN
      S: 250-CHUNKING
      S: 250 LIMITS MAILMAX=10000 RCPTMAX=1000
      C: MAIL FROM:<sender@example.com> SIZE=60 BODY=8BITMIME RET=HDRS ENVID=QQ314159
      S: 250 2.1.0 Ok
      C: RCPT TO:<Aigerim@Example.KZ> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Aigerim+2Bx@Example.KZ
      S: 250 2.1.5 Ok
      C: DATA
      S: 354 End the message with <CRLF>.<CRLF>
      C: Subject: first
      C:
      C: ..dot
      C: text
      C: .
      S: 250 2.0.0 Ok: accepted as ...
      C: QUIT
      S: 221 2.0.0 Bye
      S: <closed>
      `,
    );
    const [letter = ''] = await house.inbox(aigerim);
    expect(withoutTrace(letter)).to.equal('Subject: first\r\n\r\n.dot\r\ntext\r\n');
    expect(letter).to.match(
      /^Return-Path: <sender@example\.com>\r\nReceived: from client\.example\.com \(\[127\.0\.0\.1\]\)\r\n\tby mx\.example\.kz with ESMTP id \S+\r\n\tfor <Aigerim@Example\.KZ>;\r\n\t\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\nSubject/,
    );
  });

  it('answers a pipelined envelope in one packet', async () => {
    const client = await open();
    client.chunks.length = 0;
    client.send(
      'MAIL FROM:<>\r\nRCPT TO:<aigerim@example.kz>\r\nRCPT TO:<nobody@example.kz>\r\n' +
        'RCPT TO:<berik@example.kz>\r\nDATA\r\n',
    );
    for (let i = 0; i < 5; i++) await client.reply();
    expect(client.chunks).to.deep.equal([
      '250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n550 5.1.1 No such mailbox\r\n250 2.1.5 Ok\r\n' +
        '354 End the message with <CRLF>.<CRLF>\r\n',
    ]);
    client.send('Subject: two\r\n\r\n.\r\n');
    expect(await client.reply()).to.match(/^250 /);
    client.destroy();
    const [letter = ''] = await house.inbox(berik);
    // Two recipients: neither is told of the other.
    expect(letter).to.match(/^Return-Path: <>\r\nReceived: .*\r\n\tby .* id \S+;\r\n/);
  });

  it('keeps to the order of commands', () =>
    play(
      mx.port,
      `
      S: 220 ...
      C: MAIL FROM:<a@b.example>
      S: 503 5.5.1 ...
      C: RCPT TO:<aigerim@example.kz>
      S: 503 5.5.1 ...
      C: DATA
      S: 503 5.5.1 ...
      C: EHLO client.example.com
      S: ...
      S: 250 LIMITS ...
      C: MAIL FROM:<a@b.example>
      S: 250 ...
      C: MAIL FROM:<a@b.example>
      S: 503 5.5.1 ...
      C: DATA
      S: 554 5.5.1 No valid recipients
      C: RSET
      S: 250 2.0.0 Ok
      C: RCPT TO:<aigerim@example.kz>
      S: 503 5.5.1 ...
      C: MAIL FROM:<a@b.example>
      S: 250 ...
      # EHLO ends the transaction
      C: EHLO client.example.com
      S: ...
      S: 250 LIMITS ...
      C: RCPT TO:<aigerim@example.kz>
      S: 503 5.5.1 ...
      C: NOOP whatever
      S: 250 2.0.0 Ok
      C: VRFY aigerim
      S: 252 2.0.0 ...
      C: VRFY
      S: 501 5.5.4 ...
      C: HELP
      S: 214 2.0.0 ...
      C: RSET now
      S: 501 5.5.4 ...
      C: AUTH PLAIN AGEAYg==
      S: 500 5.5.2 ...
      C: XCLIENT ADDR=192.0.2.1
      S: 500 5.5.2 ...
      C: LHLO x
      S: 500 5.5.2 ...
      C: STARTTLS
      S: 502 5.5.1 ...
      `,
    ));

  const refusals: readonly (readonly [string, string])[] = [
    ['MAIL FROM:<a@b.example> SIZE=10001', '552 5.3.4 '],
    ['MAIL FROM:<a@b.example> SIZE=x', '501 5.5.4 '],
    ['MAIL FROM:<a@b.example> SIZE=999999999999999999999', '501 5.5.4 '],
    ['MAIL FROM:<a@b.example> BODY=BINARYMIME', '501 5.5.4 '],
    ['MAIL FROM:<a@b.example> SMTPUTF8=yes', '501 5.5.4 '],
    ['MAIL FROM:<a@b.example> RET=SOME', '501 5.5.4 '],
    ['MAIL FROM:<a@b.example> ENVID=a=b', '501 5.5.4 '],
    [`MAIL FROM:<a@b.example> ENVID=${'x'.repeat(101)}`, '501 5.5.4 '],
    ['MAIL FROM:<a@b.example> AUTH=+GG', '501 5.5.4 '],
    ['MAIL FROM:<a@b.example> SIZE=1 SIZE=1', '501 5.5.4 '],
    ['MAIL FROM:<a@b.example> XYZZY', '555 5.5.4 '],
    ['MAIL FROM:<a@b.example>SIZE=1', '501 5.5.4 '],
    ['MAIL FROM:a@b.example', '501 5.1.7 '],
    ['MAIL FROM:<postmaster>', '501 5.1.7 '],
    ['MAIL FROM:<ә@b.example>', '553 5.6.7 '],
    ['MAIL TO:<a@b.example>', '501 5.5.4 '],
    ['MAIL', '501 5.5.4 '],
    ['FROB', '500 5.5.2 '],
    ['WIZ', '500 5.5.2 '],
    ['EHLO', '501 5.5.4 '],
    ['EHLO two words', '501 5.5.4 '],
    ['BDAT', '501 5.5.4 '],
    ['NO\tOP', '500 5.5.2 '],
  ];
  for (const [command, want] of refusals) {
    it(`${command.slice(0, 60)} gets ${want}`, async () => {
      const client = await open();
      expect(await client.ask(command)).to.match(new RegExp(`^${want.replaceAll('.', '\\.')}`));
      client.destroy();
    });
  }

  const recipients: readonly (readonly [string, string])[] = [
    ['RCPT TO:<aigerim@example.kz>', '250 2.1.5 Ok'],
    ['rcpt to: <aigerim@example.kz>', '250 2.1.5 Ok'],
    ['RCPT TO:<"aigerim"@example.kz>', '250 2.1.5 Ok'],
    ['RCPT TO:<@relay.example:aigerim@example.kz>', '250 2.1.5 Ok'],
    ['RCPT TO:<postmaster>', '250 2.1.5 Ok'],
    ['RCPT TO:<Postmaster@example.kz>', '250 2.1.5 Ok'],
    ['RCPT TO:<nobody@example.kz>', '550 5.1.1 No such mailbox'],
    ['RCPT TO:<"no body"@example.kz>', '550 5.1.1 No such mailbox'],
    ['RCPT TO:<a@elsewhere.example>', '550 5.7.1 We do not relay for you'],
    ['RCPT TO:<aigerim@[127.0.0.1]>', '550 5.7.1 We do not relay for you'],
    ['RCPT TO:<a%elsewhere.example@example.kz>', '550 5.1.1 No such mailbox'],
    ['RCPT TO:<>', '501 5.1.3 Not an address in angle brackets'],
    ['RCPT TO:<aigerim>', '501 5.1.3 Not an address in angle brackets'],
    ['RCPT TO:<әйгерім@example.kz>', '553 5.6.7 Needs SMTPUTF8'],
    ['RCPT TO:<aigerim@example.kz> NOTIFY=NEVER', '250 2.1.5 Ok'],
    ['RCPT TO:<aigerim@example.kz> NOTIFY=NEVER,DELAY', '501 5.5.4 Bad value of NOTIFY'],
    ['RCPT TO:<aigerim@example.kz> NOTIFY=DELAY,DELAY', '501 5.5.4 Bad value of NOTIFY'],
    ['RCPT TO:<aigerim@example.kz> NOTIFY', '501 5.5.4 Bad value of NOTIFY'],
    ['RCPT TO:<aigerim@example.kz> ORCPT=aigerim', '501 5.5.4 Bad value of ORCPT'],
    ['RCPT TO:<aigerim@example.kz> ORCPT=rfc822;a+GG', '501 5.5.4 Bad value of ORCPT'],
    ['RCPT TO:<aigerim@example.kz> SIZE=1', '555 5.5.4 Parameter SIZE is not known'],
    ['RCPT FROM:<aigerim@example.kz>', '501 5.5.4 Syntax: RCPT TO:<address> [parameters]'],
  ];
  for (const [command, want] of recipients) {
    it(command, async () => {
      const client = await open();
      await client.ask('MAIL FROM:<a@b.example>');
      expect(await client.ask(command)).to.equal(want);
      client.destroy();
    });
  }

  it('tells suspended, closed and full mailboxes apart', async () => {
    const suspended = await house.account('suspended');
    const closed = await house.account('closed');
    await house.account('full', { bytes: 500 });
    await house.account('crowded', { messages: 0 });
    const audit = { actor: 'test', action: 'account.status' };
    await house.store.accounts.update(suspended.id, { status: 'suspended' }, audit);
    await house.store.accounts.update(closed.id, { status: 'closed' }, audit);
    await play(
      mx.port,
      `
      S: 220 ...
      C: EHLO client.example.com
      S: ...
      S: 250 LIMITS ...
      C: MAIL FROM:<a@b.example> SIZE=501
      C: RCPT TO:<suspended@example.kz>
      C: RCPT TO:<closed@example.kz>
      C: RCPT TO:<full@example.kz>
      C: RCPT TO:<crowded@example.kz>
      S: 250 ...
      S: 550 5.2.1 Mailbox is suspended
      S: 550 5.1.6 Mailbox closed
      S: 452 4.2.2 Mailbox is full
      S: 452 4.2.2 Mailbox is full
      C: RSET
      S: 250 ...
      C: MAIL FROM:<a@b.example> SIZE=400
      S: 250 ...
      C: RCPT TO:<full@example.kz>
      S: 250 ...
      `,
    );
  });

  it('asks for a retry when a mailbox fills up behind RCPT, and gives nobody the letter twice', async () => {
    const full = await house.account('fills', { bytes: 400 });
    const lucky = await house.account('lucky');
    const letter = `MAIL FROM:<a@b.example>\r\nRCPT TO:<fills@example.kz>\r\nRCPT TO:<lucky@example.kz>\r\nDATA\r\n`;
    const data = `Subject: x\r\n\r\n${'x'.repeat(400)}\r\n.\r\n`;
    const client = await open();
    client.send(letter);
    for (let i = 0; i < 4; i++) await client.reply();
    client.send(data);
    expect(await client.reply()).to.equal('452 4.2.2 Mailbox is full');
    // The client has seen the 452, so it must not count as "confirmed".
    await client.ask('NOOP');
    client.send(letter.replace('RCPT TO:<fills@example.kz>\r\n', ''));
    for (let i = 0; i < 3; i++) await client.reply();
    client.send(data);
    expect(await client.reply()).to.match(/^250 /);
    client.destroy();
    expect(await house.inbox(full)).to.have.length(0);
    expect(await house.inbox(lucky)).to.have.length(1);
  });

  it('refuses a message above SIZE while it streams, and goes on in step', async () => {
    const client = await open();
    await client.ask('MAIL FROM:<a@b.example>');
    await client.ask('RCPT TO:<aigerim@example.kz>');
    await client.ask('DATA');
    for (let i = 0; i < 20; i++) client.send(`${'x'.repeat(998)}\r\n`);
    expect(await client.ask('.')).to.equal('552 5.3.4 Message is bigger than SIZE allows');
    expect(await client.ask('NOOP')).to.equal('250 2.0.0 Ok');
    client.destroy();
  });

  it('cuts loops at a hundred hops', async () => {
    for (const [hops, want] of [
      [99, /^250 /],
      [100, /^554 5\.4\.6 /],
    ] as const) {
      const client = await open();
      await client.ask('MAIL FROM:<a@b.example>');
      await client.ask('RCPT TO:<aigerim@example.kz>');
      await client.ask('DATA');
      client.send(
        `${'Received: by x;\r\n y\r\n'.repeat(hops)}Subject: x\r\n\r\nReceived: not me\r\n`,
      );
      expect(await client.ask('.')).to.match(want);
      client.destroy();
    }
  });

  it('takes out what only we may say', async () => {
    const saule = await house.account('saule');
    const client = await open();
    await client.ask('MAIL FROM:<a@b.example>');
    await client.ask('RCPT TO:<saule@example.kz>');
    await client.ask('DATA');
    client.send(
      'Return-Path: <forged@example.com>\r\nZhashik-Class: official\r\n forged\r\nSubject: x\r\n' +
        'Authentication-Results: (c) mx.example.kz; dkim=pass\r\nAUTHENTICATION-RESULTS: other.example; spf=pass\r\n' +
        'zhashik-evidence: forged\r\nBcc: kept@example.com\r\n\r\nZhashik-Class: in the body\r\n',
    );
    expect(await client.ask('.')).to.match(/^250 /);
    client.destroy();
    const [letter = ''] = await house.inbox(saule);
    expect(withoutTrace(letter)).to.equal(
      'Subject: x\r\nAUTHENTICATION-RESULTS: other.example; spf=pass\r\nBcc: kept@example.com\r\n\r\nZhashik-Class: in the body\r\n',
    );
  });

  it('takes a thousand recipients and says 452 to the next', async () => {
    const many = await house.store.accounts.createMany(
      Array.from({ length: 1000 }, (_, i) => ({
        address: `n${i}@example.kz`,
        canonical: `n${i}@example.kz`,
        skeleton: `n${i}@example.kz`,
        credentials: { hash: undefined, scram: undefined },
        quota: { bytes: undefined, messages: undefined },
      })),
      { actor: 'test', action: 'account.create' },
    );
    const client = await open();
    await client.ask('MAIL FROM:<a@b.example>');
    client.send(Array.from({ length: 1000 }, (_, i) => `RCPT TO:<n${i}@example.kz>\r\n`).join(''));
    for (let i = 0; i < 1000; i++) expect(await client.reply()).to.equal('250 2.1.5 Ok');
    expect(await client.ask('RCPT TO:<aigerim@example.kz>')).to.equal(
      '452 4.5.3 Too many recipients',
    );
    await client.ask('DATA');
    client.send('Subject: to all\r\n\r\n');
    expect(await client.ask('.')).to.match(/^250 /);
    client.destroy();
    for (const i of [0, 499, 999]) {
      expect(await house.inbox(many[i] as Account)).to.have.length(1);
    }
  });

  it('gives who is named twice one letter', async () => {
    const twice = await house.account('twice');
    const client = await open();
    await client.ask('MAIL FROM:<a@b.example>');
    await client.ask('RCPT TO:<twice@example.kz>');
    await client.ask('RCPT TO:<TWICE@example.kz>');
    await client.ask('DATA');
    expect(await client.ask('Subject: once\r\n\r\n.')).to.match(/^250 /);
    client.destroy();
    expect(await house.inbox(twice)).to.have.length(1);
  });

  it('speaks HELO, and says so in Received', async () => {
    const old = await house.account('old');
    await play(
      mx.port,
      `
      S: 220 ...
      C: HELO client.example.com
      S: 250 mx.example.kz
      C: MAIL FROM:<a@b.example>
      S: 250 ...
      C: RCPT TO:<old@example.kz>
      S: 250 ...
      C: DATA
      S: 354 ...
      C: .
      S: 250 ...
      `,
    );
    expect((await house.inbox(old))[0]).to.contain('\tby mx.example.kz with SMTP id ');
  });

  it('takes SMTPUTF8 in the envelope and says so in Received', async () => {
    const utf = await house.account('utf');
    const client = await open();
    expect(await client.ask('MAIL FROM:<әйгерім@пошта.қаз> SMTPUTF8')).to.match(/^250 /);
    expect(await client.ask('RCPT TO:<utf@example.kz> ORCPT=utf-8;әйгерім@пошта.қаз')).to.match(
      /^250 /,
    );
    await client.ask('DATA');
    expect(await client.ask('Subject: Сәлем\r\n\r\n.')).to.match(/^250 /);
    client.destroy();
    const [letter = ''] = await house.inbox(utf);
    expect(letter).to.match(/^Return-Path: <әйгерім@пошта\.қаз>\r\n/);
    expect(letter).to.contain(' with UTF8SMTP id ');
    expect(letter).to.contain('Subject: Сәлем\r\n');
  });

  it('keeps a message without a header as text', async () => {
    const text = await house.account('text');
    const client = await open();
    await client.ask('MAIL FROM:<a@b.example>');
    await client.ask('RCPT TO:<text@example.kz>');
    await client.ask('DATA');
    expect(await client.ask('just text\r\n.')).to.match(/^250 /);
    client.destroy();
    expect(withoutTrace((await house.inbox(text))[0] ?? '')).to.equal('\r\njust text\r\n');
  });

  it('answers what came before the client closed its half', async () => {
    const half = await house.account('half');
    const client = await open();
    client.send(
      'MAIL FROM:<a@b.example>\r\nRCPT TO:<half@example.kz>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nNOOP\r\n',
    );
    client.end();
    expect(await client.reply()).to.match(/^250 /);
    expect(await client.reply()).to.match(/^250 /);
    expect(await client.reply()).to.match(/^354 /);
    expect(await client.reply()).to.match(/^250 2\.0\.0 Ok: accepted/);
    expect(await client.reply()).to.match(/^250 /);
    expect(await client.line()).to.equal(undefined);
    expect(await house.inbox(half)).to.have.length(1);
  });

  it('stores nothing of a message whose end did not come', async () => {
    const cut = await house.account('cut');
    const client = await open();
    client.send(
      'MAIL FROM:<a@b.example>\r\nRCPT TO:<cut@example.kz>\r\nDATA\r\nSubject: x\r\n\r\ntext\r\n',
    );
    client.end();
    while ((await client.line()) !== undefined);
    expect(await house.inbox(cut)).to.have.length(0);
  });
});
