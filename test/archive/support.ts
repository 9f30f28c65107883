import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AccountId, inboxId } from '../../src/core/values.ts';
import type { Account, Finding, MailStore, OpenMailbox } from '../../src/store/api.ts';
import type { KeptRecord } from '../../src/store/records.ts';
import {
  accountData,
  appendAll,
  audit,
  delivery,
  letter,
  named,
  octetsOf,
  withContent,
} from '../store/support.ts';

/** An account with mailboxes, flags, keywords, large letters, expunged ones and a deleted mailbox. */
export async function fill(store: MailStore, number: number, count = 12): Promise<Account> {
  const data = accountData({ bytes: 1e9, messages: undefined });
  const account = await store.accounts.create(
    {
      ...data,
      credentials: { hash: `scrypt$${number}`, scram: undefined },
      ...(number % 2 === 0 && { owner: { subject: `of ${number}`, level: 'basic' } }),
    },
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
  const old = await store.createMailbox(account.id, named('Old'));
  await appendAll(store, account.id, old.id, [letter('in a deleted mailbox')]);
  await store.deleteMailbox(account.id, old.id);
  await withContent(store, letter('imported'), (content) =>
    store.accept(content, [{ ...delivery(account.id, idOf(number)), lasting: true }]),
  );
  await store.copy(account.id, inboxId, [1, 3], work.id);
  await store.subscribe(account.id, named('gone'), true);
  return account;
}

/** Records of several kinds, which were changed, and one removed. */
export async function fillRecords({ records }: MailStore): Promise<void> {
  const list = Array.from({ length: 700 }, (_, i) => ({ key: `k${i}`, value: `{"n":${i}}` }));
  await records.insert('registry', list);
  await records.insert('application', [
    { key: 'Ә/1', value: 'x'.repeat(300_000) },
    { key: 'gone', value: '' },
  ]);
  for (let version = 1; version <= 3; version++) {
    await records.replace('registry', 'k7', version, `{"changed":${version}}`);
  }
  await records.remove('application', 'gone', 1);
}

/** All records. */
export async function recordsOf({ upkeep }: MailStore): Promise<KeptRecord[]> {
  const all: KeptRecord[] = [];
  for await (const slice of upkeep.records()) all.push(...slice);
  return all;
}

/** The lasting delivery id that `fill` gave a letter of that account. */
export function idOf(number: number): string {
  return Buffer.alloc(16, number).toString('base64url');
}

/** All that a client or an operator can see of an account. */
export async function pictureOf(store: MailStore, account: AccountId): Promise<unknown> {
  const mailboxes = [];
  for (const mailbox of await store.mailboxes(account)) {
    if (!mailbox.selectable) {
      mailboxes.push({ mailbox });
      continue;
    }
    const open = await store.open(account, mailbox.id);
    const gone = await open.vanishedSince(1 as never);
    mailboxes.push({ mailbox, ...(await rowsOf(store, account, open)), gone });
    open.close();
  }
  const deleted = [];
  for await (const slice of store.upkeep.deletedMessages(account)) {
    for (const message of slice) {
      const digest = digestOf(await octetsOf(store, account, message.email));
      deleted.push({ ...message, email: undefined, digest });
    }
  }
  const subscriptions = [...(await store.subscriptions(account))].sort();
  return { mailboxes, deleted, subscriptions, quota: await store.quota(account) };
}

async function rowsOf(
  store: MailStore,
  account: AccountId,
  { view }: OpenMailbox,
): Promise<{ readonly keywords: readonly string[]; readonly rows: readonly unknown[] }> {
  const rows = [];
  for (let i = 0; i < view.count; i++) {
    const digest = digestOf(await octetsOf(store, account, view.emailAt(i)));
    rows.push({ ...view.rowAt(i), email: undefined, digest });
  }
  return { keywords: [...view.keywords], rows };
}

/** What is wrong with a store. */
export async function problems(store: MailStore): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { id } of await store.accounts.list({ limit: 100 })) {
    for await (const step of store.upkeep.checkAccount(id)) found.push(...step.findings);
  }
  for await (const step of store.upkeep.checkStore()) found.push(...step.findings);
  return found.filter(({ kind }) => kind !== 'garbage');
}

/** Files below a folder with that ending, in order. */
export function files(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

/** Digests of all files of a backup that have their names, but for the one with times. */
export function digestsOf(folder: string): Record<string, string> {
  const named = [...files(folder, '.jsonl'), ...files(folder, '.eml')];
  return Object.fromEntries(
    named.map((path) => [path.slice(folder.length), digestOf(readFileSync(path))]),
  );
}

function digestOf(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}

export async function finish<R>(steps: AsyncGenerator<unknown, R, void>): Promise<R> {
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}

/** `run.ts` in a process of its own; answers the signal that ended it and what it printed. */
export async function runApart(
  args: readonly string[],
): Promise<{ readonly signal: NodeJS.Signals | null; readonly output: string }> {
  const script = fileURLToPath(new URL('./run.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve) => {
    child.once('close', (_, signal) => {
      resolve({ signal, output });
    });
  });
}
