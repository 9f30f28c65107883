import { ImapWire, SmtpWire } from '../../test/support/wire-client.ts';
import { letter, random } from '../letters.ts';
import type { Recorder } from '../recorder.ts';
import { benchPassword, type Target } from '../target.ts';

export interface IngestCase {
  readonly sessions: number;
  readonly letters: number;
  readonly recipients: number;
  readonly letterBytes: number;
}

let lettersMade = 0;
const visibleEveryMs = 50;
const visibleWithinMs = 10 * 60_000;

/** Letters in by SMTP, until the last copy is seen by IMAP. */
export async function measureIngest(
  target: Target,
  readers: readonly string[],
  { sessions, letters, recipients, letterBytes }: IngestCase,
  recorder: Recorder,
): Promise<void> {
  const next = random(sessions + recipients);
  const firstLetter = lettersMade;
  lettersMade += letters;
  const watchers = await Promise.all(
    readers.map((address) => ImapWire.login(target.ports.imap, address, benchPassword)),
  );
  const before = await messagesOf(watchers);
  const cpuBefore = target.cpuSeconds();
  const diskBefore = target.diskBytes();
  let letterSeconds = 0;
  const started = performance.now();
  let taken = 0;
  await Promise.all(
    Array.from({ length: sessions }, async () => {
      const client = await SmtpWire.open(target.ports.smtp);
      for (let number = taken++; number < letters; number = taken++) {
        const making = performance.now();
        const octets = letter(firstLetter + number, letterBytes);
        letterSeconds += (performance.now() - making) / 1000;
        const first = Math.floor(next() * readers.length);
        const to = Array.from(
          { length: recipients },
          (_, i) => readers[(first + i) % readers.length] as string,
        );
        const [reply] = await client.send('bench@agency.example', to, octets);
        if (reply?.startsWith('250') !== true) throw new Error(`refused: ${reply ?? ''}`);
      }
      client.wire.destroy();
    }),
  );
  const copies = letters * recipients;
  await until(async () => (await messagesOf(watchers)) - before >= copies);
  // What this process spent to make letters is not the server's time.
  const seconds = (performance.now() - started) / 1000 - letterSeconds;
  const cpu = target.cpuSeconds() - cpuBefore;
  for (const watcher of watchers) watcher.wire.destroy();

  const size = letterBytes >= 2 ** 20 ? `${letterBytes / 2 ** 20} MB` : `${letterBytes / 1024} KB`;
  const name = `letters of ${size}, ${recipients} rcpt, ${sessions} sessions`;
  recorder.add(name, 'letters/s', letters / seconds, 'more');
  recorder.add(name, 'CPU s per 1000 copies', (cpu / copies) * 1000);
  recorder.add(name, 'disk KB per letter', (target.diskBytes() - diskBefore) / letters / 1024);
}

async function messagesOf(watchers: readonly ImapWire[]): Promise<number> {
  const counts = await Promise.all(
    watchers.map(async (watcher) => {
      const { untagged } = await watcher.command('STATUS INBOX (MESSAGES)');
      return Number(/MESSAGES (\d+)/.exec(untagged[0]?.text ?? '')?.[1] ?? 0);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function until(seen: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + visibleWithinMs;
  while (!(await seen())) {
    if (performance.now() > giveUpAt) throw new Error('letters are missing');
    await new Promise((resolve) => setTimeout(resolve, visibleEveryMs));
  }
}
