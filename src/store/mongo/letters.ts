import type { Letter } from '../common/letter-row.ts';
import { MailError } from '../../core/errors.ts';
import type { Database, Document } from './database.ts';
import { type Draft, NotNow } from './draft.ts';
import { emailDocument, writeChunks } from './emails.ts';
import type { Entry } from './entry.ts';
import type { Head } from './head.ts';
import { batchDocuments } from './limits.ts';
import type { MongoContent } from './content.ts';
import { digestKey, refKey } from './projector.ts';

const lastEmail = 0xffff_ffff;

/** A content on its way into an account: as an email that the account has already, or as a new one. */
export class PendingLetter {
  readonly content: MongoContent;
  /** Which email it is; 0 until it was prepared. */
  email = 0;
  /** Of a new one: its conversation, and the refs that lead to it from now on. */
  fresh: { readonly thread: number; readonly refs: readonly number[] } | undefined;
  #notedIn: Draft | undefined;

  constructor(content: MongoContent) {
    this.content = content;
  }

  get letter(): Letter {
    return this.content.letter;
  }
  get size(): number {
    return this.content.sizeBytes;
  }
  get digestKey(): string {
    return digestKey(this.content.sha256);
  }

  /** To be asked before a change is begun that uses it. */
  mustBePrepared(): void {
    if (this.email === 0) throw new NotNow();
  }

  /** Its email, made known with the change at hand when it is a new one. */
  use(draft: Draft): number {
    if (this.fresh !== undefined && this.#notedIn !== draft) {
      this.#notedIn = draft;
      draft.nextEmail = Math.max(draft.nextEmail, this.email + 1);
      const { thread, refs } = this.fresh;
      draft.fact({ k: 'mail', e: this.email, t: thread, digest: this.content.sha256, refs });
    }
    return this.email;
  }
}

interface Known {
  readonly e: number;
  readonly t: number;
  /** It comes with the same commit. */
  readonly fresh?: PendingLetter['fresh'];
}
interface RefDocument extends Known {
  readonly _id: { readonly a: number; readonly k: string };
}

/**
 * Finds for each letter the account's email of the same octets, or makes one that nobody sees until a commit names it.
 * To be called again with the newer head after each conflict: another may have brought the same letter, or one of its
 * conversation.
 */
export async function prepareLetters(
  db: Database,
  head: Head,
  letters: readonly PendingLetter[],
  now: number,
): Promise<void> {
  if (letters.length === 0) return;
  const known = await knownRefs(db, head, letters);
  const wanted: PendingLetter[] = [];
  const moved: PendingLetter[] = [];
  let next = Math.max(head.nextEmail, ...letters.map(({ email }) => email + 1));
  for (const letter of letters) {
    const same = known.get(letter.digestKey);
    if (
      same !== undefined &&
      (same.fresh !== undefined || (await revive(db, head.a, same.e, letter)))
    ) {
      letter.email = same.e;
      letter.fresh = same.fresh;
      continue;
    }
    const { ref, references } = letter.letter;
    // The collector may have taken it for what a crash left behind.
    const made = letter.fresh !== undefined && (await revive(db, head.a, letter.email, letter));
    const email = made ? letter.email : next++;
    const thread = threadOf(known, ref, references) ?? email;
    if (made && letter.fresh?.thread !== thread) moved.push(letter);
    letter.email = email;
    letter.fresh = {
      thread,
      refs: [ref, ...references].filter((each) => !known.has(refKey(each))),
    };
    if (!made) wanted.push(letter);
    // For the letters after it.
    known.set(letter.digestKey, { e: email, t: thread, fresh: letter.fresh });
    for (const each of letter.fresh.refs) known.set(refKey(each), { e: email, t: thread });
  }
  await claim(db, head.a, wanted, now, () => next++);
  for (const letter of moved) await setThread(db, head.a, letter);
}

/**
 * The conversation of the messages with the same Message-ID, else of any message which shares a reference, the oldest
 * when there are several. RFC 8474 §5.2, RFC 8621 §3.
 */
function threadOf(
  known: ReadonlyMap<string, Known>,
  ref: number,
  references: readonly number[],
): number | undefined {
  const own = known.get(refKey(ref));
  if (own !== undefined) return own.t;
  const theirs = references.flatMap((each) => known.get(refKey(each))?.t ?? []);
  return theirs.length === 0 ? undefined : Math.min(...theirs);
}

async function knownRefs(
  db: Database,
  head: Head,
  letters: readonly PendingLetter[],
): Promise<Map<string, Known>> {
  const { a } = head;
  const keys = new Set<string>();
  for (const { digestKey: digest, letter } of letters) {
    keys.add(digest);
    keys.add(refKey(letter.ref));
    for (const ref of letter.references) keys.add(refKey(ref));
  }
  const known = new Map<string, Known>();
  const list = [...keys];
  for (let i = 0; i < list.length; i += batchDocuments) {
    const some = list.slice(i, i + batchDocuments);
    const found = await db.find<RefDocument>('refs', {
      _id: { $in: some.map((k) => ({ a, k })) },
      a,
    });
    for (const { _id, e, t } of found) known.set(_id.k, { e, t });
  }
  for (const entry of head.tail) noteMail(known, keys, entry);
  return known;
}

/** What the tail tells and may not be among the refs yet. */
function noteMail(known: Map<string, Known>, keys: ReadonlySet<string>, { ops }: Entry): void {
  for (const op of ops) {
    if (op.k !== 'mail') continue;
    for (const key of [digestKey(op.digest), ...op.refs.map(refKey)]) {
      if (keys.has(key) && !known.has(key)) known.set(key, { e: op.e, t: op.t });
    }
  }
}

/** Writes the emails under numbers that are free; one that a crash left behind keeps its number for ever. */
async function claim(
  db: Database,
  a: number,
  letters: readonly PendingLetter[],
  now: number,
  next: () => number,
): Promise<void> {
  let wanted = letters;
  const renumbered = new Map<number, number>();
  while (wanted.length > 0) {
    if (wanted.some(({ email }) => email > lastEmail)) {
      throw new MailError('limit', 'The account cannot number more letters');
    }
    const these = wanted;
    const documents = these.map(({ content, email, fresh }) =>
      emailDocument(content, a, email, fresh?.thread ?? email, now),
    );
    const taken = await insertSome(db, documents);
    wanted = these.filter((_, i) => taken.has(i));
    for (const letter of wanted) {
      const was = letter.email;
      letter.email = next();
      renumbered.set(was, letter.email);
      const { thread, refs } = letter.fresh as NonNullable<PendingLetter['fresh']>;
      letter.fresh = { thread: thread === was ? letter.email : thread, refs };
    }
    for (const letter of these) {
      if (!wanted.includes(letter)) await writeChunks(db, a, letter.email, letter.content);
    }
  }
  // Letters of the same conversation that came with one whose number was taken.
  for (const letter of letters) {
    const thread = renumbered.get(letter.fresh?.thread ?? 0);
    if (thread === undefined || letter.fresh === undefined) continue;
    letter.fresh = { ...letter.fresh, thread };
    await setThread(db, a, letter);
  }
}

/** Takes the collector's mark off an email, if it has one. False: it is gone, or another letter has its number. */
function revive(db: Database, a: number, e: number, { letter }: PendingLetter): Promise<boolean> {
  const filter = { _id: { a, e }, a, h: Buffer.from(letter.digest), dead: { $exists: false } };
  return db.update('emails', filter, { $unset: { del: 1 } });
}

async function setThread(db: Database, a: number, { email, fresh }: PendingLetter): Promise<void> {
  await db.update('emails', { _id: { a, e: email }, a }, { $set: { t: fresh?.thread ?? email } });
}

/** In messages of a bounded size. */
async function insertSome(
  db: Database,
  documents: readonly { readonly weight: number; readonly document: Document }[],
): Promise<Set<number>> {
  const taken = new Set<number>();
  let first = 0;
  while (first < documents.length) {
    let end = first;
    let weight = 0;
    while (end < documents.length && (end === first || weight < maxInsertBytes)) {
      weight += documents[end]?.weight ?? 0;
      end++;
    }
    const some = documents.slice(first, end).map(({ document }) => document);
    for (const i of await db.insert('emails', some)) taken.add(first + i);
    first = end;
  }
  return taken;
}

const maxInsertBytes = 8 * 1024 * 1024;
