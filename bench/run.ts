/**
 * `npm run bench`: how fast letters come in and are read, and what they cost the server. The clients run in this
 * process, on the same machine, and take their share of it. With `--peer` the same is done to Debian's Postfix and
 * Dovecot in the same run, and the ratio is told.
 *
 * `npm run bench -- eds`: electronic signatures instead, beside their plain form; no server is started.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildServer } from '../test/support/server-process.ts';
import { measureEds } from './measures/eds.ts';
import { measureGrowth } from './measures/growth.ts';
import { measureIdle, measureLatency } from './measures/idle.ts';
import { measureIngest } from './measures/ingest.ts';
import { measureMailbox } from './measures/mailbox.ts';
import { Recorder } from './recorder.ts';
import { table, type TargetResult } from './report.ts';
import { measureStores } from './stores.ts';
import type { Target } from './target.ts';
import { peerMissing, PostfixDovecot } from './targets/postfix-dovecot.ts';
import { Zhashik } from './targets/zhashik.ts';

const parts = ['ingest', 'latency', 'mailbox', 'growth', 'idle'] as const;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false, short: 'q' },
    peer: { type: 'boolean', default: false },
    /** One of the parts; may be given more than once. */
    only: { type: 'string', multiple: true, default: [...parts] },
    messages: { type: 'string', default: '10000' },
    sessions: { type: 'string', default: '1000' },
    /** `mongo`: that store beside the embedded one, without the protocols. */
    store: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
/** `--quick`: a tenth of the work. */
const scale = options.quick ? 0.1 : 1;
const readers = Array.from({ length: 30 }, (_, i) => `reader${i}@example.kz`);
const crowd = Array.from({ length: 100 }, (_, i) => `crowd${i}@example.kz`);
const owner = 'keeper@example.kz';
const waiting = 'waiting@example.kz';
const growing = ['small@example.kz', 'large@example.kz'] as const;

const [part] = positionals;
if (options.store === 'mongo') {
  const results = await measureStores(scaled(Number(options.messages)), scaled(2000));
  writeResults(results, 'bench/results/store-mongo.json');
} else if (part === undefined) {
  writeResults(await measureTargets(), 'bench/results/latest.json');
} else if (part === 'eds') writeResults(measureSignatures(), 'bench/results/eds.json');
else {
  process.stderr.write(`there is no part ${part}: it may be eds, or left out\n`);
  process.exitCode = 64; // EX_USAGE
}

async function measureTargets(): Promise<TargetResult[]> {
  const targets: (() => Target)[] = [() => new Zhashik()];
  if (options.peer) {
    const missing = peerMissing();
    if (missing === undefined) targets.push(() => new PostfixDovecot());
    else process.stderr.write(`without the peer: it needs ${missing}\n`);
  }
  buildServer();
  const results: TargetResult[] = [];
  for (const make of targets) results.push(await measure(make()));
  return results;
}

function measureSignatures(): TargetResult[] {
  const [ours, plain] = [new Recorder(), new Recorder()];
  measureEds(ours, plain, 2000 * scale);
  return [
    { target: 'Zhashik', figures: ours.figures },
    { target: 'plain form', figures: plain.figures },
  ];
}

async function measure(target: Target): Promise<TargetResult> {
  const recorder = new Recorder();
  const wanted = (part: (typeof parts)[number]): boolean => options.only.includes(part);
  const say = (part: string): void => {
    process.stderr.write(`${target.name}: ${part}\n`);
  };
  try {
    await target.prepare([...readers, ...crowd, owner, waiting, ...growing]);
    await target.start();
    if (wanted('ingest')) {
      say('ingest');
      await measureIngestCases(target, recorder);
    }
    if (wanted('latency')) {
      say('latency');
      await measureLatency(target, waiting, scaled(200), recorder);
    }
    if (wanted('mailbox')) {
      say('mailbox');
      await measureMailbox(target, owner, scaled(Number(options.messages)), recorder);
    }
    if (wanted('growth')) {
      say('growth');
      await measureGrowth(target, growing, [scaled(1000), scaled(100_000)], scaled(200), recorder);
    }
    if (wanted('idle')) {
      // Processes that have served nothing yet: what is measured is the sessions.
      for (const tls of [false, true]) {
        say(`idle sessions, ${tls ? 'TLS' : 'plain'}`);
        await target.stop();
        await target.start();
        await measureIdle(
          target,
          readers.slice(0, 20),
          scaled(Number(options.sessions)),
          tls,
          recorder,
        );
      }
    }
    recorder.add('in the end', 'MB of memory', target.memoryBytes() / 2 ** 20);
    recorder.add('in the end', 'MB on disk', target.diskBytes() / 2 ** 20);
  } finally {
    await target.stop();
    target.remove();
  }
  return { target: target.name, figures: recorder.figures };
}

async function measureIngestCases(target: Target, recorder: Recorder): Promise<void> {
  const small = { letterBytes: 4096, recipients: 3 };
  // Compiled code for everything that follows, in the server and here.
  await measureIngest(target, readers, { ...small, sessions: 10, letters: scaled(2000) }, recorder);
  recorder.clear();
  for (const [sessions, letters] of [
    [1, 500],
    [10, 3000],
    [50, 5000],
  ] as const) {
    await measureIngest(
      target,
      readers,
      { ...small, sessions, letters: scaled(letters) },
      recorder,
    );
  }
  for (const [letterBytes, recipients, letters, to] of [
    [4096, 1, 3000, readers],
    [4096, 100, 100, crowd],
    [100 * 1024, 3, 500, readers],
    [10 * 2 ** 20, 1, 20, readers],
  ] as const) {
    const ingest = { letterBytes, recipients, letters: scaled(letters), sessions: 10 };
    await measureIngest(target, to, ingest, recorder);
  }
}

function scaled(count: number): number {
  return Math.ceil(count * scale);
}

function writeResults(results: readonly TargetResult[], defaultPath: string): void {
  process.stdout.write(table(results));
  const record = {
    at: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    quick: options.quick,
    results,
  };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(options.json ?? defaultPath, `${JSON.stringify(record, null, 2)}\n`);
}
