import { ImapWire } from '../../test/support/wire-client.ts';
import { letter, random } from '../letters.ts';
import type { Recorder } from '../recorder.ts';
import { readyLetter, SmtpLoad } from '../smtp-load.ts';
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
  const clients = await Promise.all(
    Array.from({ length: sessions }, () => SmtpLoad.open(target.ports.smtp)),
  );
  const ready = Array.from({ length: letters }, (_, i) => {
    const from = Math.floor(next() * readers.length);
    const to = Array.from(
      { length: recipients },
      (_, k) => readers[(from + k) % readers.length] as string,
    );
    return readyLetter('bench@agency.example', to, letter(firstLetter + i, letterBytes));
  });
  const cpuBefore = target.cpuSeconds();
  const ownBefore = process.cpuUsage();
  const diskBefore = target.diskBytes();
  const started = performance.now();
  let taken = 0;
  await Promise.all(
    clients.map(async (client) => {
      for (let one = ready[taken++]; one !== undefined; one = ready[taken++]) {
        await client.send(one);
      }
    }),
  );
  const own = process.cpuUsage(ownBefore);
  const copies = letters * recipients;
  await until(async () => (await messagesOf(watchers)) - before >= copies);
  const seconds = (performance.now() - started) / 1000;
  const cpu = target.cpuSeconds() - cpuBefore;
  for (const client of clients) client.close();
  for (const watcher of watchers) watcher.wire.destroy();

  const size = letterBytes >= 2 ** 20 ? `${letterBytes / 2 ** 20} MB` : `${letterBytes / 1024} KB`;
  const name = `letters of ${size}, ${recipients} rcpt, ${sessions} sessions`;
  recorder.add(name, 'letters/s', letters / seconds, 'more');
  recorder.add(name, 'CPU s per 1000 copies', (cpu / copies) * 1000);
  recorder.add(name, 'disk KB per letter', (target.diskBytes() - diskBefore) / letters / 1024);
  // It shares the cores with the server, so it must be small beside it.
  const ownMs = (own.user + own.system) / 1000;
  recorder.add(name, 'CPU s of the client per 1000 letters', ownMs / letters);
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
