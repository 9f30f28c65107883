import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import type { AccountId, MailboxName } from '../../src/core/values.ts';
import { type Office, failureOf, openOffice, run } from '../admin/support.ts';
import { aigerim, ClientsServer, password } from '../clients/support.ts';
import { startImap } from '../imap/support.ts';
import { octetsOf } from '../store/support.ts';

describe('import from an IMAP server', function () {
  this.timeout(120_000);
  let server: ClientsServer;
  let office: Office;
  let account: AccountId;
  const large = `Subject: large\r\n\r\n${'0123456789\r\n'.repeat(60_000)}`;

  before(async () => {
    server = await ClientsServer.start();
    office = await openOffice();
    const input = { address: 'new@example.kz', password, allowReserved: false, apply: true };
    const made = await run(office.admin, 'account.create', { ...input, quotaBytes: 0 });
    account = made.result.account!.id as AccountId;
    const client = await signIn();
    for (let n = 0; n < 70; n++) {
      const flags = n % 2 ? ['\\Seen', '$Important'] : [];
      const at = new Date((1_600_000_000 + n) * 1000);
      await client.append('INBOX', `Subject: letter ${n}\r\n\r\ntext ${n}\r\n`, flags, at);
    }
    await client.mailboxCreate('Жұмыс/2026');
    await client.append('Жұмыс/2026', large, ['\\Flagged']);
    await client.append('Sent', 'Subject: sent\r\n\r\nx\r\n', ['\\Seen']);
    await client.logout();
    const sent = await office.store.findMailbox(account, 'Sent' as MailboxName);
    await office.store.renameMailbox(account, sent!.id, 'Жіберілген' as MailboxName);
  });
  after(async () => {
    await server.stop();
    await office.close();
  });

  async function signIn(): Promise<ImapFlow> {
    const client = new ImapFlow({
      host: 'localhost',
      port: server.ports.imaps,
      secure: true,
      auth: { user: aigerim, pass: password },
      tls: { ca: server.authority },
      logger: false,
    });
    await client.connect();
    return client;
  }

  const take = (more: object = {}) =>
    run(office.admin, 'letters.import', {
      address: 'new',
      from: `imaps://localhost:${server.ports.imaps}`,
      user: aigerim,
      password,
      tls: 'unverified',
      apply: true,
      ...more,
    });
  const view = async (name: string) => {
    const mailbox = await office.store.findMailbox(account, name as MailboxName);
    return office.store.open(account, mailbox!.id);
  };

  it('trusts no certificate that it cannot verify, and says a refused login', async () => {
    expect(await failureOf(take({ tls: 'verify' }))).to.equal('unavailable');
    expect(await failureOf(take({ password: 'wrong' }))).to.equal('no-permission');
  });

  it('takes all mailboxes with flags, dates and special uses, large letters too', async () => {
    const { result } = await take();
    expect(result).to.deep.include({ imported: 72, known: 0, failed: {} });
    const inbox = await view('INBOX');
    expect(inbox.view.count).to.equal(70);
    expect(inbox.view.keywords).to.deep.equal(['$Important']);
    for (let i = 0; i < 70; i++) {
      expect(inbox.view.internalDateAt(i)).to.equal(1_600_000_000 + i);
      expect(inbox.view.flagsAt(i)).to.equal(i % 2 ? 8 | 32 : 0);
    }
    inbox.close();
    const sent = await view('Жіберілген');
    expect(sent.view.count, 'the letter in Sent, by its use').to.equal(1);
    sent.close();
    const work = await view('Жұмыс/2026');
    expect((await octetsOf(office.store, account, work.view.emailAt(0))).toString()).to.equal(
      large,
    );
    work.close();
  });

  it('adds only what is new the next time, by STARTTLS too', async () => {
    expect((await take()).result).to.deep.include({ imported: 0, known: 72 });
    const client = await signIn();
    await client.append('INBOX', 'Subject: new\r\n\r\nx\r\n');
    await client.logout();
    const from = `imap://localhost:${server.ports.imap}`;
    expect((await take({ from })).result).to.deep.include({ imported: 1, known: 72 });
  });
});

describe('import of what only All Mail has', () => {
  it('takes it into the archive, once, and tells how many are in other mailboxes too', async () => {
    const same = { text: letter('both'), flags: [] };
    const server = await startImap({
      as: 'gulnar@example.kz',
      accounts: { 'gulnar@example.kz': 'kapusta' },
      mailboxes: {
        INBOX: [same, { text: letter('inbox') }],
        'All Mail': [same, { text: letter('archived 1') }, { text: letter('archived 2') }],
        Starred: [{ text: letter('archived 2') }],
      },
      specialUses: { 'All Mail': '\\All', Starred: '\\Flagged' },
    });
    const office = await openOffice();
    try {
      const made = await run(office.admin, 'account.create', {
        ...{ address: 'all@example.kz', password, allowReserved: false, apply: true },
        quotaBytes: 0,
      });
      const account = made.result.account!.id as AccountId;
      const take = (views: 'skip' | 'rest') =>
        run(office.admin, 'letters.import', {
          ...{ address: 'all', from: `imap://127.0.0.1:${server.port}`, tls: 'none', apply: true },
          ...{ user: 'gulnar@example.kz', password: 'kapusta', views },
        });
      const { progress, result } = await take('skip');
      expect(result).to.deep.include({ imported: 2, elsewhere: 0 });
      const notes = progress.flatMap((one) => one.notes.map(({ message }) => message));
      expect(notes.join('\n'))
        .to.match(/All Mail: .*none of its 3/)
        .and.match(/Starred: .*its 1/);
      expect((await take('rest')).result).to.deep.include({ imported: 2, known: 2, elsewhere: 2 });
      const archive = await office.store.findMailbox(account, 'Archive' as MailboxName);
      expect(archive?.messages).to.equal(2);
      expect((await take('rest')).result).to.deep.include({ imported: 0, known: 4, elsewhere: 2 });
    } finally {
      await office.close();
      await server.close();
    }
  });
});

const letter = (subject: string): string => `Subject: ${subject}\r\n\r\nx\r\n`;
