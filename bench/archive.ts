import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { backUp } from '../src/archive/backup.ts';
import { restore } from '../src/archive/restore.ts';
import { verifyArchive } from '../src/archive/verify-archive.ts';
import { type AccountId, inboxId } from '../src/core/values.ts';
import type { MailStore } from '../src/store/api.ts';
import { openEmbeddedStore } from '../src/store/embedded/embedded-store.ts';

/*
 * Verify, backup and restore of one account: rate, CPU seconds, peak memory of the process (its own, without the pages of
 * the databases that it has mapped), and the delay of its event loop, which is the mail's. `node --import tsx bench/archive.ts --folder DIR [--messages 200000] [--bytes 2000]`. Each
 * step is a process of its own; the store stays in DIR for the next run.
 */
const steps = ['fill', 'verify', 'backup', 'again', 'check', 'restore', 'into'] as const;
type Step = (typeof steps)[number];

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    messages: { type: 'string', default: '200000' },
    bytes: { type: 'string', default: '2000' },
    step: { type: 'string' },
  },
});
const { folder } = values;
if (folder === undefined) throw new Error('--folder');
const messages = Number(values.messages);
const bytes = Number(values.bytes);
const address = 'many@example.kz';
const data = join(folder, 'data');
const archive = join(folder, 'backup');
const other = join(folder, 'other');
const batch = 200;

if (values.step === undefined) {
  mkdirSync(folder, { recursive: true });
  for (const step of steps) {
    if (step === 'fill' && existsSync(data)) continue;
    if (step === 'backup') rmSync(archive, { recursive: true, force: true });
    if (step === 'restore') rmSync(other, { recursive: true, force: true });
    await apart(step);
  }
} else await measured(values.step as Step);

function apart(step: Step): Promise<void> {
  const script = fileURLToPath(import.meta.url);
  const args = ['--import', 'tsx', script, ...process.argv.slice(2), '--step', step];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${step} ended with ${code}`));
    });
  });
}

async function measured(step: Step): Promise<void> {
  const store = step === 'check' ? undefined : await open(step === 'restore' || step === 'into');
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const peak = watchOwnMemory();
  const cpu = process.cpuUsage();
  const began = performance.now();
  delay.enable();
  const done = await run(step, store);
  delay.disable();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    JSON.stringify({
      step,
      messages: done,
      seconds: Number(seconds.toFixed(1)),
      perSecond: Math.round(done / seconds),
      cpuSeconds: Number(((user + system) / 1e6).toFixed(1)),
      peakOwnMiB: Math.round(peak() / 1024),
      peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
      loopDelayMs: {
        mean: Number((delay.mean / 1e6).toFixed(1)),
        p99: Number((delay.percentile(99) / 1e6).toFixed(1)),
        max: Number((delay.max / 1e6).toFixed(1)),
      },
    }),
  );
  await store?.close();
}

/** Says the largest anonymous memory so far, KiB. */
function watchOwnMemory(): () => number {
  let peak = 0;
  const look = (): void => {
    const found = /^RssAnon:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    peak = Math.max(peak, Number(found ?? 0));
  };
  setInterval(look, 100).unref();
  return () => {
    look();
    return peak;
  };
}

function open(elsewhere: boolean): Promise<MailStore> {
  return openEmbeddedStore({ folder: elsewhere ? other : data, shards: 2, readers: 1 });
}

async function run(step: Step, store: MailStore | undefined): Promise<number> {
  if (store === undefined) return (await finish(verifyArchive(archive))).messages;
  switch (step) {
    case 'fill':
      return fill(store);
    case 'verify':
      return verify(store);
    case 'backup':
      return (await finish(backUp(store, archive, undefined, Date.now))).messages;
    case 'again': {
      // One letter more, so that the account is written anew.
      await append(store, (await accountOf(store)).id, messages, 1);
      return (await finish(backUp(store, archive, undefined, Date.now))).messages;
    }
    case 'restore':
      return (await finish(restore(store, archive, { apply: true, actor: 'bench' }))).messages;
    case 'into': {
      const options = { account: address, into: address, apply: true, actor: 'bench' };
      return (await finish(restore(store, archive, options))).present;
    }
    case 'check':
      throw new Error('needs no store');
  }
}

async function fill(store: MailStore): Promise<number> {
  const { id } = await store.accounts.create(
    {
      address,
      canonical: address,
      skeleton: address,
      credentials: { hash: undefined, scram: undefined },
      quota: { bytes: undefined, messages: undefined },
    },
    { actor: 'bench', action: 'account-create' },
  );
  for (let i = 0; i < messages; i += batch) {
    await append(store, id, i, Math.min(batch, messages - i));
  }
  return messages;
}

async function append(store: MailStore, id: AccountId, from: number, count: number): Promise<void> {
  const contents = [];
  for (let i = from; i < from + count; i++) {
    const writer = store.receive();
    await writer.write(letter(i));
    contents.push(await writer.finish());
  }
  const flags = { system: 0, keywords: [] };
  await store.append(
    id,
    inboxId,
    contents.map((content) => ({ content, flags, internalDate: 1_790_000_000_000 })),
  );
  await Promise.all(contents.map((content) => content.release()));
}

function letter(number: number): Buffer {
  const head =
    `Message-ID: <${number}@example.kz>\r\nFrom: a@example.kz\r\nSubject: Letter ${number}\r\n` +
    'Date: Tue, 1 Sep 2026 10:00:00 +0500\r\n\r\n';
  const line = `${String(number).padStart(60, 'zhashik ')}\r\n`;
  return Buffer.from(
    head + line.repeat(Math.max(1, Math.ceil((bytes - head.length) / line.length))),
  );
}

async function verify(store: MailStore): Promise<number> {
  const { id } = await accountOf(store);
  let count = 0;
  for await (const step of store.upkeep.checkAccount(id)) {
    count += step.messages;
    for (const finding of step.findings) console.log(finding);
  }
  return count;
}

async function accountOf(store: MailStore): Promise<{ readonly id: AccountId }> {
  const account = await store.accounts.find(address);
  if (account === undefined) throw new Error('the store is empty');
  return account;
}

async function finish<R>(steps: AsyncGenerator<unknown, R, void>): Promise<R> {
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}
