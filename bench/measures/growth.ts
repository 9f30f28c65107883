import { ImapWire, SmtpWire } from '../../test/support/wire-client.ts';
import { letter } from '../letters.ts';
import type { Recorder } from '../recorder.ts';
import { benchPassword, type Target } from '../target.ts';

const letterBytes = 4096;
const copiedAtOnce = 1000;
const rounds = 2;

/** What an operation on one message costs in a mailbox. */
interface Operation {
  readonly name: string;
  run(client: ImapWire, address: string, target: Target, number: number): Promise<void>;
}

const operations: readonly Operation[] = [
  {
    name: 'delivery',
    async run(_, address, target, number) {
      const sender = await SmtpWire.open(target.ports.lmtp, 'LHLO client.example');
      const octets = letter(7_000_000 + number, letterBytes);
      const [reply] = await sender.send('bench@agency.example', [address], octets, true);
      if (reply?.startsWith('250') !== true) throw new Error(`refused: ${reply ?? ''}`);
      sender.wire.destroy();
    },
  },
  {
    name: 'APPEND',
    async run(client, _, __, number) {
      const octets = letter(6_000_000 + number, letterBytes);
      await expectOk(client, `APPEND INBOX {${octets.length}+}`, octets);
    },
  },
  {
    name: 'STORE of one',
    async run(client, _, __, number) {
      await expectOk(client, `STORE 5 ${number % 2 === 0 ? '+' : '-'}FLAGS.SILENT (\\Flagged)`);
    },
  },
  {
    name: 'EXPUNGE of one',
    async run(client) {
      await expectOk(client, 'STORE 7 +FLAGS.SILENT (\\Deleted)');
      await expectOk(client, 'EXPUNGE');
    },
  },
  {
    name: 'SELECT, warm',
    async run(client) {
      await expectOk(client, 'SELECT INBOX');
    },
  },
];

/**
 * What does not list the messages of a mailbox should cost the same in a large one: the same operations in turn on
 * two INBOXes, and how many times as much CPU the larger takes.
 */
export async function measureGrowth(
  target: Target,
  [small, large]: readonly [string, string],
  sizes: readonly [number, number],
  repeats: number,
  recorder: Recorder,
): Promise<void> {
  const open = (address: string): Promise<ImapWire> =>
    ImapWire.login(target.ports.imap, address, benchPassword);
  const clients = [await open(small), await open(large)] as const;
  await fill(target, clients[0], small, sizes[0]);
  await fill(target, clients[1], large, sizes[1]);
  for (const operation of operations) {
    const spent = [0, 0];
    // The first round is for the compiler and the caches.
    for (let round = 0; round <= rounds; round++) {
      for (const [i, address] of [small, large].entries()) {
        const before = target.cpuSeconds();
        for (let number = 0; number < repeats; number++) {
          await operation.run(clients[i] as ImapWire, address, target, number + round * repeats);
        }
        if (round > 0) spent[i] = (spent[i] ?? 0) + target.cpuSeconds() - before;
      }
    }
    const [less = 0, more = 0] = spent.map((cpu) => (cpu / rounds / repeats) * 1000);
    recorder.add(`${operation.name} among ${sizes[0]}`, 'CPU ms', less);
    recorder.add(`${operation.name} among ${sizes[1]}`, 'CPU ms', more);
    recorder.add(`${operation.name}, ${sizes[1]} beside ${sizes[0]}`, 'times', more / less);
  }
  for (const client of clients) client.wire.destroy();
}

/** By COPY, which costs neither server much. */
async function fill(
  target: Target,
  client: ImapWire,
  address: string,
  messages: number,
): Promise<void> {
  const sender = await SmtpWire.open(target.ports.lmtp, 'LHLO client.example');
  const first = Math.min(messages, copiedAtOnce);
  for (let i = 0; i < first; i++) {
    await sender.send('bench@agency.example', [address], letter(5_000_000 + i, letterBytes), true);
  }
  sender.wire.destroy();
  await expectOk(client, 'SELECT INBOX');
  for (let there = first; there < messages; there += first) {
    await expectOk(client, `COPY 1:${Math.min(first, messages - there)} INBOX`);
  }
}

async function expectOk(client: ImapWire, text: string, literal?: Uint8Array): Promise<void> {
  const { status, tagged } = await client.command(text, literal);
  if (status !== 'OK') throw new Error(`${text}: ${tagged}`);
}
