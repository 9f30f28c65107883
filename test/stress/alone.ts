import { changed, expand, normal, type Slot } from './session-model.ts';
import type { Planned, StressSession } from './stress-session.ts';

/** How long a witness waits to be told of what happened: long enough for any machine that goes on at all. */
const patienceMs = 60_000;

/**
 * One client works while all others rest, so that each answer has exactly one right form: what STORE, COPY, MOVE and
 * EXPUNGE do, what STATUS and SELECT count, and that a client in IDLE (the witness) is told of it all without asking.
 */
export async function actAlone(
  actor: StressSession,
  witness: StressSession | undefined,
): Promise<void> {
  const { mailbox } = actor;
  const other = mailbox === 'INBOX' ? 'Archive' : 'INBOX';
  if (witness !== undefined) await witness.select(mailbox);
  const tag = await witness?.beginIdle();

  await countsAreRight(actor);
  const uids = [
    await append(actor, ['\\Seen', '$Important']),
    await append(actor, []),
    await append(actor, ['Label1', '\\Flagged', '\\Draft']),
    await append(actor, ['\\Answered']),
  ] as const;
  await storesAreExact(actor, uids[1]);
  if (actor.kind.condstore) await conditionHolds(actor, uids[1]);
  await copies(actor, uids, other);
  await moves(actor, [uids[0]], other);
  await expunges(actor, uids[1], uids[2]);
  await countsAreRight(actor);

  if (witness === undefined || tag === undefined) return;
  await hearsAll(witness, actor.model.slots);
  await witness.endIdle(tag);
}

/** The witness knows of some messages by number alone, and so not of their flags. */
async function hearsAll(witness: StressSession, there: readonly Slot[]): Promise<void> {
  const complete = (): boolean =>
    witness.model.slots.length === there.length &&
    witness.model.slots.every(({ uid, flags }, i) => {
      const right = there[i] as Slot;
      return uid === undefined || (uid === right.uid && flags === right.flags);
    });
  const impatience = new AbortController();
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${witness.name} idles and is not told:\n${witness.talk}`));
    }, patienceMs);
    impatience.signal.addEventListener('abort', () => {
      clearTimeout(timer);
    });
  });
  await Promise.race([witness.idleUntil(complete), late]).finally(() => {
    impatience.abort();
  });
}

async function append(actor: StressSession, flags: readonly string[]): Promise<number> {
  const before = actor.model.slots.length;
  await actor.perform([actor.append(actor.mailbox, flags)]);
  await actor.learnNew();
  const { slots } = actor.model;
  const slot = slots.at(-1);
  if (slots.length !== before + 1 || slot?.uid === undefined) {
    throw new Error('APPEND to the selected mailbox, and no EXISTS');
  }
  mustHave(actor, slot.uid, normal(flags));
  return slot.uid;
}

/** Each mode with each way of answering: what the client is told or reckons, then what FETCH says. */
async function storesAreExact(actor: StressSession, uid: number): Promise<void> {
  const steps = [
    ['', ['\\Seen', '$Important']],
    ['+', ['\\Flagged', '\\Seen']],
    ['-', ['\\Seen', 'Label1']],
    ['+', []],
    ['-', ['$Important', '\\Flagged']],
    ['+', ['Label1', '\\Answered']],
    ['', ['\\Draft']],
    ['', []],
  ] as const;
  for (const [i, [mode, flags]] of steps.entries()) {
    const expected = changed(actor.model.slotOf(uid)?.flags, mode, flags);
    const silent = i % 2 === 0 ? '.SILENT' : '';
    await actor.perform([
      {
        text: `UID STORE ${uid} ${mode}FLAGS${silent} (${flags.join(' ')})`,
        mayExpunge: true,
        store: { uids: [uid], mode, flags },
      },
    ]);
    mustHave(actor, uid, expected);
    await actor.perform([fetchFlags(String(uid))]);
    mustHave(actor, uid, expected);
  }
}

/** RFC 7162 §3.1.3. */
async function conditionHolds(actor: StressSession, uid: number): Promise<void> {
  const slot = actor.model.slotOf(uid);
  const store = (since: number, named: boolean): Planned => ({
    text: `UID STORE ${uid} (UNCHANGEDSINCE ${since}) +FLAGS (\\Flagged)`,
    mayExpunge: true,
    check: ({ tagged }) => {
      if (/\[MODIFIED ([\d:,]+)\]/.test(tagged) !== named) {
        throw new Error(`UNCHANGEDSINCE ${since} of UID ${uid} at MODSEQ ${slot?.modSeq}`);
      }
    },
  });
  const before = slot?.flags;
  const modSeq = slot?.modSeq ?? 0;
  await actor.perform([store(modSeq - 1, true), fetchFlags(String(uid))]);
  mustHave(actor, uid, before);
  await actor.perform([store(modSeq, false), fetchFlags(String(uid))]);
  mustHave(actor, uid, changed(before, '+', ['\\Flagged']));
}

async function copies(actor: StressSession, uids: readonly number[], other: string): Promise<void> {
  const flags = uids.map((uid) => actor.model.slotOf(uid)?.flags);
  const copy = actor.copy(uids, other);
  const to: number[] = [];
  await actor.perform([
    {
      ...copy,
      check: (answer, sentAt) => {
        to.push(...placed(answer.tagged, uids));
        copy.check?.(answer, sentAt);
      },
    },
  ]);
  await arrived(actor, other, to, flags);
}

async function moves(actor: StressSession, uids: readonly number[], other: string): Promise<void> {
  const flags = uids.map((uid) => actor.model.slotOf(uid)?.flags);
  const left = actor.model.slots.length - uids.length;
  const move = actor.move(uids, other);
  const to: number[] = [];
  await actor.perform([
    {
      ...move,
      check: (answer, sentAt) => {
        const line = answer.untagged.find(({ text }) => text.includes('[COPYUID'));
        to.push(...placed(line?.text ?? '', uids));
        move.check?.(answer, sentAt);
      },
    },
  ]);
  if (actor.model.slots.length !== left) throw new Error('MOVE, and they are still counted');
  await arrived(actor, other, to, flags);
}

function placed(text: string, uids: readonly number[]): number[] {
  const match = /\[COPYUID \d+ ([\d:,]+) ([\d:,]+)\]/.exec(text);
  const from = match === null ? [] : expand(match[1] as string);
  if (from.join() !== uids.join()) throw new Error(`COPYUID of ${from.join()}, not ${uids.join()}`);
  return expand(match?.[2] as string);
}

async function arrived(
  actor: StressSession,
  other: string,
  uids: readonly number[],
  flags: readonly (string | undefined)[],
): Promise<void> {
  const { mailbox } = actor;
  await actor.select(other);
  await actor.perform([
    {
      text: `UID FETCH ${uids.join(',')} (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])`,
      mayExpunge: true,
    },
  ]);
  for (const [i, uid] of uids.entries()) mustHave(actor, uid, flags[i]);
  await countsAreRight(actor);
  await actor.select(mailbox);
}

/** UID EXPUNGE takes what it names, EXPUNGE what has \Deleted, and neither anything else. */
async function expunges(actor: StressSession, first: number, second: number): Promise<void> {
  const set = `${first},${second}`;
  const deleted = { deleted: [first, second] };
  await actor.perform([
    {
      text: `UID STORE ${set} +FLAGS.SILENT (\\Deleted)`,
      mayExpunge: true,
      wish: deleted,
      store: { uids: [first, second], mode: '+', flags: ['\\Deleted'] },
    },
    fetchFlags('1:*'),
  ]);
  const before = actor.model.slots.map((slot) => ({ ...slot }));
  await actor.perform([
    { text: `UID EXPUNGE ${first}`, mayExpunge: true, wish: { expunged: [first] } },
  ]);
  await mustBeLeft(
    actor,
    before.filter(({ uid }) => uid !== first),
  );
  await actor.perform([{ text: 'EXPUNGE', mayExpunge: true, wish: { expunged: 'all' } }]);
  await mustBeLeft(
    actor,
    before.filter(({ flags }) => flags?.split(' ').includes('\\Deleted') !== true),
  );
}

async function mustBeLeft(actor: StressSession, slots: readonly Slot[]): Promise<void> {
  const wanted = slots.map(({ uid }) => uid).join();
  if (actor.model.uids.join() !== wanted) {
    throw new Error(`left are ${actor.model.uids.join()}, and not ${wanted}`);
  }
  await actor.perform([
    {
      text: 'UID SEARCH ALL',
      mayExpunge: true,
      check: ({ untagged }) => {
        const found = untagged.flatMap(({ text }) => {
          const set = /^\* ESEARCH .* ALL ([\d:,]+)/.exec(text)?.[1];
          if (set !== undefined) return expand(set);
          return /^\* SEARCH (.+)$/.exec(text)?.[1]?.split(' ').map(Number) ?? [];
        });
        if (found.join() !== wanted) throw new Error(`SEARCH finds ${found.join()}, not ${wanted}`);
      },
    },
  ]);
}

/** STATUS, and the UNSEEN of SELECT, against what FETCH shows of each message. */
async function countsAreRight(actor: StressSession): Promise<void> {
  const { mailbox, model } = actor;
  const has = (flag: string): number =>
    model.slots.filter(({ flags }) => flags?.split(' ').includes(flag) === true).length;
  const expected = new Map([
    ['MESSAGES', model.slots.length],
    ['UNSEEN', model.slots.length - has('\\Seen')],
    ['DELETED', has('\\Deleted')],
    ['UIDVALIDITY', Number(model.uidValidity)],
    ...(actor.kind.condstore ? [['HIGHESTMODSEQ', model.book.highestModSeq] as const] : []),
  ]);
  await actor.perform([
    {
      text: `STATUS ${mailbox} (${[...expected.keys(), 'UIDNEXT'].join(' ')})`,
      mayExpunge: true,
      check: ({ untagged }) => {
        const items = untagged.map(({ text }) => /^\* STATUS \S+ \((.*)\)$/.exec(text)?.[1]);
        const told = items.find((item) => item !== undefined) ?? '';
        for (const [item, value] of expected) {
          const number = Number(new RegExp(`(?:^| )${item} (\\d+)`).exec(told)?.[1]);
          // Of changes that nobody was told of, such as a letter that came and went, MODSEQ tells alone.
          const right = item === 'HIGHESTMODSEQ' ? number >= value : number === value;
          if (!right) throw new Error(`STATUS has ${item} ${number}, and there is ${value}`);
        }
        const uidNext = Number(/UIDNEXT (\d+)/.exec(told)?.[1]);
        if (uidNext <= model.book.highestUid) throw new Error(`UIDNEXT ${uidNext} is too low`);
      },
    },
  ]);
}

function fetchFlags(set: string): Planned {
  return { text: `UID FETCH ${set} (FLAGS)`, mayExpunge: true };
}

function mustHave(actor: StressSession, uid: number, expected: string | undefined): void {
  const flags = actor.model.slotOf(uid)?.flags;
  if (flags !== expected) throw new Error(`UID ${uid} has (${flags}), and not (${expected})`);
}
