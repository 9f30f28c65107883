import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AccountId, MailboxName } from '../../src/core/values.ts';
import { keywordNames } from '../../src/store/mailbox-view.ts';
import { type Office, failureOf, openOffice, run } from '../admin/support.ts';
import { octetsOf } from '../store/support.ts';

const noted = (subject: string, body = 'text'): string => `Subject: ${subject}\n\n${body}\n`;

describe('import', () => {
  let office: Office;
  let folder: string;
  let account: AccountId;
  let count = 0;
  let address: string;
  before(async () => {
    office = await openOffice();
  });
  after(() => office.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-import-'));
    address = `reader${++count}@example.kz`;
    const password = 'correct horse';
    const input = { address, password, allowReserved: false, apply: true, quotaBytes: 0 };
    const made = await run(office.admin, 'account.create', input);
    account = made.result.account!.id as AccountId;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const put = (path: string, text: string, seconds = 1_700_000_000): void => {
    const whole = join(folder, path);
    mkdirSync(join(whole, '..'), { recursive: true });
    writeFileSync(whole, text);
    utimesSync(whole, seconds, seconds);
  };
  const take = async (kind: string, more: object = {}) => {
    const input = { address, from: `${kind}:${folder}`, tls: 'verify' as const, apply: true };
    return run(office.admin, 'letters.import', { ...input, ...more });
  };
  const held = async (name = 'INBOX') => {
    const mailbox = await office.store.findMailbox(account, name as MailboxName);
    if (mailbox === undefined) return undefined;
    const open = await office.store.open(account, mailbox.id);
    const { view } = open;
    const all = [];
    for (let i = 0; i < view.count; i++) {
      all.push({
        text: (await octetsOf(office.store, account, view.emailAt(i))).toString(),
        system: view.flagsAt(i) & 31,
        keywords: keywordNames(view.keywords, view.flagsAt(i), view.moreFlagsAt(i)),
        at: view.internalDateAt(i),
      });
    }
    open.close();
    return all;
  };
  const subjects = async (name?: string) =>
    (await held(name))?.map(({ text }) => /Subject: (.*)\r\n/.exec(text)?.[1]);

  it('takes a Maildir++ with flags, keywords, dates and Kazakh names, once', async () => {
    put('cur/1700000002.a.host:2,FS', noted('second'), 1_700_000_002);
    put('new/1700000001.b.host', 'Subject: first\r\n\r\ncrlf\r\n', 1_600_000_000);
    put('dovecot-keywords', '0 $Important\n1 bad(one\n');
    put('cur/1700000003.c.host,S=9,W=10:2,Rab', noted('third'));
    put('tmp/1700000004.d.host', noted('not yet delivered'));
    put('.&BBYEsQQ8BEsEQQ-.2026/cur/1.x:2,', noted('қалта'));
    put('Nested/Deep/cur/1.y:2,T', noted('nested'));
    const { result } = await take('maildir');
    expect(result).to.deep.include({ imported: 5, known: 0, failed: {} });
    const inbox = await held();
    expect(inbox?.map(({ text }) => text)).to.deep.equal([
      'Subject: first\r\n\r\ncrlf\r\n',
      'Subject: second\r\n\r\ntext\r\n',
      'Subject: third\r\n\r\ntext\r\n',
    ]);
    expect(inbox?.map(({ system }) => system)).to.deep.equal([0, 10, 1]);
    expect(inbox?.[2]?.keywords).to.deep.equal(['$Important']);
    expect(inbox?.[0]?.at).to.equal(1_600_000_000);
    expect(await subjects('Жұмыс/2026')).to.deep.equal(['қалта']);
    expect(await subjects('Nested/Deep')).to.deep.equal(['nested']);

    expect((await take('maildir')).result).to.deep.include({ imported: 0, known: 5 });
    put('cur/1700000009.z.host:2,S', noted('new one'));
    expect((await take('maildir')).result).to.deep.include({ imported: 1, known: 5 });
    expect(await subjects()).to.deep.equal(['first', 'second', 'third', 'new one']);
  });

  it('tells bad letters and takes the others; follows no links', async () => {
    put('cur/1.nul:2,', noted('nul', 'a\0b'));
    put('cur/2.big:2,', noted('big', 'x'.repeat(1_000_001)));
    put('cur/3.empty:2,', '');
    put('cur/4.good:2,', noted('good'));
    writeFileSync(join(folder, 'secret'), noted('secret'));
    symlinkSync(join(folder, 'secret'), join(folder, 'cur/5.link:2,'));
    const { result, progress } = await take('maildir');
    expect(result).to.deep.include({ imported: 1, failed: { nul: 1, 'too-big': 1, empty: 1 } });
    expect(progress.flatMap(({ notes }) => notes.map(({ trouble }) => trouble))).to.have.length(3);
    expect(await subjects()).to.deep.equal(['good']);
  });

  it('shows the letters to whoever looks at the mailbox, at once', async () => {
    const open = await office.store.open(account, 1 as never);
    const follower = open.view.follow();
    for (let i = 0; i < 3; i++) put(`cur/${i}.a:2,`, noted(`letter ${i}`));
    await take('maildir');
    const added = [];
    for (let next = follower.next(); next !== undefined; next = follower.next()) added.push(next);
    expect(added.map(({ kind }) => kind)).to.deep.equal(['added', 'added', 'added']);
    follower.close();
    open.close();
  });

  it('says what is no Maildir, and leaves a record of who imported what', async () => {
    put('file', 'x');
    for (const from of [
      `maildir:${folder}/file`,
      'maildir:relative',
      `eml:${folder}/none`,
      'pst:/x',
    ]) {
      expect(await failureOf(take('', { from })), from).to.equal('invalid');
    }
    await take('maildir');
    const [done, begun] = await office.store.audit.list({ account, limit: 2 });
    expect(begun).to.deep.include({ actor: 'cli:test', action: 'account.import-letters' });
    expect(done?.detail).to.deep.include({ from: `maildir:${folder}`, imported: 0 });
  });

  it('writes nothing in a dry run', async () => {
    put('.New/cur/1.a:2,', noted('one'));
    expect((await take('maildir', { apply: false })).result).to.deep.include({ imported: 1 });
    expect(await held('New')).to.equal(undefined);
    expect((await take('maildir')).result).to.deep.include({ imported: 1 });
  });

  it('puts everything below a mailbox, which is another import', async () => {
    put('cur/1.a:2,', noted('one'));
    put('.Sent/cur/2.a:2,', noted('two'));
    await take('maildir');
    expect((await take('maildir', { mailbox: 'Ескі' })).result.imported).to.equal(2);
    expect(await subjects('Ескі')).to.deep.equal(['one']);
    expect(await subjects('Ескі/Sent')).to.deep.equal(['two']);
    expect(await subjects('Sent')).to.deep.equal(['two']);
  });

  it('stops at the quota, and goes on when there is room', async () => {
    for (let i = 0; i < 100; i++) put(`cur/${i}.a:2,`, noted(`letter ${i}`));
    const quota = { address, messages: 70, apply: true };
    await run(office.admin, 'quota.set', quota);
    let refused: unknown;
    await take('maildir').catch((error: unknown) => (refused = error));
    expect(refused).to.include({ failure: 'over-quota' });
    await run(office.admin, 'quota.set', { ...quota, messages: null });
    expect((await take('maildir')).result).to.deep.include({ imported: 30, known: 70 });
    expect(new Set(await subjects()).size).to.equal(100);
  });

  it('reads mbox files: separators, quoting, status fields, what Thunderbird deleted', async () => {
    const from = (date = 'Thu Jan  1 00:00:10 2015'): string => `From someone@example.kz ${date}\n`;
    put(
      'Archive.mbox',
      from() +
        'Status: RO\nX-Status: F\nX-Keywords: work\nSubject: one\nStatus: my own\n\nbody\n' +
        '>From me\n>>From you\nFrom nobody, not a date\n\n' +
        from('Thu Jan  1 06:00:20 +0600 2015') +
        'Subject: two\n\nFrom here\n\n\n' +
        from() +
        'Subject: gone\nX-Mozilla-Status: 0009\n\nx\n\n' +
        from() +
        'Subject: empty\n\n' +
        from() +
        'Subject: same\n\nx\n\n' +
        from() +
        'Subject: same\n\nx\n\n',
    );
    put('Work.sbd/Жоба', `${from()}Subject: deep\n\nlast line without a break`);
    put('Work.msf', 'no mbox');
    const { result } = await take('mbox');
    expect(result).to.deep.include({ imported: 6, deleted: 1, failed: {} });
    const archive = await held('Archive');
    expect(archive?.[0]).to.deep.include({
      text: 'Subject: one\r\nStatus: my own\r\n\r\nbody\r\nFrom me\r\n>From you\r\nFrom nobody, not a date\r\n',
      system: 10,
      keywords: ['work'],
      at: 1_420_070_410,
    });
    expect(archive?.[1]).to.deep.include({
      text: 'Subject: two\r\n\r\nFrom here\r\n\r\n',
      at: 1_420_070_420,
    });
    expect(await subjects('Archive')).to.deep.equal(['one', 'two', 'empty', 'same', 'same']);
    expect(await subjects('Work/Жоба')).to.deep.equal(['deep']);
    expect((await take('mbox')).result).to.deep.include({ imported: 0, known: 6 });
  });

  it('believes a Content-Length that leads to a separator, and no other', async () => {
    const inner = 'inner\n\nFrom x Thu Jan  1 00:00:10 2015\nnot a letter\n';
    const from = 'From x Thu Jan  1 00:00:10 2015\n';
    put(
      'box',
      `${from}Subject: one\nContent-Length: ${inner.length}\n\n${inner}\n` +
        `${from}Subject: two\nContent-Length: 7\n\nlonger than seven\n\n${from}Subject: three\n\n`,
    );
    await take('mbox');
    expect(await subjects('box')).to.deep.equal(['one', 'two', 'three']);
    expect((await held('box'))?.[0]?.text).to.include('not a letter\r\n');
  });

  it('reads EML trees, in order, with the dates of their headers', async () => {
    put('2.eml', `Received: by x; Thu, 1 Jan 2015 00:00:10 +0000\n${noted('two')}`);
    put('10.EML', `Date: Thu, 1 Jan 2015 00:00:20 +0000\n${noted('ten')}`);
    put('Хаттар/a b.eml', noted('inner'), 1_500_000_000);
    put('Хаттар/other.txt', 'none');
    expect((await take('eml')).result).to.deep.include({ imported: 3 });
    expect((await held())?.map(({ at }) => at)).to.deep.equal([1_420_070_410, 1_420_070_420]);
    expect((await held('Хаттар'))?.[0]?.at).to.equal(1_500_000_000);
    expect((await take('eml')).result).to.deep.include({ imported: 0, known: 3 });
  });
});
