/**
 * `node --import tsx bench/search.ts`: what the index of texts costs and what it saves. The same searches in one run
 * through the index and as a plain scan, in mailboxes of 1,000 and 10,000 letters, with `--large` of 100,000 too, where
 * nothing is scanned; `--size 10000` of that many alone. CPU is that of all threads.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { LocalSessionCount } from '../src/bus/local/session-count.ts';
import { systemClock } from '../src/core/clock.ts';
import { silentLog } from '../src/core/log.ts';
import { type AccountId, inboxId } from '../src/core/values.ts';
import { startImapListener } from '../src/imap/server.ts';
import type { Account, MailStore } from '../src/store/api.ts';
import { openEmbeddedStore } from '../src/store/embedded/embedded-store.ts';
import { searchPath } from '../src/store/embedded/search/search-schema.ts';
import { WireClient } from '../test/support/wire-client.ts';
import { random } from './letters.ts';

const { values: options } = parseArgs({
  options: {
    large: { type: 'boolean', default: false },
    size: { type: 'string', multiple: true },
    json: { type: 'string' },
  },
});
const sizes =
  options.size?.map(Number) ?? (options.large ? [1000, 10_000, 100_000] : [1000, 10_000]);
const mostScanned = 10_000;
const results: Record<string, number | string>[] = [];

/** Words as a language has them: few are common, most are rare. */
const vocabulary = ((): string[] => {
  const next = random(7);
  const alphabets = [
    'абвгдежзийклмнопрстуфхцчшщыэюя',
    'аәбвгғдеёжзқлмнңоөпрстуұүһі',
    'abcdefghijklmnoprstuvwy',
  ];
  return Array.from({ length: 30_000 }, (_, i) => {
    const letters = alphabets[i % 3] as string;
    const length = 2 + Math.floor(next() * 9);
    return Array.from({ length }, () => letters[Math.floor(next() * letters.length)]).join('');
  });
})();

function letter(number: number): Buffer {
  const next = random(number);
  const someWord = (): string => vocabulary[Math.floor(vocabulary.length * next() ** 4)] as string;
  let body = '';
  while (body.length < 2200) body += `${someWord()}${next() < 0.1 ? '\r\n' : ' '}`;
  if (number % 1000 === 17) body += ' Өскемен қаласының';
  const encoded = (text: string): string => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
  return Buffer.from(
    `Received: from mx.agency.example by mail.example.kz with ESMTP id ${number}; Tue, 1 Sep 2026 10:00:00 +0500\r\n` +
      `From: ${encoded(someWord())} <sender${number % 100}@agency.example>\r\nTo: reader@example.kz\r\n` +
      `Subject: ${encoded(`${someWord()} ${someWord()} №${number}`)}\r\nDate: Tue, 1 Sep 2026 10:00:00 +0500\r\n` +
      `Message-ID: <${number}@agency.example>\r\nMIME-Version: 1.0\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${body}\r\n`,
  );
}

const word = (number: number): string => vocabulary[number] as string;

/** Keys and their texts in turn. */
const searches: readonly (readonly [name: string, ...keys: string[]])[] = [
  ['SUBJECT, absent', 'SUBJECT', 'nowhere'],
  ['SUBJECT, few', 'SUBJECT', '№517'],
  ['SUBJECT, all', 'SUBJECT', 'no'],
  ['FROM, one in 100', 'FROM', 'sender42@'],
  ['FROM, all', 'FROM', 'agency.example'],
  ['HEADER, all', 'HEADER MESSAGE-ID', '@agency.example'],
  ['BODY, absent', 'BODY', 'nowhere'],
  ['BODY, Cyrillic, absent', 'BODY', 'жоқ сөздер'],
  ['BODY, Cyrillic, one in 1,000', 'BODY', 'ӨСКЕМЕН'],
  ['BODY, half', 'BODY', word(20)],
  ['BODY, Cyrillic, half', 'BODY', word(19)],
  ['BODY, all', 'BODY', word(3).slice(0, 4)],
  ['BODY, three characters, most', 'BODY', word(3).slice(0, 3)],
  ['BODY, two characters, absent', 'BODY', 'ъъ'],
  ['BODY, two characters, most', 'BODY', word(3).slice(0, 2)],
  ['BODY, one character, all', 'BODY', 'ә'],
  ['TEXT, absent', 'TEXT', 'nowhere'],
  ['TEXT, Cyrillic, one in 1,000', 'TEXT', 'қаласының'],
  ['TEXT, half', 'TEXT', word(20)],
  ['TEXT, all', 'TEXT', 'agency.example'],
  ['OR SUBJECT BODY, half', 'OR SUBJECT', word(20), 'BODY', word(20)],
  ['NOT BODY, half', 'NOT BODY', word(20)],
  ['BODY and BODY, half and few', 'BODY', word(20), 'BODY', 'өскемен'],
];

for (const size of sizes) await measure(size);
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);

async function measure(messages: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zhashik-bench-'));
  const store = await openEmbeddedStore({ folder, shards: 1 });
  try {
    const account = await store.accounts.create(
      {
        address: 'reader@example.kz',
        canonical: 'reader@example.kz',
        skeleton: 'reader@example.kz',
        credentials: { hash: undefined, scram: undefined },
        quota: { bytes: undefined, messages: undefined },
      },
      { actor: 'bench', action: 'account-create' },
    );
    let bytes = 0;
    for (let done = 0; done < messages; done += 500) {
      const contents = await Promise.all(
        Array.from({ length: 500 }, async (_, i) => {
          const octets = letter(done + i);
          bytes += octets.length;
          const writer = store.receive();
          await writer.write(octets);
          return writer.finish();
        }),
      );
      const flags = { system: 0, keywords: [] };
      await store.append(
        account.id,
        inboxId,
        contents.map((content) => ({ content, flags, internalDate: 0 })),
      );
      await Promise.all(contents.map((content) => content.release()));
    }
    await store.indexTexts();
    const cpu = process.cpuUsage();
    const started = performance.now();
    await store.rebuildTexts();
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const indexBytes = bytesUsed(searchPath(folder, 0));
    const tables = tableBytes(searchPath(folder, 0));
    say({
      name: `index of ${messages}`,
      'letters/s': Math.round(messages / seconds),
      'CPU µs a letter': Math.round((user + system) / messages),
      'bytes a letter': Math.round(indexBytes / messages),
      'of the mail, %': Math.round((100 * indexBytes) / bytes),
      'bytes of texts a letter': Math.round(tables / messages),
    });
    await measureSearches(store, account, messages);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

/** Without pages that a rebuild left for later use. */
function bytesUsed(file: string): number {
  const db = new Database(file, { readonly: true });
  const [pages, free, pageBytes] = ['page_count', 'freelist_count', 'page_size'].map(
    (name) => db.pragma(name, { simple: true }) as number,
  ) as [number, number, number];
  db.close();
  return (pages - free) * pageBytes;
}

/** Of the kept texts, pages that are not full included. */
function tableBytes(file: string): number {
  const db = new Database(file, { readonly: true });
  const bytes = db
    .prepare(`SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%\\_text' ESCAPE '\\'`)
    .pluck()
    .get() as number;
  db.close();
  return bytes;
}

async function measureSearches(
  store: MailStore,
  account: Account,
  messages: number,
): Promise<void> {
  let scan = false;
  const either = new Proxy(store, {
    get(target, name) {
      if (scan && name === 'findText') return () => Promise.resolve(undefined);
      if (scan && name === 'compareTexts') return cannotTell;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const listener = await startImapListener(
    {
      name: 'imap',
      host: '127.0.0.1',
      port: 0,
      tls: 'none',
      hostname: 'mail.example.kz',
      cleartextLoginNetworks: [],
    },
    {
      store: either,
      authenticator: {
        mechanisms: [],
        password: () => Promise.resolve({ status: 'refused', reason: 'credentials' }),
        mechanism: () => undefined,
      },
      sessions: new LocalSessionCount(),
      clock: systemClock,
      log: silentLog,
      preauthenticate: () => Promise.resolve(account),
    },
  );
  const wire = await WireClient.connect(listener.port);
  await wire.line();
  wire.write('a SELECT INBOX\r\n');
  await wire.skipTo('a ');
  for (const [name, ...keys] of searches) {
    const written = keys.map((key, i) =>
      i % 2 === 0 ? key : `{${Buffer.byteLength(key)}+}\r\n${key}`,
    );
    const once = async (): Promise<Search> => {
      const cpu = process.cpuUsage();
      const started = performance.now();
      wire.write(`s SEARCH RETURN (COUNT) CHARSET UTF-8 ${written.join(' ')}\r\n`);
      const hits = Number(/COUNT (\d+)/.exec(await wire.line())?.[1]);
      if (!(await wire.line()).startsWith('s OK')) throw new Error(name);
      const ms = performance.now() - started;
      const { user, system } = process.cpuUsage(cpu);
      return { hits, ms, cpuMs: (user + system) / 1000 };
    };
    scan = false;
    const runs = [await once(), await once(), await once(), await once(), await once()];
    const { hits } = runs[0] as Search;
    const figures: Record<string, number> = {
      hits,
      'median ms': median(runs.map(({ ms }) => ms)),
      'CPU ms': median(runs.map(({ cpuMs }) => cpuMs)),
    };
    if (messages <= mostScanned) {
      scan = true;
      const scanned = await once();
      if (hits !== scanned.hits)
        throw new Error(`${name}: ${hits} by the index, ${scanned.hits} by the scan`);
      figures['scan ms'] = rounded(scanned.ms);
      figures['scan CPU ms'] = rounded(scanned.cpuMs);
    }
    say({ name: `${name}, ${messages}`, ...figures });
  }
  wire.destroy();
  await listener.close();
}

interface Search {
  readonly hits: number;
  readonly ms: number;
  readonly cpuMs: number;
}

function median(figures: readonly number[]): number {
  return rounded([...figures].sort((a, b) => a - b)[figures.length >> 1] as number);
}

function rounded(figure: number): number {
  return Number(figure.toFixed(1));
}

/** What a store without kept texts would answer. */
function cannotTell(_account: AccountId, emails: readonly unknown[]): Promise<undefined[]> {
  return Promise.resolve(emails.map(() => undefined));
}

function say({ name, ...figures }: { name: string } & Record<string, number | string>): void {
  results.push({ name, ...figures });
  const text = Object.entries(figures).map(([figure, value]) => `${value} ${figure}`);
  process.stdout.write(`${name.padEnd(40)} ${text.join(', ')}\n`);
}
