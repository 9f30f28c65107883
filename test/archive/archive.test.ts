import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { backUp, type BackupResult } from '../../src/archive/backup.ts';
import { restore, type RestoreResult } from '../../src/archive/restore.ts';
import { verifyArchive } from '../../src/archive/verify-archive.ts';
import { type AccountId, inboxId } from '../../src/core/values.ts';
import type { Account, MailStore } from '../../src/store/api.ts';
import { openEmbedded, type OpenEmbedded } from '../store/embedded/backend.ts';
import {
  accountData,
  appendAll,
  audit,
  delivery,
  failureOf,
  letter,
  mailboxNamed,
  named,
  newAccount,
  octetsOf,
  uidsOf,
  withContent,
} from '../store/support.ts';

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
        const { status, credentials, quota } = restored!;
        expect({ status, credentials, quota }).to.deep.equal({
          status: account.status,
          credentials: account.credentials,
          quota: account.quota,
        });
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

  it('is of one commit, while letters come in', async () => {
    const account = await newAccount(one.store);
    await appendAll(
      one.store,
      account.id,
      inboxId,
      Array.from({ length: 520 }, () => letter()),
    );
    const traffic = { running: true };
    const sender = (async () => {
      while (traffic.running) {
        await withContent(one.store, letter(), (content) =>
          one.store.accept(content, [delivery(account.id)]),
        );
      }
    })();
    try {
      for (let i = 0; i < 1; i++) {
        await backup();
        const other = await openEmbedded({ shards: 1 });
        try {
          await into(other.store);
          const restored = await other.store.accounts.find(account.canonical);
          const open = await other.store.open(restored!.id, inboxId);
          const { uidNext } = open.view;
          expect(uidsOf(open.view)).to.deep.equal(
            Array.from({ length: uidNext - 1 }, (_, k) => k + 1),
          );
          open.close();
        } finally {
          await other.remove();
        }
      }
    } finally {
      traffic.running = false;
      await sender;
    }
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
    await appendAll(one.store, account.id, inboxId, [letter('1'), letter('2')]);
    await backup();
    const [first, second] = files(folder, '.eml');
    writeFileSync(first!, 'something else');
    rmSync(second!);
    expect((await finish(verifyArchive(folder))).damaged).to.equal(2);
    const [lines] = files(folder, '.jsonl');
    writeFileSync(lines!, readFileSync(lines!, 'utf8').replace('"uid":2', '"uid":3'));
    const other = await openEmbedded({ shards: 1 });
    try {
      expect(await failureOf(into(other.store))).to.equal('invalid');
      expect(await other.store.accounts.list({ limit: 10 })).to.deep.equal([]);
    } finally {
      await other.remove();
    }
    writeFileSync(join(folder, 'backup.json'), '{"format":1,"state":"running"}');
    expect((await finish(verifyArchive(folder))).complete).to.equal(false);
  });

  it('goes on after a kill at any moment, in backup and restore', async () => {
    const accounts: Account[] = [];
    for (let i = 0; i < 2; i++) accounts.push(await fill(one.store, i, 60));
    const pictures = await Promise.all(accounts.map(({ id }) => pictureOf(one.store, id)));
    const data = one.folder;
    await one.store.close();
    for (const step of ['1', '4']) {
      expect(await ended(child(['backup', data, folder, step]))).to.equal('SIGKILL');
      const state = existsSync(join(folder, 'backup.json'))
        ? (JSON.parse(readFileSync(join(folder, 'backup.json'), 'utf8')) as { state: string }).state
        : 'none';
      expect(state).to.not.equal('complete');
    }
    await one.reopen();
    await backup();
    expect(await finish(verifyArchive(folder))).to.include({ complete: true, damaged: 0 });
    const place = mkdtempSync(join(tmpdir(), 'zhashik-restore-'));
    try {
      for (const step of ['0', '1', '2']) {
        expect(await ended(child(['restore', place, folder, step]))).to.equal('SIGKILL');
      }
      expect(await ended(child(['restore', place, folder]))).to.equal(null);
      const { openEmbeddedStore } = await import('../../src/store/embedded/embedded-store.ts');
      const store = await openEmbeddedStore({ folder: place, shards: 1, writers: 1, readers: 1 });
      try {
        for (const [i, account] of accounts.entries()) {
          const restored = await store.accounts.find(account.canonical);
          expect(restored?.status).to.equal('active');
          expect(await pictureOf(store, restored!.id)).to.deep.equal(pictures[i]);
        }
        expect(await problems(store)).to.deep.equal([]);
      } finally {
        await store.close();
      }
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});

/** An account with mailboxes, flags, keywords, large letters and expunged ones. */
async function fill(store: MailStore, number: number, count = 12): Promise<Account> {
  const data = accountData({ bytes: 1e9, messages: undefined });
  const account = await store.accounts.create(
    { ...data, credentials: { hash: `scrypt$${number}`, scram: undefined } },
    audit,
  );
  const work = await store.createMailbox(account.id, named('Жұмыс/2026'));
  for (const mailbox of [inboxId, work.id]) {
    for (let i = 0; i < count; i++) {
      const octets = i % 5 === 4 ? Buffer.concat([letter(), randomBytes(70_000)]) : letter(`${i}`);
      const keywords = i % 3 === 0 ? ['$Forwarded', `k${i}`] : [];
      await appendAll(store, account.id, mailbox, [octets], { system: i % 32, keywords });
    }
    await store.expunge(account.id, mailbox);
  }
  await store.copy(account.id, inboxId, [1, 3], work.id);
  await store.subscribe(account.id, named('gone'), true);
  return account;
}

/** All that a client can see of an account. */
async function pictureOf(store: MailStore, account: AccountId): Promise<unknown> {
  const mailboxes = [];
  for (const mailbox of await store.mailboxes(account)) {
    if (!mailbox.selectable) {
      mailboxes.push({ mailbox });
      continue;
    }
    const { view, vanishedSince, close } = await bound(store, account, mailbox.id);
    const rows = [];
    for (let i = 0; i < view.count; i++) {
      const row = { ...view.rowAt(i), email: undefined };
      const octets = await octetsOf(store, account, view.emailAt(i));
      rows.push({ ...row, digest: createHash('sha256').update(octets).digest('hex') });
    }
    mailboxes.push({ mailbox, keywords: [...view.keywords], rows, gone: await vanishedSince() });
    close();
  }
  const subscriptions = [...(await store.subscriptions(account))].sort();
  return { mailboxes, subscriptions, quota: await store.quota(account) };
}

async function bound(store: MailStore, account: AccountId, id: Parameters<MailStore['open']>[1]) {
  const open = await store.open(account, id);
  return {
    view: open.view,
    vanishedSince: () => open.vanishedSince(1 as never),
    close: () => {
      open.close();
    },
  };
}

async function problems(store: MailStore): Promise<unknown[]> {
  const found = [];
  for (const { id } of await store.accounts.list({ limit: 100 })) {
    for await (const step of store.upkeep.checkAccount(id)) found.push(...step.findings);
  }
  for await (const step of store.upkeep.checkStore()) found.push(...step.findings);
  return found.filter(({ kind }) => kind !== 'garbage');
}

function files(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

async function finish<R>(steps: AsyncGenerator<unknown, R, void>): Promise<R> {
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}

function child(args: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL('./run.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The signal that ended it. */
function ended(process: ChildProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => {
    process.once('close', (_, signal) => {
      resolve(signal);
    });
  });
}
