/**
 * `npm run bench`: how fast letters come in and are read, and what they cost the server. The clients run in this
 * process, on the same machine, and take their share of it. Options: `--quick` for a tenth of the work.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { ImapWire, SmtpWire } from '../test/support/wire-client.ts';
import { letter, random } from './letters.ts';
import { BenchServer } from './server.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
});
const scale = options.quick ? 0.1 : 1;
const accounts = 30;
const password = 'bench-password-1';
const recipientsPerLetter = 3;
const letterBytes = 4096;

interface Measured {
  readonly name: string;
  readonly [figure: string]: number | string;
}
const results: Measured[] = [];
let lettersMade = 0;

const server = new BenchServer();
try {
  await server.prepare();
  createAccounts();
  await server.start();
  // Compiled code for everything that follows, in the server and here.
  await measureIngest(10, Math.ceil(2000 * scale));
  results.length = 0;
  for (const [sessions, letters] of [
    [1, 1000],
    [10, 5000],
    [50, 10000],
  ] as const) {
    await measureIngest(sessions, Math.ceil(letters * scale));
  }
  await measureMailbox(Math.ceil(10000 * scale));
  results.push({
    name: 'server',
    'memory MB': round(server.memoryBytes() / 2 ** 20),
    'disk MB': round(server.diskBytes() / 2 ** 20),
  });
} finally {
  await server.stop();
  server.remove();
}
report();

function address(number: number): string {
  return `reader${number}@example.kz`;
}

function createAccounts(): void {
  const rows = Array.from({ length: accounts + 1 }, (_, i) => `${address(i)},${password}`);
  execFileSync(
    process.execPath,
    ['dist/scripts/zhashik.js', 'account', 'import', '-', '--config', server.configFile, '--apply'],
    { input: `address,password\n${rows.join('\n')}\n`, stdio: ['pipe', 'ignore', 'inherit'] },
  );
}

async function measureIngest(sessions: number, letters: number): Promise<void> {
  const next = random(sessions);
  const firstLetter = lettersMade;
  lettersMade += letters;
  const prepared = Array.from({ length: letters }, (_, i) => letter(firstLetter + i, letterBytes));
  const before = await messagesOfAll();
  const cpuBefore = server.cpuSeconds();
  const started = performance.now();
  let taken = 0;
  await Promise.all(
    Array.from({ length: sessions }, async () => {
      const client = await SmtpWire.open(server.ports.smtp);
      for (let number = taken++; number < letters; number = taken++) {
        const first = Math.floor(next() * accounts);
        const to = Array.from({ length: recipientsPerLetter }, (_, i) =>
          address((first + i) % accounts),
        );
        const [reply] = await client.send('bench@agency.example', to, prepared[number] as Buffer);
        if (reply?.startsWith('250') !== true) throw new Error(`refused: ${reply ?? ''}`);
      }
      client.wire.destroy();
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const cpu = server.cpuSeconds() - cpuBefore;
  const copies = letters * recipientsPerLetter;
  const visible = (await messagesOfAll()) - before;
  if (visible !== copies) throw new Error(`${visible} of ${copies} copies are visible`);
  results.push({
    name: `letters in, ${sessions} sessions, ${recipientsPerLetter} recipients, 4 KB`,
    'letters/s': round(letters / seconds),
    'copies/s': round(copies / seconds),
    'CPU s per 1000 copies': round((cpu / copies) * 1000, 3),
  });
}

async function messagesOfAll(): Promise<number> {
  let sum = 0;
  for (let i = 0; i < accounts; i++) {
    const client = await ImapWire.login(server.ports.imap, address(i), password);
    const { untagged } = await client.command('STATUS INBOX (MESSAGES)');
    sum += Number(/MESSAGES (\d+)/.exec(untagged[0]?.text ?? '')?.[1] ?? 0);
    client.wire.destroy();
  }
  return sum;
}

async function measureMailbox(messages: number): Promise<void> {
  const reader = address(accounts);
  await Promise.all(
    Array.from({ length: 20 }, async (_, session) => {
      const client = await SmtpWire.open(server.ports.smtp);
      for (let i = session; i < messages; i += 20) {
        await client.send('bench@agency.example', [reader], letter(9000000 + i, letterBytes));
      }
      client.wire.destroy();
    }),
  );
  // A new process: nothing of the mailbox is in its memory.
  await server.stop();
  await server.start();
  const cold = await ImapWire.login(server.ports.imap, reader, password);
  await time(`select ${messages}, cold`, 1, () => cold.bulk('SELECT INBOX'));
  await time(`select ${messages}, warm`, 5, () => cold.bulk('SELECT INBOX'));
  await time(`flags of ${messages}`, 5, () => cold.bulk('FETCH 1:* (FLAGS)'));
  await time(`envelopes of ${messages}`, 5, () => cold.bulk('FETCH 1:* (ENVELOPE)'));
  await time(`sync headers of ${messages}`, 3, () =>
    cold.bulk('FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)])'),
  );
  await time(`bodies of ${messages}`, 3, () => cold.bulk('FETCH 1:* (BODY.PEEK[])'));
  await time(`search SUBJECT in ${messages}`, 3, () => cold.bulk('SEARCH SUBJECT nowhere'));
  await time(`search BODY in ${messages}`, 3, () => cold.bulk('SEARCH BODY nowhere'));
  await time(`STORE on ${messages}`, 3, () => cold.bulk('STORE 1:* +FLAGS.SILENT (\\Flagged)'));
  await time('COPY of 1000', 3, () => cold.bulk(`COPY 1:${Math.min(1000, messages)} Archive`));
  cold.wire.destroy();
}

async function time(
  name: string,
  runs: number,
  act: () => Promise<{ status: string; tagged: string }>,
): Promise<void> {
  const walls: number[] = [];
  const cpuBefore = server.cpuSeconds();
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    const answer = await act();
    walls.push(performance.now() - started);
    if (answer.status !== 'OK') throw new Error(`${name}: ${answer.tagged}`);
  }
  walls.sort((a, b) => a - b);
  results.push({
    name,
    'median ms': round(walls[Math.floor(runs / 2)] as number, 1),
    'CPU ms': round(((server.cpuSeconds() - cpuBefore) / runs) * 1000),
  });
}

function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}

function report(): void {
  for (const { name, ...figures } of results) {
    const text = Object.entries(figures).map(([figure, value]) => `${value} ${figure}`);
    process.stdout.write(`${name.padEnd(52)} ${text.join(', ')}\n`);
  }
  const record = {
    at: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    results,
  };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(
    options.json ?? 'bench/results/latest.json',
    `${JSON.stringify(record, null, 2)}\n`,
  );
}
