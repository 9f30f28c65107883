import { random } from '../../bench/letters.ts';
import { SmtpWire } from '../support/wire-client.ts';
import { actAlone } from './alone.ts';
import { AccountBook } from './mailbox-book.ts';
import { startEmbedded, type StartServers, type StressServers } from './servers.ts';
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

/** A round in which nothing is said for so long hangs. */
const silenceMs = 120_000;

/**
 * Random sessions against the real server, each held against a model of what it was told. Rejects at the first word of
 * the server that cannot be true, with the seed and the end of the talk. Answers the operations done.
 *
 * What it checks, word by word while all work at once:
 * - sequence numbers: EXISTS only grows and only when it says something new, EXPUNGE and VANISHED name what is there,
 *   and only where RFC 9051 §7.5.1 allows them: not in answer to FETCH, STORE and SEARCH by number, and not while no
 *   command is in progress;
 * - a number keeps its UID, a UID its letter, UIDs ascend, none is given twice, UIDVALIDITY stays; UIDNEXT and
 *   HIGHESTMODSEQ of SELECT are beyond what anybody was told before;
 * - flags and MODSEQ: one truth for one moment, told to all; a MODSEQ never falls, no change hides below a
 *   HIGHESTMODSEQ; keywords are announced first; UID and MODSEQ come where they must;
 * - what SEARCH finds, APPENDUID, COPYUID, and what QRESYNC and CHANGEDSINCE tell one who comes back.
 * When a round is over and nobody works:
 * - every session believes what a client that comes anew is shown, and so all believe the same;
 * - nothing that was answered for is lost, and each expunge had been asked for;
 * - one client acts alone (see `actAlone`): exact results of each command, exact STATUS, and a second one in IDLE hears
 *   of everything;
 * - the server is started again, and nobody sees a difference: memory and disk hold the same.
 *
 * What it cannot see: bodies beyond their subject, sizes and dates; how soon something is told, except that it is told
 * before the next answer and within a minute in IDLE; an EXPUNGE without a command that reaches the client only after
 * its next command has left; what becomes of mailboxes that are made, renamed and deleted (the crash harness has
 * these); a flag lost among changes of several clients at once, when all are told the same wrong thing.
 */
export async function stress(
  options: StressOptions,
  start: StartServers = startEmbedded,
): Promise<number> {
  const accounts = Array.from(
    { length: Math.ceil(options.clients / options.clientsPerAccount) },
    (_, i) => `reader${i}@example.kz`,
  );
  const servers = await start(accounts.map((address) => [address, password] as const));
  const sessions: StressSession[] = [];
  const hang = new AbortController();
  try {
    return await Promise.race([
      runRounds(options, accounts, servers, sessions),
      silence(sessions, hang.signal),
    ]);
  } catch (error) {
    throw new Error(`seed ${options.seed}: ${String(error)}\n${servers.printed()}`, {
      cause: error,
    });
  } finally {
    hang.abort();
    for (const session of sessions) session.close();
    await servers.close();
  }
}

/** Rejects when no session hears anything any more. */
function silence(sessions: readonly StressSession[], signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    let before = -1;
    const timer = setInterval(() => {
      const heard = sessions.reduce((sum, { linesHeard }) => sum + linesHeard, 0);
      if (heard === before) {
        const talks = sessions.map(({ name, talk }) => `${name}:\n${talk.slice(-300)}`);
        reject(new Error(`nothing goes on\n${talks.join('\n')}`));
      }
      before = heard;
    }, silenceMs);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
    });
  });
}

async function runRounds(
  options: StressOptions,
  accounts: readonly string[],
  servers: StressServers,
  sessions: StressSession[],
): Promise<number> {
  let letters = 0;
  const letter = (): { name: string; bytes: Buffer } => {
    const name = `letter-${options.seed}-${++letters}`;
    return { name, bytes: Buffer.from(`Subject: ${name}\r\n\r\nSalem!\r\n`) };
  };
  const { ports } = servers;
  const places = accounts.map((address): Omit<StressPlace, 'operations' | 'port'> => {
    return { address, password, book: new AccountBook(mailboxes), letter };
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
        // The sessions of an account are spread over the front ends.
        port: (ports[Math.floor(i / places.length) % ports.length] ?? ports[0]).imap,
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
    const post = deliver(options, places, servers, operations, letter);
    await Promise.all([...work, post]);
    total += operations.count;
    await allAgree(places, sessions);
    await eachAlone(places, sessions, round);
    await allAgree(places, sessions);
    await servers.restart();
    for (const session of sessions) await told(session, session.comeBack());
    await allAgree(places, sessions);
    options.onRound?.(round, total);
    if (!options.again(round)) return total;
  }
}

/** Letters by SMTP and LMTP, between the operations of the sessions. */
async function deliver(
  options: StressOptions,
  places: readonly Pick<StressPlace, 'address' | 'book'>[],
  { ports }: StressServers,
  operations: Operations,
  letter: () => { readonly name: string; readonly bytes: Buffer },
): Promise<void> {
  const next = random(options.seed);
  // With several front ends by the first and the last.
  const smtp = await SmtpWire.open(ports[0].smtp);
  const lmtp = await SmtpWire.open((ports.at(-1) ?? ports[0]).lmtp, 'LHLO client.example');
  for (let i = 0; i < options.letters; i++) {
    const to = places.filter(() => next() < 0.4);
    if (to.length === 0) continue;
    const { name, bytes } = letter();
    const byLmtp = i % 2 === 0;
    const replies = await (byLmtp ? lmtp : smtp).send(
      'a@agency.example',
      to.map(({ address }) => address),
      bytes,
      byLmtp,
    );
    if (!replies.every((reply) => reply.startsWith('250'))) {
      throw new Error(`refused: ${replies.join(' | ')}`);
    }
    for (const { book } of to) book.took(name);
    await operations.pass(Math.floor(next() * 20));
  }
  operations.leave();
  smtp.wire.destroy();
  lmtp.wire.destroy();
}

/**
 * Nobody works: each session's picture must be that of a client that comes anew, and so the same for all; and what is
 * there must be what was answered for.
 */
async function allAgree(
  places: readonly Pick<StressPlace, 'address' | 'book'>[],
  sessions: readonly StressSession[],
): Promise<void> {
  for (const { address, book } of places) {
    const uidNext = new Map<string, number>();
    for (const session of sessions.filter((one) => one.address === address)) {
      const { told: picture, there } = await told(session, session.settle());
      const known = picture.map(({ uid, flags }) => `${uid} (${flags})`).join(', ');
      const right = there.map(({ uid, flags }: Slot) => `${uid} (${flags})`).join(', ');
      if (known !== right) {
        throw new Error(
          `${session.name} believes:\n${known}\nbut there is:\n${right}\n${session.talk}`,
        );
      }
      if (uidNext.has(session.mailbox)) continue;
      uidNext.set(session.mailbox, session.model.uidNext);
      await told(
        session,
        // Whatever throws is told with the talk.
        Promise.resolve().then(() => {
          session.model.book.settle(there);
        }),
      );
    }
    // Nobody has the other mailbox open: what is in it is for the next round.
    if (uidNext.size < mailboxes.length) continue;
    try {
      book.settle(uidNext);
    } catch (error) {
      throw new Error(`${address}: ${String(error)}`, { cause: error });
    }
  }
}

/** One client of each account, another one each round, with a second one that watches. */
async function eachAlone(
  places: readonly Pick<StressPlace, 'address'>[],
  sessions: readonly StressSession[],
  round: number,
): Promise<void> {
  for (const [i, { address }] of places.entries()) {
    const of = sessions.filter((session) => session.address === address);
    const actor = of[(i + round) % of.length] as StressSession;
    const witness = of[(i + round + 1) % of.length];
    await told(actor, actAlone(actor, witness === actor ? undefined : witness));
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
