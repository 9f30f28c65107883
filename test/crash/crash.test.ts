import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountId } from '../../src/core/values.ts';
import type { MailStore } from '../../src/store/api.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { keywordNames, type MailboxView } from '../../src/store/mailbox-view.ts';
import { random } from '../../bench/letters.ts';
import { createAccounts } from '../support/accounts.ts';
import { freePorts } from '../support/free-ports.ts';
import { plainConfig, type PlainPorts } from '../support/plain-config.ts';
import { buildServer, ServerProcess } from '../support/server-process.ts';
import { ImapWire } from '../support/wire-client.ts';
import { keepSending, keepWorking, sendAgain } from './clients.ts';
import { LetterBook, type TestLetter } from './letter-book.ts';
import { AccountModel, type ModelMessage } from './mailbox-model.ts';

const kills = Number(process.env['ZHASHIK_TEST_KILLS'] ?? 20);
const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20261123);
const password = 'crash-password-1';
const receivers = ['r0@example.kz', 'r1@example.kz', 'r2@example.kz', 'r3@example.kz'];
const workers = ['w0@example.kz', 'w1@example.kz', 'w2@example.kz'];
const mailboxesOfWorkers = ['INBOX', 'Archive'];
const leastRunMs = 80;
const mostRunMs = 500;

/** What a mailbox held in the checks before: a UID is never given to another message, and nothing goes back. */
interface Remembered {
  readonly uids: Map<number, string>;
  uidNext: number;
  highestModSeq: number;
}

describe(`a server killed at ${kills} random moments (seed ${seed})`, function () {
  this.timeout(kills * 15_000);
  const folder = mkdtempSync(join(tmpdir(), 'zhashik-crash-'));
  const data = join(folder, 'data');
  const configFile = join(folder, 'zhashik.yaml');
  const next = random(seed);
  const book = new LetterBook();
  const appended = new Map<string, TestLetter>();
  const models = new Map(workers.map((address) => [address, new AccountModel(mailboxesOfWorkers)]));
  const remembered = new Map<string, Remembered>();
  let ports: PlainPorts;
  let tokens = 0;
  const token = (): string => `token-${++tokens}`;

  before(async () => {
    const [smtp, lmtp, imap] = (await freePorts(3)) as [number, number, number];
    ports = { smtp, lmtp, imap };
    // The compiled server: what operators run, and it starts faster.
    buildServer();
    writeFileSync(configFile, plainConfig(data, ports));
    await createAccounts(
      data,
      [...receivers, ...workers].map((address) => [address, password] as const),
    );
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('holds every acknowledged letter exactly once, whatever the moment', async () => {
    for (let round = 1; round <= kills; round++) {
      const server = await ServerProcess.start(configFile, Object.values(ports), 'build');
      try {
        await sendAgain(ports.smtp, book);
        const clients = startClients();
        await new Promise((resolve) => {
          // The moment of the kill is the point of the test, not a wait for something.
          setTimeout(resolve, leastRunMs + next() * (mostRunMs - leastRunMs));
        });
        await server.end('SIGKILL');
        await Promise.all(clients);
        await checkStore();
      } catch (error) {
        throw new Error(`round ${round}, seed ${seed}; the server printed:\n${server.printed}`, {
          cause: error,
        });
      } finally {
        await server.end('SIGKILL');
      }
    }
    expect(book.acknowledgedCount, 'letters acknowledged').to.be.greaterThan(kills);
  });

  it('then serves over IMAP what the store holds, and stops with 0', async () => {
    const server = await ServerProcess.start(configFile, Object.values(ports), 'build');
    await sendAgain(ports.smtp, book);
    expect(book.unanswered()).to.deep.equal([]);
    for (const address of receivers) {
      const imap = await ImapWire.login(ports.imap, address, password);
      await imap.command('SELECT INBOX');
      const { untagged } = await imap.command('UID FETCH 1:* (BODY.PEEK[])');
      book.check(
        address,
        untagged.flatMap(({ literals }) => literals),
      );
      imap.wire.destroy();
    }
    expect(await server.end('SIGTERM'), server.printed).to.equal(0);
    await checkStore();
  });

  function startClients(): Promise<void>[] {
    return [
      keepSending(ports.smtp, 'smtp', receivers, book, next, token),
      keepSending(ports.smtp, 'smtp', receivers, book, next, token),
      keepSending(ports.lmtp, 'lmtp', receivers, book, next, token),
      ...workers.map((address) =>
        keepWorking(
          ports.imap,
          { address, password },
          models.get(address) as AccountModel,
          appended,
          next,
          token,
        ),
      ),
    ];
  }

  async function checkStore(): Promise<void> {
    const store = await openEmbeddedStore({ folder: data, readers: 1, writers: 1 });
    try {
      for (const address of receivers) {
        const held = await checkAccount(store, address);
        book.check(
          address,
          [...(held.get('INBOX')?.values() ?? [])].map(({ bytes }) => bytes),
        );
      }
      for (const address of workers) {
        const held = await checkAccount(store, address);
        const state = new Map(
          mailboxesOfWorkers.map((name) => [name, modelOf(held.get(name) ?? new Map())]),
        );
        models.get(address)?.reconcile(address, state);
      }
    } finally {
      await store.close();
    }
  }

  /** The promises that need no model: order, reuse, counters, quota. Gives what the account holds. */
  async function checkAccount(
    store: MailStore,
    address: string,
  ): Promise<Map<string, Map<number, Held>>> {
    const account = await store.accounts.find(address);
    if (account === undefined) throw new Error(`no account ${address}`);
    const held = new Map<string, Map<number, Held>>();
    let bytes = 0;
    let messages = 0;
    for (const mailbox of await store.mailboxes(account.id)) {
      const open = await store.open(account.id, mailbox.id);
      const { view } = open;
      const contents = await readAll(store, account.id, view);
      held.set(mailbox.name, contents);
      const key = `${address}/${mailbox.id}/${mailbox.uidValidity}`;
      const memory = remembered.get(key) ?? { uids: new Map(), uidNext: 1, highestModSeq: 0 };
      remembered.set(key, memory);
      expect(mailbox.uidNext, `UIDNEXT of ${key}`).to.be.at.least(memory.uidNext);
      expect(mailbox.highestModSeq, `HIGHESTMODSEQ of ${key}`).to.be.at.least(memory.highestModSeq);
      memory.uidNext = mailbox.uidNext;
      memory.highestModSeq = mailbox.highestModSeq;
      let last = 0;
      let unseen = 0;
      for (let i = 0; i < view.count; i++) {
        const row = view.rowAt(i);
        expect(row.uid, `UIDs of ${key} ascend`).to.be.greaterThan(last);
        expect(row.uid).to.be.lessThan(mailbox.uidNext);
        expect(row.modSeq).to.be.at.most(mailbox.highestModSeq);
        last = row.uid;
        const name = contents.get(row.uid)?.token ?? '';
        expect(memory.uids.get(row.uid) ?? name, `UID ${row.uid} of ${key} is reused`).to.equal(
          name,
        );
        memory.uids.set(row.uid, name);
        bytes += row.sizeBytes;
        if ((row.flags & 8) === 0) unseen++;
      }
      messages += view.count;
      expect(mailbox.messages, `MESSAGES of ${key}`).to.equal(view.count);
      expect(mailbox.unseen, `UNSEEN of ${key}`).to.equal(unseen);
      open.close();
    }
    const quota = await store.quota(account.id);
    expect([quota.usedBytes, quota.usedMessages], `quota of ${address}`).to.deep.equal([
      bytes,
      messages,
    ]);
    return held;
  }

  function modelOf(held: ReadonlyMap<number, Held>): Map<number, ModelMessage> {
    const messages = new Map<number, ModelMessage>();
    for (const [uid, { token, bytes, flags }] of held) {
      const letter = appended.get(token);
      expect(letter?.bytes.equals(bytes), `octets of ${token}`).to.equal(true);
      messages.set(uid, { token, flags });
    }
    return messages;
  }
});

interface Held {
  readonly token: string;
  readonly bytes: Buffer;
  readonly flags: ReadonlySet<string>;
}

async function readAll(
  store: MailStore,
  account: AccountId,
  view: MailboxView,
): Promise<Map<number, Held>> {
  const held = new Map<number, Held>();
  for (let i = 0; i < view.count; i++) {
    const row = view.rowAt(i);
    const content = await store.content(account, row.email);
    if (content === undefined) throw new Error(`UID ${row.uid} has no content`);
    const bytes = Buffer.from(await content.read(0, content.sizeBytes));
    expect(bytes.length, `size of UID ${row.uid}`).to.equal(row.sizeBytes);
    const flags = new Set(keywordNames(view.keywords, row.flags, row.moreFlags));
    if ((row.flags & 2) !== 0) flags.add('\\Flagged');
    if ((row.flags & 4) !== 0) flags.add('\\Deleted');
    const token = /^Subject: (\S+)/m.exec(bytes.toString('latin1'))?.[1] ?? '';
    held.set(row.uid, { token, bytes, flags });
  }
  return held;
}
