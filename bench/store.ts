import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AccountId, EmailId } from '../src/core/values.ts';
import { flagBits, inboxId } from '../src/core/values.ts';
import type { Account, Delivery } from '../src/store/api.ts';
import { type EmbeddedStore, openEmbeddedStore } from '../src/store/embedded/embedded-store.ts';

/*
 * How fast the embedded store is: letters of 4 KB for three recipients at 1, 10 and 50 in flight, then one large
 * mailbox: load its view, change its flags, read its renderings. `node --import tsx bench/store.ts --shards 2`.
 */

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: tmpdir() },
    shards: { type: 'string', default: '' },
    writers: { type: 'string', default: '' },
    accounts: { type: 'string', default: '1000' },
    letters: { type: 'string', default: '5000' },
    messages: { type: 'string', default: '100000' },
  },
});

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function measure(run: () => Promise<void>): Promise<Measured> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

function say(what: string, text: string): void {
  process.stdout.write(`${what.padEnd(44)} ${text}\n`);
}

function letter(number: number): Buffer {
  const header =
    `Received: from mx.example.org by mail.example.kz with ESMTP id ${number}; Tue, 1 Sep 2026 10:00:00 +0500\r\n` +
    `From: Sender ${number} <sender${number}@example.org>\r\nTo: recipient@example.kz\r\n` +
    `Subject: Letter number ${number}\r\nDate: Tue, 1 Sep 2026 10:00:00 +0500\r\n` +
    `Message-ID: <${number}.${Math.random()}@example.org>\r\nMIME-Version: 1.0\r\n` +
    `Content-Type: text/plain; charset=utf-8\r\n\r\n`;
  return Buffer.from(header + 'The quick brown fox jumps over the lazy dog.\r\n'.repeat(80));
}

async function makeAccounts(store: EmbeddedStore, count: number): Promise<Account[]> {
  const made = await store.accounts.createMany(
    Array.from({ length: count }, (_, i) => ({
      address: `user${i}@example.kz`,
      canonical: `user${i}@example.kz`,
      skeleton: `user${i}@example.kz`,
      credentials: { hash: undefined, scram: undefined },
      quota: { bytes: undefined, messages: undefined },
    })),
    { actor: 'bench', action: 'account-create' },
  );
  return made.filter((each) => typeof each !== 'string');
}

let sent = 0;

async function deliver(store: EmbeddedStore, accounts: readonly Account[]): Promise<void> {
  const number = sent++;
  const writer = store.receive();
  await writer.write(letter(number));
  const content = await writer.finish();
  const deliveries = [0, 1, 2].map((i): Delivery => {
    const account = accounts[(number * 7919 + i * 104_729) % accounts.length] as Account;
    return {
      account: account.id,
      mailbox: inboxId,
      deliveryId: `bench-${number}-${i}`,
      flags: { system: 0, keywords: [] },
      internalDate: Date.now(),
    };
  });
  const outcomes = await store.accept(content, deliveries);
  if (outcomes.some(({ status }) => status !== 'stored')) throw new Error('not stored');
  await content.release();
}

async function deliverMany(
  store: EmbeddedStore,
  accounts: readonly Account[],
  letters: number,
  inFlight: number,
): Promise<void> {
  let left = letters;
  const one = async (): Promise<void> => {
    while (left-- > 0) await deliver(store, accounts);
  };
  await Promise.all(Array.from({ length: inFlight }, one));
}

async function fill(store: EmbeddedStore, account: AccountId, messages: number): Promise<void> {
  const writer = store.receive();
  await writer.write(letter(0));
  const content = await writer.finish();
  const message = { content, flags: { system: 0, keywords: [] }, internalDate: Date.now() };
  for (let done = 0; done < messages; done += 1000) {
    const some = new Array<typeof message>(Math.min(1000, messages - done)).fill(message);
    await store.append(account, inboxId, some);
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(values.folder, 'zhashik-bench-'));
  const options = {
    folder,
    ...(values.shards !== '' && { shards: Number(values.shards) }),
    ...(values.writers !== '' && { writers: Number(values.writers) }),
  };
  let store = await openEmbeddedStore(options);
  try {
    const accounts = await makeAccounts(store, Number(values.accounts));
    await deliverMany(store, accounts, 1000, 50);
    for (const inFlight of [1, 10, 50]) {
      const letters = inFlight === 1 ? Number(values.letters) / 5 : Number(values.letters);
      const run = await measure(() => deliverMany(store, accounts, letters, inFlight));
      const rate = Math.round(letters / run.seconds);
      const cpu = Math.round((run.cpuSeconds / letters) * 1e6);
      say(`letters, 3 recipients, ${inFlight} in flight`, `${rate}/s, ${cpu} µs CPU a letter`);
    }

    const [{ id } = { id: 0 as AccountId }] = accounts;
    const messages = Number(values.messages);
    const filling = await measure(() => fill(store, id, messages));
    say(`append, 1,000 at a time`, `${Math.round(messages / filling.seconds)}/s`);
    await store.close();
    store = await openEmbeddedStore(options);
    const loading = await measure(async () => {
      (await store.open(id, inboxId)).close();
    });
    say(`view of ${messages}`, `${Math.round(loading.seconds * 1000)} ms`);
    const flags = { system: flagBits['\\Seen'], keywords: [] };
    const storing = await measure(async () => {
      await store.storeFlags(id, inboxId, [1, 10_000], { mode: 'add', flags });
    });
    say('flags of 10,000', `${Math.round(storing.seconds * 1000)} ms`);

    const other = accounts[1] as Account;
    await deliverMany(store, [other, other, other], 3000, 50);
    const { view } = await store.open(other.id, inboxId);
    const emails: EmailId[] = [];
    for (let i = 0; i < view.count; i++) emails.push(view.emailAt(i));
    for (const want of ['envelope', 'header', 'bodyStructure', 'parts'] as const) {
      const reading = await measure(async () => {
        await store.describe(other.id, emails, [want]);
      });
      const cpu = Math.round((reading.cpuSeconds / emails.length) * 1e6);
      say(
        `${want} of ${emails.length}`,
        `${Math.round(reading.seconds * 1000)} ms, ${cpu} µs CPU each`,
      );
    }
    const reading = await measure(async () => {
      await store.contents(other.id, emails);
    });
    say(`contents of ${emails.length}`, `${Math.round(reading.seconds * 1000)} ms`);
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}

await main();
