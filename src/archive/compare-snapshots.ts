import type { AccountLayout, AccountSnapshot, SnapshotMailbox } from '../store/api.ts';

/**
 * Whether two snapshots, of whichever stores, show a client the same account: every mailbox and number, every message
 * with its flags, dates and the digest of its letter, every tombstone. Undefined when they do; else what differs first.
 */
export async function compareSnapshots(
  one: AccountSnapshot,
  other: AccountSnapshot,
): Promise<string | undefined> {
  if (numbersOf(one) !== numbersOf(other)) return 'its numbers or subscriptions';
  const others = new Map(other.mailboxes.map((mailbox) => [mailbox.id, mailbox]));
  if (others.size !== one.mailboxes.length) return 'its mailboxes';
  for (const mailbox of one.mailboxes) {
    const { id } = mailbox;
    const same = others.get(id);
    if (same === undefined || mailboxFacts(mailbox) !== mailboxFacts(same)) return `mailbox ${id}`;
    const [messages, tombstones] = [one.messages(id), one.tombstones(id)];
    const message = await firstDifference(messages, other.messages(id), messageFacts);
    if (message !== undefined) return `mailbox ${id}, UID ${message}`;
    const tombstone = await firstDifference(tombstones, other.tombstones(id), tombstoneFacts);
    if (tombstone !== undefined) return `mailbox ${id}, expunged UID ${tombstone}`;
  }
  return undefined;
}

/** Not `seq`, which no client sees: a store may count what it did to restore the account. */
function numbersOf({ lastUidValidity, nextMailbox, subscriptions }: AccountLayout): string {
  return JSON.stringify([lastUidValidity, nextMailbox, [...subscriptions].sort()]);
}

function mailboxFacts(mailbox: SnapshotMailbox): string {
  return JSON.stringify([
    mailbox.name,
    mailbox.uidValidity,
    mailbox.uidNext,
    mailbox.highestModSeq,
    mailbox.specialUse,
    mailbox.messages,
    mailbox.unseen,
    mailbox.deleted,
    mailbox.sizeBytes,
    mailbox.deletedBytes,
    mailbox.selectable,
    mailbox.keywords,
    mailbox.forgottenUpTo,
  ]);
}

interface Numbered {
  readonly uid: number;
}
type Slices<T> = AsyncIterator<readonly T[]>;
type Yields<S> = S extends AsyncGenerator<readonly (infer T)[]> ? T : never;

function messageFacts(message: Yields<ReturnType<AccountSnapshot['messages']>>): string {
  const { uid, modSeq, flags, internalDate, savedAt, sizeBytes, sha256 } = message;
  const { system, keywords } = flags;
  return JSON.stringify([
    uid,
    modSeq,
    system,
    [...keywords].sort(),
    internalDate,
    savedAt,
    sizeBytes,
    sha256,
  ]);
}

function tombstoneFacts(tombstone: Yields<ReturnType<AccountSnapshot['tombstones']>>): string {
  const { uid, modSeq, deletedAt } = tombstone;
  return JSON.stringify([uid, modSeq, deletedAt]);
}

/** UID of the first of two lists' members, in step, that are not alike. */
async function firstDifference<T extends Numbered>(
  one: Slices<T>,
  other: Slices<T>,
  facts: (each: T) => string,
): Promise<number | undefined> {
  const [ones, others] = [new Members(one), new Members(other)];
  for (;;) {
    const [a, b] = [await ones.next(), await others.next()];
    if (a === undefined && b === undefined) return undefined;
    if (a === undefined || b === undefined || facts(a) !== facts(b)) return (a ?? b)?.uid;
  }
}

/** The members of slices, one by one. */
class Members<T> {
  readonly #slices: Slices<T>;
  #slice: readonly T[] = [];
  #at = 0;

  constructor(slices: Slices<T>) {
    this.#slices = slices;
  }

  async next(): Promise<T | undefined> {
    while (this.#at >= this.#slice.length) {
      const step = await this.#slices.next();
      if (step.done === true) return undefined;
      this.#slice = step.value;
      this.#at = 0;
    }
    return this.#slice[this.#at++];
  }
}
