import { connect, createServer } from 'node:net';
import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import type { AccountId } from '../../src/core/values.ts';
import { keywordNames } from '../../src/store/mailbox-view.ts';
import { failureOf, type Office, openOffice, run } from '../admin/support.ts';
import { octetsOf } from '../store/support.ts';
import { Dovecot, dovecotMissing } from './dovecot.ts';

const password = 'a-word-of-passage';
const user = 'saule';
const inboxLetters = 300;

interface Put {
  readonly text: string;
  readonly flags: readonly string[];
  /** Seconds since 1970. */
  readonly at: number;
}

/** What is put into the Dovecot, by mailbox. */
function archive(): Map<string, Put[]> {
  const letter = (name: string, n: number): Put => ({
    text: `Subject: ${name} ${n}\r\nMessage-ID: <${n}@x>\r\n\r\nline\r\n.dot\r\nFrom x\r\n`,
    flags: [
      ...(n % 2 ? ['\\Seen'] : []),
      ...(n % 3 ? [] : ['\\Flagged', '$Important']),
      ...(n % 5 ? [] : ['\\Answered', 'label-5']),
      ...(n % 7 ? [] : ['\\Draft']),
      ...(n % 11 ? [] : ['\\Deleted']),
    ],
    at: 1_500_000_000 + n * 86_401,
  });
  const letters = (name: string, count: number): Put[] =>
    Array.from({ length: count }, (_, n) => letter(name, n));
  return new Map([
    ['INBOX', letters('inbox', inboxLetters)],
    ['Жұмыс', letters('work', 3)],
    ['Жұмыс/Қалта & 2026/日本語 ~peter', letters('inner', 12)],
    ['INBOX/Төмен', letters('below', 2)],
    ['Gesendet', letters('sent', 4)],
    ['Everything', letters('all', 5)],
  ]);
}

describe('import from a real Dovecot', function () {
  this.timeout(180_000);
  let dovecot: Dovecot | undefined;
  let office: Office;
  let account: AccountId;
  const source = archive();

  before(async function () {
    const missing = dovecotMissing();
    if (missing !== undefined) {
      console.log(`      ${missing}: skipped`);
      this.skip();
    }
    dovecot = await Dovecot.start(password);
    office = await openOffice();
    const input = { address: 'new@example.kz', password: 'correct horse', allowReserved: false };
    const made = await run(office.admin, 'account.create', {
      ...input,
      apply: true,
      quotaBytes: 0,
    });
    account = made.result.account!.id as AccountId;
    const client = await signIn();
    for (const [name, letters] of source) {
      if (!['INBOX', 'Gesendet', 'Everything'].includes(name)) await client.mailboxCreate(name);
      for (const { text, flags, at } of letters) {
        await client.append(name, text, [...flags], new Date(at * 1000));
      }
    }
    await client.logout();
  });
  after(async () => {
    await dovecot?.stop();
    if (dovecot !== undefined) await office.close();
  });

  async function signIn(): Promise<ImapFlow> {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: dovecot!.port,
      secure: false,
      doSTARTTLS: false,
      auth: { user, pass: password },
      logger: false,
    });
    await client.connect();
    return client;
  }

  const input = (more: object = {}) => ({
    address: 'new',
    from: `imap://127.0.0.1:${dovecot!.port}`,
    user,
    password,
    tls: 'none' as const,
    apply: true,
    ...more,
  });
  const take = async (more: object = {}) => {
    const { progress, result } = await run(office.admin, 'letters.import', input(more));
    return { result, notes: progress.flatMap(({ notes }) => notes.map(({ message }) => message)) };
  };

  async function held(): Promise<Map<string, Put[]>> {
    const all = new Map<string, Put[]>();
    for (const { id, name, messages } of await office.store.mailboxes(account)) {
      if (messages === 0) continue;
      const open = await office.store.open(account, id);
      const { view } = open;
      const letters: Put[] = [];
      for (let i = 0; i < view.count; i++) {
        const bits = view.flagsAt(i);
        const system = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'];
        letters.push({
          text: (await octetsOf(office.store, account, view.emailAt(i))).toString(),
          flags: [
            ...system.filter((_, bit) => (bits & (1 << bit)) !== 0),
            ...keywordNames(view.keywords, bits, view.moreFlagsAt(i)),
          ],
          at: view.internalDateAt(i),
        });
      }
      all.set(name, letters);
      open.close();
    }
    return all;
  }

  const inOrder = (mailboxes: ReadonlyMap<string, readonly Put[]>) =>
    Object.fromEntries(
      [...mailboxes].map(([name, letters]) => [
        name,
        letters.map(({ text, flags, at }) => ({ text, at, flags: [...flags].sort() })),
      ]),
    );
  /** Where the letters are to be, by our names. */
  const expected = () => {
    const ours = new Map(source);
    ours.set('Sent', ours.get('Gesendet') ?? []);
    ours.delete('Gesendet');
    ours.delete('Everything');
    return inOrder(ours);
  };
  const own = inboxLetters + 3 + 12 + 2 + 4;

  it('is cut off and taken up again: flags, keywords, dates and names, nothing twice', async () => {
    let before = 0;
    for (const octets of [60_000, 30_000]) {
      const cut = await cutAfter(dovecot!.port, octets);
      const from = `imap://127.0.0.1:${cut.port}`;
      expect(await failureOf(take({ from }))).to.equal('unavailable');
      cut.close();
      const stored = [...(await held()).values()].flat().length;
      expect(stored, 'some more, not all').to.be.greaterThan(before).and.lessThan(own);
      before = stored;
    }
    const { result } = await take();
    expect(result).to.deep.include({ imported: own - before, known: before, failed: {} });
    expect(inOrder(await held())).to.deep.equal(expected());
  });

  it('adds nothing when nothing is new, and only what is', async () => {
    expect((await take()).result).to.deep.include({ imported: 0, known: own });
    const client = await signIn();
    const late = { text: 'Subject: late\r\n\r\nx\r\n', flags: ['\\Seen'], at: 1_700_000_000 };
    await client.append('Жұмыс', late.text, late.flags, new Date(late.at * 1000));
    await client.logout();
    source.get('Жұмыс')!.push(late);
    expect((await take()).result).to.deep.include({ imported: 1, known: own });
    expect(inOrder(await held())).to.deep.equal(expected());
  });

  it('passes over what shows letters of other mailboxes, says so, and takes it when told', async () => {
    const { notes } = await take();
    expect(notes.join()).to.include('Everything: \\All').and.include('none of its 5 is taken');
    const rest = await take({ views: 'rest' });
    expect(rest.result).to.deep.include({ imported: 0 });
    expect(rest.notes.join(), 'Dovecot 2.3 gives letters no identity').to.include('does not tell');
    expect((await take({ views: 'all' })).result).to.deep.include({ imported: 5, known: own + 1 });
    const all = inOrder(await held());
    expect(all['Everything']).to.deep.equal(inOrder(source)['Everything']);
  });
});

/** A way to that port whose connections break when so many octets have come back. */
async function cutAfter(
  port: number,
  octets: number,
): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let passed = 0;
    upstream.on('data', (chunk: Buffer) => {
      passed += chunk.length;
      if (passed < octets) client.write(chunk);
      else client.destroy();
    });
    client.on('data', (chunk: Buffer) => upstream.write(chunk));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, close: () => server.close() };
}
