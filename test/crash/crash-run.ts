import { expect } from 'chai';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountId } from '../../src/core/values.ts';
import type { MailStore } from '../../src/store/api.ts';
import type { openEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { keywordNames, type MailboxView } from '../../src/store/mailbox-view.ts';
import { random } from '../../bench/letters.ts';
import {
  type DiskEnd,
  type DiskPoint,
  diskPoints,
  type FaultyDisk,
} from '../faults/faulty-disk.ts';
import { createAccounts } from '../support/accounts.ts';
import { freePorts } from '../support/free-ports.ts';
import { plainConfig, type PlainPorts } from '../support/plain-config.ts';
import { ServerProcess } from '../support/server-process.ts';
import { ImapWire } from '../support/wire-client.ts';
import {
  keepSending,
  keepSettingQuota,
  keepWorking,
  type QuotaModel,
  sendAgain,
} from './clients.ts';
import { LetterBook, type TestLetter } from './letter-book.ts';
import { AccountModel, type ModelMailbox, type ModelMessage } from './mailbox-model.ts';

const password = 'crash-password-1';
const receivers = ['r0@example.kz', 'r1@example.kz', 'r2@example.kz', 'r3@example.kz'];
const workers = ['w0@example.kz', 'w1@example.kz', 'w2@example.kz'];
const limited = 'limited@example.kz';
const leastRunMs = 80;
const mostRunMs = 500;
/** A named moment that does not come is waited for so long; then the process is killed at this one. */
const namedRunMs = 1500;

/** Named moments are drawn from so many of a kind; of the others, the first or the second is it. */
const mostCounts: Readonly<Partial<Record<DiskPoint, number>>> = {
  write: 800,
  commit: 60,
  directory: 20,
  spool: 6,
  bodies: 6,
  rename: 6,
};

const compiledStore = new URL('../../dist/src/store/embedded/embedded-store.js', import.meta.url)
  .href;

/** What a mailbox held in the checks before: a UID is never given to another message, and nothing goes back. */
interface Remembered {
  readonly uids: Map<number, string>;
  uidNext: number;
  highestModSeq: number;
}

/** An orderly stop, which the moments of checkpoints come with, takes longer. */
function patienceMs({ point }: DiskEnd): number {
  return point.endsWith('checkpoint') ? 4 * namedRunMs : namedRunMs;
}

/** How the rounds of a run ended, for the report. */
export type Ends = Map<string, number>;

/** A data folder whose server is killed again and again, the clients of it, and the model of what it owes them. */
export class CrashRun {
  readonly #folder: string;
  readonly #data: string;
  readonly #configFile: string;
  readonly #seed: number;
  readonly #next: () => number;
  readonly #disk: FaultyDisk | undefined;
  readonly #book = new LetterBook();
  readonly #appended = new Map<string, TestLetter>();
  readonly #models = new Map<string, AccountModel>();
  readonly #quota: QuotaModel = { bytes: 1_000_000, maybe: undefined };
  readonly #remembered = new Map<string, Remembered>();
  readonly ends: Ends = new Map();
  #ports: PlainPorts = { smtp: 0, lmtp: 0, imap: 0 };
  #tokens = 0;

  /** Without a disk that fails on demand, all kills come at random moments. */
  constructor(folder: string, seed: number, disk: FaultyDisk | undefined) {
    this.#folder = folder;
    this.#data = join(folder, 'data');
    this.#configFile = join(folder, 'zhashik.yaml');
    this.#seed = seed;
    this.#next = random(seed);
    this.#disk = disk;
  }

  get acknowledgedLetters(): number {
    return this.#book.acknowledgedCount;
  }

  /** IMAP commands that were answered OK, by name. */
  get acknowledgedCommands(): ReadonlyMap<string, number> {
    const sum = new Map<string, number>();
    for (const { counts } of this.#models.values()) {
      for (const [name, count] of counts) sum.set(name, (sum.get(name) ?? 0) + count);
    }
    return sum;
  }

  async prepare(): Promise<void> {
    const [smtp, lmtp, imap] = (await freePorts(3)) as [number, number, number];
    this.#ports = { smtp, lmtp, imap };
    writeFileSync(this.#configFile, plainConfig(this.#data, this.#ports));
    await createAccounts(
      this.#data,
      [...receivers, ...workers, limited].map((address) => [address, password] as const),
    );
    await this.#checkStore();
  }

  /** Starts the server, lets clients work, ends it at a moment of chance, and compares store and model. */
  async round(number: number): Promise<void> {
    const end = this.#drawEnd();
    const server = this.#start(end);
    let clients: Promise<unknown> = Promise.resolve();
    try {
      try {
        await server.listening(Object.values(this.#ports));
        await sendAgain(this.#ports.smtp, this.#book);
        clients = Promise.all(this.#startClients());
        clients.catch(() => undefined); // it is awaited below, when the server is gone
      } catch (error) {
        // Some moments come in the start already: recovery is interrupted then, which is worth a round.
        if (end === undefined || !(await server.endsWithin(namedRunMs))) throw error;
      }
      // The moment of the kill is the point of the test, not a wait for something.
      const chance = leastRunMs + this.#next() * (mostRunMs - leastRunMs);
      if (end?.point.endsWith('checkpoint') === true && !(await server.endsWithin(chance))) {
        // Logs are copied when they are long, which takes a while, and at the end of an orderly stop.
        server.process.kill('SIGTERM');
      }
      const reached = await server.endsWithin(end === undefined ? chance : patienceMs(end));
      const name = end === undefined ? 'kill at random' : `${end.action} ${end.when} ${end.point}`;
      const key = reached || end === undefined ? name : `kill, as it never came to: ${name}`;
      this.ends.set(key, (this.ends.get(key) ?? 0) + 1);
      await server.end('SIGKILL');
      await clients;
      rmSync(`${this.#data}.saved`, { recursive: true, force: true });
      await this.#checkStore();
    } catch (error) {
      const where = `round ${number}, seed ${this.#seed}, ${JSON.stringify(end)}`;
      throw new Error(`${where}; the server printed:\n${server.printed}`, { cause: error });
    } finally {
      await server.end('SIGKILL');
    }
  }

  /** Serves over IMAP what the store holds, and stops in order. */
  async finish(): Promise<void> {
    const server = this.#start(undefined);
    try {
      await server.listening(Object.values(this.#ports));
      await sendAgain(this.#ports.smtp, this.#book);
      expect(this.#book.unanswered()).to.deep.equal([]);
      for (const address of receivers) {
        const imap = await ImapWire.login(this.#ports.imap, address, password);
        await imap.command('SELECT INBOX');
        const { untagged } = await imap.command('UID FETCH 1:* (BODY.PEEK[])');
        this.#book.check(
          address,
          untagged.flatMap(({ literals }) => literals),
        );
        imap.wire.destroy();
      }
      expect(await server.end('SIGTERM'), server.printed).to.equal(0);
    } finally {
      await server.end('SIGKILL');
    }
    await this.#checkStore();
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Undefined: a kill at a random time. The points come in turn of chance; what is rare gets its share too. */
  #drawEnd(): DiskEnd | undefined {
    if (this.#disk === undefined || this.#next() < 0.25) return undefined;
    const point = diskPoints[Math.floor(this.#next() * diskPoints.length)] ?? 'commit';
    const action = this.#next() < 0.5 ? 'kill' : 'cut';
    const when = point === 'write' || this.#next() < 0.5 ? 'before' : 'after';
    const most = mostCounts[point] ?? 2;
    return { action, when, point, count: 1 + Math.floor(this.#next() * most) };
  }

  /** The compiled server: what operators run, and it starts faster. */
  #start(end: DiskEnd | undefined): ServerProcess {
    const seed = Math.floor(this.#next() * 2 ** 31);
    const environment =
      end === undefined ? {} : this.#disk?.environment({ folder: this.#data, end, seed });
    return ServerProcess.spawn(this.#configFile, 'build', { environment: environment ?? {} });
  }

  #startClients(): Promise<void>[] {
    const { smtp, lmtp, imap } = this.#ports;
    const token = (): string => `token-${++this.#tokens}`;
    const send = (port: number, protocol: 'smtp' | 'lmtp'): Promise<void> =>
      keepSending(port, protocol, receivers, this.#book, this.#next, token);
    return [
      send(smtp, 'smtp'),
      send(smtp, 'smtp'),
      send(lmtp, 'lmtp'),
      ...workers.map((address) =>
        keepWorking(
          imap,
          { address, password },
          this.#models.get(address) as AccountModel,
          this.#appended,
          this.#next,
          token,
        ),
      ),
      keepSettingQuota(join(this.#data, 'control.sock'), limited, this.#quota),
    ];
  }

  async #checkStore(): Promise<void> {
    // The compiled one: its threads start in a tenth of the time.
    const { openEmbeddedStore: open } = (await import(compiledStore)) as {
      openEmbeddedStore: typeof openEmbeddedStore;
    };
    const store = await open({ folder: this.#data, readers: 1, writers: 1 });
    try {
      for (const address of receivers) {
        const held = await this.#checkAccount(store, address);
        this.#book.check(
          address,
          [...(held.get('INBOX')?.values() ?? [])].map(({ bytes }) => bytes),
        );
      }
      for (const address of workers) await this.#checkWorker(store, address);
      await this.#checkQuota(store);
    } finally {
      await store.close();
    }
  }

  async #checkWorker(store: MailStore, address: string): Promise<void> {
    const held = await this.#checkAccount(store, address);
    const account = await store.accounts.find(address);
    if (account === undefined) throw new Error(`no account ${address}`);
    const mailboxes = new Map<string, ModelMailbox>();
    for (const { name, uidNext } of await store.mailboxes(account.id)) {
      mailboxes.set(name, { uidNext, messages: this.#modelOf(held.get(name) ?? new Map()) });
    }
    const state = { mailboxes, subscriptions: await store.subscriptions(account.id) };
    const model = this.#models.get(address);
    if (model === undefined) this.#models.set(address, new AccountModel(state));
    else model.reconcile(address, state);
  }

  /** The directory and the account's shard agree, on what was acknowledged or on one more. */
  async #checkQuota(store: MailStore): Promise<void> {
    const model = this.#quota;
    const account = await store.accounts.find(limited);
    if (account === undefined) throw new Error(`no account ${limited}`);
    const { bytes } = account.quota;
    const inShard = await store.quota(account.id);
    expect(inShard.limits.bytes, 'quota in the shard').to.equal(bytes);
    if (bytes === undefined) return; // before the first
    expect([model.bytes, model.maybe], 'quota in the directory').to.include(bytes);
    model.bytes = bytes;
    model.maybe = undefined;
  }

  /** The promises that need no model: order, reuse, counters, quota. Gives what the account holds. */
  async #checkAccount(store: MailStore, address: string): Promise<Map<string, Map<number, Held>>> {
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
      const memory = this.#remembered.get(key) ?? { uids: new Map(), uidNext: 1, highestModSeq: 0 };
      this.#remembered.set(key, memory);
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

  #modelOf(held: ReadonlyMap<number, Held>): Map<number, ModelMessage> {
    const messages = new Map<number, ModelMessage>();
    for (const [uid, { token, bytes, flags }] of held) {
      const letter = this.#appended.get(token);
      expect(letter?.bytes.equals(bytes), `octets of ${token}`).to.equal(true);
      messages.set(uid, { token, flags });
    }
    return messages;
  }
}

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
