/**
 * `node --import tsx bench/search.ts`: what the index of texts costs and what it saves. The same searches in one run
 * through the index and as a plain scan, in mailboxes of 1,000 and 10,000 letters, with `--large` of 100,000 too.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { LocalSessionCount } from '../src/bus/local/session-count.ts';
import { systemClock } from '../src/core/clock.ts';
import { silentLog } from '../src/core/log.ts';
import { inboxId } from '../src/core/values.ts';
import { startImapListener } from '../src/imap/server.ts';
import type { MailStore } from '../src/store/api.ts';
import { openEmbeddedStore } from '../src/store/embedded/embedded-store.ts';
import { searchPath } from '../src/store/embedded/search/search-schema.ts';
import { WireClient } from '../test/support/wire-client.ts';
import { random } from './letters.ts';

const { values: options } = parseArgs({
  options: { large: { type: 'boolean', default: false }, json: { type: 'string' } },
});
const sizes = options.large ? [1000, 10_000, 100_000] : [1000, 10_000];
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
  const word = (): string => vocabulary[Math.floor(vocabulary.length * next() ** 4)] as string;
  let body = '';
  while (body.length < 2200) body += `${word()}${next() < 0.1 ? '\r\n' : ' '}`;
  if (number % 1000 === 17) body += ' Өскемен қаласының';
  const encoded = (text: string): string => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
  return Buffer.from(
    `Received: from mx.agency.example by mail.example.kz with ESMTP id ${number}; Tue, 1 Sep 2026 10:00:00 +0500\r\n` +
      `From: ${encoded(word())} <sender${number % 100}@agency.example>\r\nTo: reader@example.kz\r\n` +
      `Subject: ${encoded(`${word()} ${word()} №${number}`)}\r\nDate: Tue, 1 Sep 2026 10:00:00 +0500\r\n` +
      `Message-ID: <${number}@agency.example>\r\nMIME-Version: 1.0\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${body}\r\n`,
  );
}

const searches: readonly (readonly [name: string, key: string, text: string])[] = [
  ['SUBJECT, absent', 'SUBJECT', 'nowhere'],
  ['SUBJECT, one', 'SUBJECT', '№517'],
  ['FROM, one in 100', 'FROM', 'sender42@'],
  ['BODY, absent', 'BODY', 'nowhere'],
  ['BODY, Cyrillic, one in 1,000', 'BODY', 'ӨСКЕМЕН'],
  ['BODY, Cyrillic, absent', 'BODY', 'жоқ сөздер'],
  ['TEXT, absent', 'TEXT', 'nowhere'],
  ['TEXT, Cyrillic, one in 1,000', 'TEXT', 'қаласының'],
  ['BODY, in every letter', 'BODY', vocabulary[0] as string],
  ['TEXT, in every letter', 'TEXT', 'agency.example'],
  ['BODY, two characters, absent', 'BODY', 'ъъ'],
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
    say({
      name: `index of ${messages}`,
      'letters/s': Math.round(messages / seconds),
      'CPU µs a letter': Math.round((user + system) / messages),
      'bytes a letter': Math.round(indexBytes / messages),
      'of the mail, %': Math.round((100 * indexBytes) / bytes),
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

async function measureSearches(
  store: MailStore,
  account: Awaited<ReturnType<MailStore['accounts']['create']>>,
  messages: number,
): Promise<void> {
  let scan = false;
  const either = new Proxy(store, {
    get(target, name) {
      if (name === 'findText' && scan) return () => Promise.resolve(undefined);
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
  for (const [name, key, text] of searches) {
    const once = async (): Promise<readonly [ms: number, hits: number]> => {
      const started = performance.now();
      wire.write(
        `s SEARCH RETURN (COUNT) CHARSET UTF-8 ${key} {${Buffer.byteLength(text)}+}\r\n${text}\r\n`,
      );
      const hits = Number(/COUNT (\d+)/.exec(await wire.line())?.[1]);
      if (!(await wire.line()).startsWith('s OK')) throw new Error(name);
      return [performance.now() - started, hits];
    };
    const median = async (runs: number): Promise<readonly [ms: number, hits: number]> => {
      const all: (readonly [number, number])[] = [];
      for (let run = 0; run < runs; run++) all.push(await once());
      return all.sort(([a], [b]) => a - b)[runs >> 1] as readonly [number, number];
    };
    scan = false;
    const [ms, hits] = await median(5);
    scan = true;
    const [scanMs, scanHits] = await median(1);
    if (hits !== scanHits)
      throw new Error(`${name}: ${hits} by the index, ${scanHits} by the scan`);
    say({
      name: `${name}, ${messages}`,
      hits,
      'median ms': Number(ms.toFixed(1)),
      'scan ms': Number(scanMs.toFixed(1)),
    });
  }
  wire.destroy();
  await listener.close();
}

function say({ name, ...figures }: { name: string } & Record<string, number | string>): void {
  results.push({ name, ...figures });
  const text = Object.entries(figures).map(([figure, value]) => `${value} ${figure}`);
  process.stdout.write(`${name.padEnd(40)} ${text.join(', ')}\n`);
}
