import { setTimeout as delay } from 'node:timers/promises';
import {
  type Connect,
  ImapWire,
  plainConnection,
  SmtpWire,
  tlsConnection,
} from '../../test/support/wire-client.ts';
import { letter } from '../letters.ts';
import { quantile, type Recorder } from '../recorder.ts';
import { benchPassword, type Target } from '../target.ts';

const letterBytes = 4096;
let lettersMade = 7_000_000;

/** A letter to an account with one session in IDLE and nothing else to do: from the end of data to EXISTS. */
export async function measureLatency(
  target: Target,
  reader: string,
  letters: number,
  recorder: Recorder,
): Promise<void> {
  const session = await idle(target, reader, plainConnection, target.ports.imap);
  const client = await SmtpWire.open(target.ports.smtp);
  const walls: number[] = [];
  for (let i = 0; i < letters; i++) {
    const started = performance.now();
    const seen = session.wire.skipTo('* ').then(() => performance.now());
    await client.send('bench@agency.example', [reader], letter(lettersMade++, letterBytes));
    walls.push((await seen) - started);
  }
  client.wire.destroy();
  session.wire.destroy();
  recorder.add('one letter to EXISTS, nothing else', 'ms median', quantile(walls, 0.5));
  recorder.add('one letter to EXISTS, nothing else', 'ms p99', quantile(walls, 0.99));
}

/** Many sessions in IDLE: what they hold in memory, and how soon all of an account are told of a letter. */
export async function measureIdle(
  target: Target,
  readers: readonly string[],
  sessions: number,
  tls: boolean,
  recorder: Recorder,
): Promise<void> {
  const connect = tls ? tlsConnection : plainConnection;
  const port = tls ? target.ports.imaps : target.ports.imap;
  // Once each, so that what an account costs is not counted as what a session costs.
  const first = await Promise.all(readers.map((reader) => idle(target, reader, connect, port)));
  const memoryBefore = await memoryAtRest(target);
  const idlers: { readonly reader: string; readonly session: ImapWire }[] = [];
  const batch = 20;
  for (let i = 0; i < sessions; i += batch) {
    const some = Array.from({ length: Math.min(batch, sessions - i) }, async (_, k) => {
      const reader = readers[(i + k) % readers.length] as string;
      return { reader, session: await idle(target, reader, connect, port) };
    });
    idlers.push(...(await Promise.all(some)));
  }
  const name = `${sessions} idle ${tls ? 'TLS' : 'plain'} sessions`;
  recorder.add(
    name,
    'KB a session',
    ((await memoryAtRest(target)) - memoryBefore) / sessions / 1024,
  );

  const client = await SmtpWire.open(target.ports.smtp);
  const walls: number[] = [];
  for (const reader of readers) {
    const started = performance.now();
    const seen = idlers
      .filter((idler) => idler.reader === reader)
      .map(async ({ session }) => {
        await session.wire.skipTo('* ');
        walls.push(performance.now() - started);
      });
    await client.send('bench@agency.example', [reader], letter(lettersMade++, letterBytes));
    await Promise.all(seen);
  }
  recorder.add(name, 'ms to EXISTS, median', quantile(walls, 0.5));
  recorder.add(name, 'ms to EXISTS, p99', quantile(walls, 0.99));
  client.wire.destroy();
  for (const { session } of idlers) session.wire.destroy();
  for (const session of first) session.wire.destroy();
}

/** What is held for good: runtimes let garbage of the logins lie until there has been little to do for some seconds. */
async function memoryAtRest(target: Target): Promise<number> {
  let least = Infinity;
  for (let calm = 0, seconds = 0; calm < 10 && seconds < 60; seconds++) {
    await delay(1000);
    const bytes = target.memoryBytes();
    calm = bytes < least * 0.99 ? 0 : calm + 1;
    least = Math.min(least, bytes);
  }
  return least;
}

async function idle(
  target: Target,
  reader: string,
  connect: Connect,
  port: number,
): Promise<ImapWire> {
  const session = await ImapWire.login(port, reader, benchPassword, connect);
  await session.bulk('SELECT INBOX');
  session.wire.write('i1 IDLE\r\n');
  const line = await session.wire.line();
  if (!line.startsWith('+')) throw new Error(`${target.name}: IDLE: ${line}`);
  return session;
}
