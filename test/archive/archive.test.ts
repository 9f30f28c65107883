import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { presentMessages } from '../../src/archive/present-messages.ts';
import { ArchiveFolder } from '../../src/archive/archive-folder.ts';
import { backUp, type BackupResult } from '../../src/archive/backup.ts';
import { writeAudit } from '../../src/archive/backup-rest.ts';
import { restore, type RestoreResult } from '../../src/archive/restore.ts';
import { undelete } from '../../src/archive/undelete.ts';
import { verifyArchive } from '../../src/archive/verify-archive.ts';
import { type AccountId, deletedBit, inboxId } from '../../src/core/values.ts';
import type { Account, DeletedMessage, MailStore, OpenMailbox } from '../../src/store/api.ts';
import { Random } from '../mail/indexing.ts';
import { openEmbedded, type OpenEmbedded } from '../store/embedded/backend.ts';
import {
  appendAll,
  audit,
  delivery,
  failureOf,
  letter,
  mailboxNamed,
  named,
  newAccount,
  rowsOf,
  withContent,
} from '../store/support.ts';
import {
  files,
  fill,
  fillRecords,
  finish,
  idOf,
  pictureOf,
  problems,
  recordsOf,
} from './support.ts';

describe('archive', function () {
  this.timeout(60_000);
  let one: OpenEmbedded;
  let folder: string;
  beforeEach(async () => {
    one = await openEmbedded({ shards: 2 });
    folder = mkdtempSync(join(tmpdir(), 'zhashik-backup-'));
  });
  afterEach(async () => {
    await one.remove();
    rmSync(folder, { recursive: true });
  });
  const backup = (only?: Account): Promise<BackupResult> =>
    finish(backUp(one.store, folder, only, () => 1_790_000_000_000));
  const into = (
    store: MailStore,
    options: Partial<Parameters<typeof restore>[2]> = {},
  ): Promise<RestoreResult> =>
    finish(restore(store, folder, { apply: true, actor: 'test', ...options }));

  it('brings a random store back as it was, and the second time does nothing', async () => {
    const accounts: Account[] = [];
    for (let i = 0; i < 3; i++) accounts.push(await fill(one.store, i));
    const made = await backup();
    expect(made).to.include({ accounts: 3, damaged: 0 });
    const verified = await finish(verifyArchive(folder));
    expect(verified).to.include({ complete: true, accounts: 3, damaged: 0, letters: made.letters });
    const other = await openEmbedded({ shards: 3 });
    try {
      const planned = await into(other.store, { apply: false });
      expect(planned).to.include({ applied: false, made: 3, messages: made.messages });
      expect(await other.store.accounts.list({ limit: 10 })).to.deep.equal([]);
      expect(await into(other.store)).to.include({ made: 3, messages: made.messages, damaged: 0 });
      for (const account of accounts) {
        const restored = await other.store.accounts.find(account.canonical);
        expect(await pictureOf(other.store, restored!.id)).to.deep.equal(
          await pictureOf(one.store, account.id),
        );
        expect({ ...restored, id: account.id }).to.deep.equal(account);
      }
      expect(await into(other.store)).to.include({ made: 0, skipped: 3, messages: 0 });
      expect(await problems(other.store)).to.deep.equal([]);
    } finally {
      await other.remove();
    }
  });

  it('writes only what is new, and skips what did not change', async () => {
    const account = await newAccount(one.store);
    const quiet = await newAccount(one.store);
    await appendAll(one.store, account.id, inboxId, [letter('1'), letter('2', 200_000)]);
    await appendAll(one.store, quiet.id, inboxId, [letter('quiet')]);
    expect(await backup()).to.include({ letters: 3, unchanged: 0 });
    const [path] = files(folder, '.eml');
    const before = statSync(path!).mtimeMs;
    await appendAll(one.store, account.id, inboxId, [letter('3')]);
    expect(await backup()).to.include({ letters: 1, unchanged: 1, messages: 4 });
    expect(statSync(path!).mtimeMs).to.equal(before);
    expect(await backup()).to.include({ letters: 0, unchanged: 2 });
    await one.store.accounts.update(quiet.id, { status: 'suspended' }, audit);
    expect(await backup()).to.include({ letters: 0, unchanged: 1 });
    for (const file of [...files(folder, '.eml'), ...files(folder, '.jsonl')]) {
      expect(statSync(file).mode & 0o777).to.equal(0o600);
    }
  });

  it('is of one commit of each account, while letters come in, change and go (seed 7)', async () => {
    const accounts = [await newAccount(one.store), await newAccount(one.store)];
    const running = { is: true };
    const histories = await Promise.all(accounts.map(({ id }) => History.of(one.store, id)));
    const traffic = histories.map(async (history, i) => {
      const random = new Random(7 + i);
      while (running.is) await history.act(random);
    });
    const changes: number[] = [];
    try {
      for (let i = 0; i < 3; i++) {
        const before = histories.map(({ changes }) => changes);
        await Promise.all(histories.map((history, k) => history.after(before[k]! + 20)));
        await backup();
        for (const [k, { canonical }] of accounts.entries()) {
          const archived = await archivedPicture(folder, canonical);
          expect(archived.picture).to.deep.equal(histories[k]!.at(archived.seq));
          changes.push(archived.seq);
        }
      }
    } finally {
      running.is = false;
      await Promise.all(traffic);
    }
    expect(new Set(changes).size).to.be.greaterThan(3);
    expect(await finish(verifyArchive(folder))).to.include({ damaged: 0, complete: true });
    expect(await problems(one.store)).to.deep.equal([]);
  });

  it('gives back what can be undeleted, what was imported, what waits to be sent and the audit log', async () => {
    const account = await fill(one.store, 3);
    await relay(one.store, account.id, 'relay-1');
    await one.store.audit.append({ actor: 'a', action: 'b', detail: { c: 1 } }, account.id);
    const deleted = await undeletable(one.store, account.id);
    expect(deleted.length).to.be.greaterThan(3);
    await backup();
    const other = await openEmbedded({ shards: 3 });
    try {
      expect(await into(other.store)).to.include({ made: 1, waiting: 0, audit: 2 });
      expect(await other.store.outbox.count()).to.equal(0);
      const { id } = (await other.store.accounts.find(account.canonical))!;
      expect(await finish(undelete(other.store, id, { apply: true }))).to.equal(deleted.length);
      await withContent(other.store, letter('the import again'), async (content) => {
        const again = { ...delivery(id, idOf(3)), lasting: true };
        const [outcome] = await other.store.accept(content, [again]);
        expect(outcome).to.include({ status: 'stored', duplicate: true });
      });
      const records = await other.store.audit.list({ account: id, limit: 10 });
      expect(records[0]).to.deep.include({ actor: 'a', action: 'b' });
      expect(records[0]?.detail).to.deep.include({ c: 1, restoredId: 2 });

      const asked = { outbox: true };
      expect(await into(other.store, asked)).to.include({ skipped: 1, waiting: 1, audit: 0 });
      const [entry] = await other.store.outbox.claim(Date.now() * 2, Date.now() * 3, 10);
      expect(entry).to.deep.include({ kind: 'relay', account: id, reversePath: 'from@example.kz' });
      await other.store.outbox.settle(entry!.id, [], 0);
      await other.collect(Date.now() * 2);
      expect(await into(other.store, asked)).to.include({ waiting: 0 });
      expect(await failureOf(into(other.store, { ...asked, account: account.canonical }))).to.equal(
        'invalid',
      );
      expect(await problems(other.store)).to.deep.equal([]);
    } finally {
      await other.remove();
    }
    // Its own store sends by itself.
    expect(await into(one.store, { outbox: true })).to.include({ waiting: 0, audit: 0 });
    expect(await one.store.outbox.count()).to.equal(1);
  });

  it('brings records with their versions, and owners, where they are not there', async () => {
    const account = await fill(one.store, 2);
    await fillRecords(one.store);
    await backup();
    expect(await finish(verifyArchive(folder))).to.include({ damaged: 0, records: 701 });
    const there = { key: 'k7', value: 'mine' };
    const other = await openEmbedded({ shards: 1 });
    try {
      await other.store.records.insert('registry', [there]);
      expect(await into(other.store, { apply: false })).to.include({ records: 701 });
      expect(await recordsOf(other.store)).to.have.length(1);
      const alone = { account: account.canonical, into: 'copy@example.kz' };
      expect(await into(other.store, alone)).to.include({ made: 1, records: 0 });
      expect(await other.store.accounts.find('copy@example.kz')).not.to.have.property('owner');

      expect(await into(other.store)).to.include({ made: 1, records: 700 });
      expect((await other.store.accounts.find(account.canonical))?.owner).to.deep.equal(
        account.owner,
      );
      const wanted = (await recordsOf(one.store)).map((record) =>
        record.key === 'k7' ? { kind: 'registry', version: 1, ...there } : record,
      );
      expect(await recordsOf(other.store)).to.deep.equal(wanted);
      expect(await into(other.store)).to.include({ records: 0 });
    } finally {
      await other.remove();
    }
    // What this store removed since does not come back.
    await one.store.records.remove('application', 'Ә/1', 1);
    expect(await into(one.store)).to.include({ records: 0 });
    // A backup of one account says nothing of the records.
    await one.store.records.insert('registry', [{ key: 'later', value: '' }]);
    await backup(account);
    expect(await finish(verifyArchive(folder))).to.include({ damaged: 0, records: 701 });
    await backup();
    expect(await finish(verifyArchive(folder))).to.include({ damaged: 0, records: 701 });
    expect(readFileSync(join(folder, 'records.jsonl'), 'utf8')).to.contain('"later"');
  });

  it('sees records that are not as they were written, and restores none of them', async () => {
    await fillRecords(one.store);
    await backup();
    const path = join(folder, 'records.jsonl');
    const text = readFileSync(path, 'utf8');
    const other = await openEmbedded({ shards: 1 });
    const whole = (lines: readonly string[]): string => {
      const kept = lines.map((line) => `${line}\n`).join('');
      const sha256 = createHash('sha256').update(kept).digest('hex');
      return `${kept}${JSON.stringify({ kind: 'end', lines: lines.length, sha256 })}\n`;
    };
    const record = { kind: 'record', of: 'a', key: 'b', version: 1, value: '' };
    const damages = [
      text.replace('changed\\":3', 'changed\\":4'),
      text.slice(0, text.length / 2),
      text.split('\n').slice(1).join('\n'),
      whole([JSON.stringify({ ...record, key: 7 })]),
      whole([JSON.stringify({ ...record, value: null })]),
      whole([JSON.stringify({ ...record, kind: 'audit' })]),
      whole(['{"kind":"record"}']),
    ];
    try {
      for (const damage of damages) {
        expect(damage).not.to.equal(text);
        writeFileSync(path, damage);
        expect((await finish(verifyArchive(folder))).damaged).to.be.greaterThan(0);
        expect(await failureOf(into(other.store))).to.equal('invalid');
        expect(await recordsOf(other.store)).to.deep.equal([]);
      }
      writeFileSync(path, whole([JSON.stringify({ ...record, of: 'A' })]));
      expect(await failureOf(into(other.store))).to.equal('invalid');
      rmSync(path);
      expect((await finish(verifyArchive(folder))).damaged).to.equal(1);
    } finally {
      await other.remove();
    }
  });

  it('restores an archive of format 2, and takes one up', async () => {
    const account = await fill(one.store, 4);
    await fillRecords(one.store);
    await backup();
    makeOld(folder, account.canonical, 2);
    expect(await finish(verifyArchive(folder))).to.include({ complete: true, damaged: 0 });
    const other = await openEmbedded({ shards: 1 });
    try {
      expect(await into(other.store)).to.include({ made: 1, failed: 0, records: 0, audit: 1 });
      expect(await other.store.accounts.find(account.canonical)).not.to.have.property('owner');
    } finally {
      await other.remove();
    }
    expect(await backup()).to.include({ unchanged: 0 });
    expect(await finish(verifyArchive(folder))).to.include({ damaged: 0, records: 701 });
  });

  it('restores an archive of format 1, and takes one up', async () => {
    const account = await fill(one.store, 4);
    await backup();
    makeOld(folder, account.canonical, 1);
    expect(await finish(verifyArchive(folder))).to.include({ complete: true, damaged: 0 });
    const other = await openEmbedded({ shards: 1 });
    try {
      expect(await into(other.store)).to.include({ made: 1, failed: 0, audit: 0 });
      const { id } = (await other.store.accounts.find(account.canonical))!;
      expect((await other.store.mailboxes(id)).map(({ messages }) => messages)).to.deep.equal(
        (await one.store.mailboxes(account.id)).map(({ messages }) => messages),
      );
      expect(await undeletable(other.store, id)).to.deep.equal([]);
    } finally {
      await other.remove();
    }
    expect(await backup()).to.include({ unchanged: 0 });
    expect(readFileSync(join(folder, 'backup.json'), 'utf8')).to.contain('"format":3');
    expect(files(folder, '.jsonl')).to.have.length(4);
  });

  it('is of one store: another one is refused, and so is a newer format', async () => {
    await backup();
    const other = await openEmbedded({ shards: 1 });
    try {
      const refused = finish(backUp(other.store, folder, undefined, Date.now));
      expect(await failureOf(refused)).to.equal('invalid');
    } finally {
      await other.remove();
    }
    writeFileSync(join(folder, 'backup.json'), '{"format":4,"state":"complete"}');
    expect(await failureOf(backup())).to.equal('invalid');
    expect(await failureOf(into(one.store))).to.equal('invalid');
  });

  it('writes the audit log in files that do not change any more once they are full', async () => {
    for (let i = 0; i < 5; i++) await one.store.audit.append({ actor: 'a', action: `${i}` });
    const archive = new ArchiveFolder(folder);
    await archive.begin(one.store.upkeep.storeId);
    await writeAudit(one.store, archive, 2);
    const before = files(folder, '.jsonl').map((path) => statSync(path).mtimeMs);
    expect(before).to.have.length(3);
    await one.store.audit.append({ actor: 'a', action: '5' });
    await one.store.audit.append({ actor: 'a', action: '6' });
    await writeAudit(one.store, archive, 2);
    const after = files(folder, '.jsonl').map((path) => statSync(path).mtimeMs);
    expect(after.slice(0, 2)).to.deep.equal(before.slice(0, 2));
    const actions: string[] = [];
    for await (const { action } of archive.audit()) actions.push(action);
    expect(actions).to.deep.equal(['0', '1', '2', '3', '4', '5', '6']);
  });

  it('knows in bounded memory which messages are there already', async () => {
    const account = await newAccount(one.store);
    const target = await newAccount(one.store);
    const letters = Array.from({ length: 300 }, () => letter());
    await appendAll(one.store, account.id, inboxId, [...letters, letters[0]!]);
    await appendAll(
      one.store,
      target.id,
      inboxId,
      letters.filter((_, i) => i % 3 === 0),
    );
    await backup(account);
    const held: number[] = [];
    const isThere = await presentMessages(
      one.store,
      new ArchiveFolder(folder),
      { id: target.id, canonical: account.canonical },
      {
        targets: new Map([[inboxId, inboxId]]),
        messages: 301,
        atOnce: 10,
        onPass: (identities) => held.push(identities),
      },
    );
    expect(held).to.have.length(10);
    expect(Math.max(...held)).to.be.lessThan(25);
    expect(held.reduce((sum, each) => sum + each)).to.equal(100);
    const present = Array.from({ length: 301 }, (_, i) => isThere(i));
    expect(present).to.deep.equal(Array.from({ length: 301 }, (_, i) => i < 300 && i % 3 === 0));
  });

  it('adds to an account that is there, each message once, below a name when asked', async () => {
    const account = await newAccount(one.store);
    const target = await newAccount(one.store);
    const same = letter('twice');
    await appendAll(one.store, account.id, inboxId, [letter('1'), same, same]);
    await appendAll(one.store, target.id, inboxId, [letter('mine'), same]);
    await backup(account);
    const options = { account: account.canonical, into: target.address };
    expect(await into(one.store, options)).to.include({ merged: 1, messages: 2, present: 1 });
    expect(await into(one.store, options)).to.include({ merged: 1, messages: 0, present: 3 });
    expect((await mailboxNamed(one.store, target.id, 'INBOX')).messages).to.equal(4);
    await into(one.store, { ...options, under: named('Old') });
    expect((await mailboxNamed(one.store, target.id, 'Old/INBOX')).messages).to.equal(3);
    expect(await failureOf(into(one.store, { into: target.address }))).to.equal('invalid');
  });

  it('names what is wrong with a backup, and restores nothing from a file that is not whole', async () => {
    const account = await newAccount(one.store);
    const sound = await newAccount(one.store);
    await appendAll(one.store, account.id, inboxId, [letter('1'), letter('2')]);
    await backup();
    const path = new ArchiveFolder(folder).accountPath(account.canonical);
    const [first, second] = files(folder, '.eml');
    writeFileSync(first!, 'something else');
    rmSync(second!);
    expect((await finish(verifyArchive(folder))).damaged).to.equal(2);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"uid":2', '"uid":3'));
    const other = await openEmbedded({ shards: 1 });
    try {
      const one = { account: account.canonical };
      expect(await failureOf(into(other.store, one))).to.equal('invalid');
      expect(await into(other.store)).to.include({ failed: 1, made: 1 });
      expect(await other.store.accounts.find(account.canonical)).to.equal(undefined);
      expect(await other.store.accounts.find(sound.canonical)).to.include({ status: 'active' });
    } finally {
      await other.remove();
    }
    writeFileSync(join(folder, 'backup.json'), '{"format":1,"state":"running"}');
    expect((await finish(verifyArchive(folder))).complete).to.equal(false);
  });
});

/** Changes an account, one commit after the other, and knows what it looked like after each. */
class History {
  readonly #store: MailStore;
  readonly #account: AccountId;
  readonly #open: OpenMailbox;
  readonly #pictures = new Map<number, unknown>();
  readonly #waiting = new Map<number, () => void>();
  changes = 0;

  static async of(store: MailStore, account: AccountId): Promise<History> {
    const history = new History(store, account, await store.open(account, inboxId));
    await history.#note();
    return history;
  }

  private constructor(store: MailStore, account: AccountId, open: OpenMailbox) {
    this.#store = store;
    this.#account = account;
    this.#open = open;
  }

  /** The account's INBOX as of that commit. */
  at(seq: number): unknown {
    return this.#pictures.get(seq);
  }

  /** Resolves after so many changes. */
  after(changes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(changes, resolve);
    });
  }

  async act(random: Random): Promise<void> {
    const store = this.#store;
    const { view } = this.#open;
    const uids = random.pick([
      [1, view.uidNext - 1],
      [random.below(view.uidNext) + 1].flatMap((u) => [u, u]),
    ]);
    const what = random.below(4);
    if (what <= 1) {
      await withContent(store, letter(), (content) =>
        store.accept(content, [delivery(this.#account)]),
      );
    } else if (what === 2) {
      const flags = {
        system: random.pick([1, 2, deletedBit, 8]),
        keywords: random.pick([[], ['$W']]),
      };
      const mode = random.pick(['add', 'remove'] as const);
      await store.storeFlags(this.#account, inboxId, uids, { mode, flags });
    } else await store.expunge(this.#account, inboxId, uids);
    await this.#note();
    this.#waiting.get(++this.changes)?.();
  }

  async #note(): Promise<void> {
    const seq = await this.#store.upkeep.changeNumber(this.#account);
    const rows = rowsOf(this.#open.view).map(({ uid, modSeq, flags }) => [uid, modSeq, flags & 31]);
    this.#pictures.set(seq, { rows, uidNext: this.#open.view.uidNext });
  }
}

/** INBOX as an archive has it. */
async function archivedPicture(
  path: string,
  canonical: string,
): Promise<{ readonly seq: number; readonly picture: unknown }> {
  let seq = 0;
  let uidNext = 0;
  const rows: unknown[] = [];
  for await (const line of new ArchiveFolder(path).lines(canonical)) {
    if (line.kind === 'account') seq = line.seq;
    if (line.kind === 'mailbox' && line.id === inboxId) uidNext = line.uidNext;
    if (line.kind === 'message') rows.push([line.uid, line.modSeq, line.flags.system]);
  }
  return { seq, picture: { rows, uidNext } };
}

async function relay(store: MailStore, account: AccountId, relayId: string): Promise<void> {
  const recipient = {
    forwardPath: 'a@example.org',
    notify: undefined,
    originalRecipient: undefined,
  };
  await withContent(store, letter('for elsewhere'), (content) =>
    store.accept(content, [], {
      relayId,
      reversePath: 'from@example.kz',
      recipients: [recipient],
      envelopeId: undefined,
      returnContent: undefined,
      smtpUtf8: false,
      account,
    }),
  );
}

async function undeletable(store: MailStore, account: AccountId): Promise<DeletedMessage[]> {
  const all: DeletedMessage[] = [];
  for await (const slice of store.upkeep.deletedMessages(account)) all.push(...slice);
  return all;
}

/** Makes of an archive what a program of that format would have written. */
function makeOld(folder: string, canonical: string, format: 1 | 2): void {
  const path = new ArchiveFolder(folder).accountPath(canonical);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(0, -1);
  const kept = lines
    .filter(
      (line) => format === 2 || !/^\{"kind":"(?:deleted|deleted-mailbox|delivery)"/.test(line),
    )
    .map((line) => line.replace('"format":3', `"format":${format}`))
    .map((line) => `${line.replace(/"owner":\{[^}]*\},/, '')}\n`);
  const sha256 = createHash('sha256').update(kept.join('')).digest('hex');
  const end = `${JSON.stringify({ kind: 'end', lines: kept.length, sha256 })}\n`;
  writeFileSync(path, kept.join('') + end);
  rmSync(join(folder, 'records.jsonl'));
  if (format === 1) {
    rmSync(join(folder, 'outbox.jsonl'));
    rmSync(join(folder, 'audit'), { recursive: true });
  }
  const state = JSON.parse(readFileSync(join(folder, 'backup.json'), 'utf8')) as object;
  const old = { ...state, format, records: undefined, ...(format === 1 && { store: undefined }) };
  writeFileSync(join(folder, 'backup.json'), JSON.stringify(old));
}
