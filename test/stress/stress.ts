import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '../../bench/letters.ts';
import { createAccounts } from '../support/accounts.ts';
import { freePorts } from '../support/free-ports.ts';
import { plainConfig, type PlainPorts } from '../support/plain-config.ts';
import { buildServer, ServerProcess } from '../support/server-process.ts';
import { SmtpWire } from '../support/wire-client.ts';
import { MailboxBook } from './mailbox-book.ts';
import type { SessionKind, Slot } from './session-model.ts';
import { Operations, StressSession, type StressPlace } from './stress-session.ts';

export interface StressOptions {
  readonly seed: number;
  readonly clients: number;
  /** Clients that share an account. */
  readonly clientsPerAccount: number;
  /** Operations of a client in a round. After a round all must agree. */
  readonly operations: number;
  readonly letters: number;
  /** Whether another round is wanted. */
  readonly again: (rounds: number) => boolean;
  readonly onRound?: (round: number, operations: number) => void;
}

const password = 'stress-password-1';
const mailboxes = ['INBOX', 'Archive'];

/** What the sessions are, in turn. */
const kinds: readonly SessionKind[] = [
  { condstore: false, qresync: false, rev2: false },
  { condstore: true, qresync: false, rev2: false },
  { condstore: true, qresync: true, rev2: false },
  { condstore: false, qresync: false, rev2: true },
  { condstore: true, qresync: true, rev2: true },
];

/**
 * Random sessions against the real server, each held against a model of what it was told. Rejects at the first word of
 * the server that cannot be true, with the seed and the end of the talk. Answers the operations done.
 */
export async function stress(options: StressOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'zhashik-stress-'));
  buildServer();
  const [smtp, lmtp, imap] = (await freePorts(3)) as [number, number, number];
  const ports: PlainPorts = { smtp, lmtp, imap };
  const accounts = Array.from(
    { length: Math.ceil(options.clients / options.clientsPerAccount) },
    (_, i) => `reader${i}@example.kz`,
  );
  await createAccounts(
    join(folder, 'data'),
    accounts.map((address) => [address, password] as const),
  );
  const configFile = join(folder, 'zhashik.yaml');
  writeFileSync(configFile, plainConfig('data', ports));
  const server = await ServerProcess.start(configFile, Object.values(ports), 'build');
  const sessions: StressSession[] = [];
  try {
    return await runRounds(options, accounts, ports, sessions);
  } catch (error) {
    throw new Error(`seed ${options.seed}: ${String(error)}\n${server.printed}`, { cause: error });
  } finally {
    for (const session of sessions) session.close();
    await server.end('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runRounds(
  options: StressOptions,
  accounts: readonly string[],
  ports: PlainPorts,
  sessions: StressSession[],
): Promise<number> {
  let letters = 0;
  const letter = (): { name: string; bytes: Buffer } => {
    const name = `letter-${options.seed}-${++letters}`;
    return { name, bytes: Buffer.from(`Subject: ${name}\r\n\r\nSalem!\r\n`) };
  };
  const places = accounts.map((address): Omit<StressPlace, 'operations'> => {
    const books = new Map(mailboxes.map((name) => [name, new MailboxBook()]));
    return { port: ports.imap, address, password, books, letter };
  });
  let total = 0;
  let operations = new Operations(0);
  for (let i = 0; i < options.clients; i++) {
    const place = places[i % places.length] as StressPlace;
    const kind = kinds[Math.floor(i / places.length) % kinds.length] as SessionKind;
    const session = new StressSession(
      `client ${i} of ${place.address}`,
      kind,
      // Each round has its own.
      {
        ...place,
        get operations() {
          return operations;
        },
      },
      random(options.seed * 1000 + i),
    );
    sessions.push(session);
    await told(session, session.open());
  }
  for (let round = 1; ; round++) {
    operations = new Operations(sessions.length + 1);
    const work = sessions.map((session) => told(session, session.run(options.operations)));
    const post = deliver(options, accounts, ports, operations, letter);
    await Promise.all([...work, post]);
    total += operations.count;
    await allAgree(sessions);
    options.onRound?.(round, total);
    if (!options.again(round)) return total;
  }
}

/** Letters by SMTP and LMTP, between the operations of the sessions. */
async function deliver(
  options: StressOptions,
  accounts: readonly string[],
  ports: PlainPorts,
  operations: Operations,
  letter: () => { readonly bytes: Buffer },
): Promise<void> {
  const next = random(options.seed);
  const smtp = await SmtpWire.open(ports.smtp);
  const lmtp = await SmtpWire.open(ports.lmtp, 'LHLO client.example');
  for (let i = 0; i < options.letters; i++) {
    const to = accounts.filter(() => next() < 0.4);
    if (to.length === 0) continue;
    const byLmtp = i % 2 === 0;
    const replies = await (byLmtp ? lmtp : smtp).send(
      'a@agency.example',
      to,
      letter().bytes,
      byLmtp,
    );
    if (!replies.every((reply) => reply.startsWith('250'))) {
      throw new Error(`refused: ${replies.join(' | ')}`);
    }
    await operations.pass(Math.floor(next() * 20));
  }
  operations.leave();
  smtp.wire.destroy();
  lmtp.wire.destroy();
}

/** Nobody works: each session's picture must be that of a client that comes anew, and so the same for all. */
async function allAgree(sessions: readonly StressSession[]): Promise<void> {
  for (const session of sessions) {
    const { told: picture, there } = await told(session, session.settle());
    const known = picture.map(({ uid, flags }) => `${uid} (${flags})`).join(', ');
    const right = there.map(({ uid, flags }: Slot) => `${uid} (${flags})`).join(', ');
    if (known !== right) {
      throw new Error(
        `${session.name} believes:\n${known}\nbut there is:\n${right}\n${session.talk}`,
      );
    }
  }
}

async function told<T>(session: StressSession, doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    const { condstore, qresync, rev2 } = session.kind;
    throw new Error(
      `${session.name} in ${session.mailbox} (${JSON.stringify({ condstore, qresync, rev2 })}): ` +
        `${String(error)}\n${session.talk}`,
      { cause: error },
    );
  }
}
