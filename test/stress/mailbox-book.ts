import type { Slot } from './session-model.ts';

/** The order in which the sessions of an account did things. */
export class Moments {
  #now = 0;

  next(): number {
    return ++this.#now;
  }
}

/** What a command asks to be done, noted before it is sent. */
export interface Wish {
  /** Messages that get \Deleted. */
  readonly deleted?: readonly number[];
  /** Messages that go if they have \Deleted. */
  readonly expunged?: readonly number[] | 'all';
  readonly moved?: readonly number[];
}

/**
 * What all sessions of one mailbox were told and asked for, together: two sessions may know different moments, but
 * never different truths of one moment.
 */
export class MailboxBook {
  readonly #moments: Moments;
  /** Flags of a message at a MODSEQ: one commit, one truth. */
  readonly #flags = new Map<string, string>();
  /** The letter that a UID names. */
  readonly #letters = new Map<number, string>();
  readonly #expunged = new Map<number, number>();
  /** UIDs that [APPENDUID] and [COPYUID] named, with the message that was copied. */
  readonly #placed = new Map<number, { readonly from: MailboxBook; readonly uid: number } | null>();
  readonly #copiedAt = new Map<number, number>();
  readonly #deleted = new Map<number, number>();
  readonly #named = new Map<number, number>();
  readonly #moved = new Set<number>();
  #expungeAll = 0;
  #uidValidity: string | undefined;
  #highestUid = 0;
  #highestModSeq = 0;

  constructor(moments: Moments) {
    this.#moments = moments;
  }

  /** The highest UID that anybody was told of. */
  get highestUid(): number {
    return this.#highestUid;
  }

  /** The highest MODSEQ that anybody was told of. */
  get highestModSeq(): number {
    return this.#highestModSeq;
  }

  /** How many messages were told to be expunged; a place in that order. */
  get expungedCount(): number {
    return this.#expunged.size;
  }

  uidValidity(value: string): void {
    this.#uidValidity ??= value;
    if (this.#uidValidity !== value) throw new Error(`UIDVALIDITY changed to ${value}`);
  }

  sawUid(uid: number): void {
    if (uid > this.#highestUid) this.#highestUid = uid;
  }

  sawModSeq(modSeq: number): void {
    if (modSeq > this.#highestModSeq) this.#highestModSeq = modSeq;
  }

  sawFlags(uid: number, modSeq: number, flags: string): void {
    const key = `${uid} ${modSeq}`;
    const before = this.#flags.get(key);
    if (before === undefined) this.#flags.set(key, flags);
    else if (before !== flags) {
      throw new Error(`UID ${uid} at MODSEQ ${modSeq} has flags (${flags}), and (${before})`);
    }
  }

  sawLetter(uid: number, letter: string): void {
    const before = this.#letters.get(uid);
    if (before === undefined) this.#letters.set(uid, letter);
    else if (before !== letter) throw new Error(`UID ${uid} is ${letter}, and was ${before}`);
  }

  letterOf(uid: number): string | undefined {
    return this.#letters.get(uid);
  }

  /** The letters that were seen here. */
  letters(): Iterable<string> {
    return this.#letters.values();
  }

  sawExpunged(uid: number): void {
    if (!this.#expunged.has(uid)) this.#expunged.set(uid, this.#expunged.size);
  }

  /** Whether it was told to be expunged before the given place in the order of expunges. */
  wasExpungedBefore(uid: number, place: number): boolean {
    const at = this.#expunged.get(uid);
    return at !== undefined && at < place;
  }

  /** The server answered that the message is here now; `copied` when it is a copy, by a command sent at that moment. */
  sawPlaced(
    uid: number,
    copied?: { readonly from: MailboxBook; readonly uid: number; readonly at: number },
  ): void {
    this.sawUid(uid);
    if (this.#placed.has(uid)) throw new Error(`UID ${uid} was given twice`);
    this.#placed.set(uid, copied ?? null);
    if (copied !== undefined) this.#copiedAt.set(uid, copied.at);
  }

  /** Notes what is going to be asked for, and answers the moment. */
  wish({ deleted = [], expunged = [], moved = [] }: Wish): number {
    const now = this.#moments.next();
    for (const uid of deleted) if (!this.#deleted.has(uid)) this.#deleted.set(uid, now);
    if (expunged === 'all') this.#expungeAll = now;
    else for (const uid of expunged) this.#named.set(uid, now);
    for (const uid of moved) this.#moved.add(uid);
    return now;
  }

  /**
   * Holds what is in the mailbox against what happened, once nobody works: what was placed is there or was told to be
   * expunged, what was told to be expunged is not there, and somebody had asked for each expunge.
   */
  settle(there: readonly Slot[]): void {
    const live = new Set(there.map(({ uid }) => uid));
    for (const uid of this.#placed.keys()) {
      if (!live.has(uid) && !this.#expunged.has(uid) && !this.#mayBeGone(uid)) {
        throw new Error(`UID ${uid} was answered for, and is not there`);
      }
    }
    for (const uid of this.#expunged.keys()) {
      if (live.has(uid)) throw new Error(`UID ${uid} was told to be expunged, and is there`);
      if (!this.#mayBeGone(uid)) {
        throw new Error(`UID ${uid} was expunged, and nobody had asked for it`);
      }
    }
  }

  /** How many UIDs below `uidNext` name a letter that nobody saw: it came and went unnoticed. */
  unseenBelow(uidNext: number): number {
    return uidNext - 1 - this.#letters.size;
  }

  #mayBeGone(uid: number): boolean {
    if (this.#moved.has(uid)) return true;
    const since = this.#deletedSince(uid);
    if (since === undefined) return false;
    return this.#expungeAll >= since || (this.#named.get(uid) ?? 0) >= since;
  }

  /** Since when the message may have \Deleted; a copy has what it was copied with. */
  #deletedSince(uid: number): number | undefined {
    const asked = this.#deleted.get(uid);
    const origin = this.#placed.get(uid);
    if (origin === undefined || origin === null) return asked;
    const inherited = origin.from.#deletedSince(origin.uid);
    return inherited === undefined
      ? asked
      : Math.min(asked ?? Infinity, this.#copiedAt.get(uid) ?? inherited);
  }
}

/** What is known of an account by all who use it. */
export class AccountBook {
  readonly mailboxes: ReadonlyMap<string, MailboxBook>;
  /** Letters that the server has answered for. */
  readonly #taken = new Set<string>();

  constructor(mailboxes: readonly string[]) {
    const moments = new Moments();
    this.mailboxes = new Map(mailboxes.map((name) => [name, new MailboxBook(moments)]));
  }

  mailbox(name: string): MailboxBook {
    return this.mailboxes.get(name) as MailboxBook;
  }

  took(letter: string): void {
    this.#taken.add(letter);
  }

  /** Each letter that was taken was seen by somebody, or a UID that nobody looked at in time may have been it. */
  settle(uidNext: ReadonlyMap<string, number>): void {
    const seen = new Set<string>();
    let unseen = 0;
    for (const [name, book] of this.mailboxes) {
      for (const letter of book.letters()) seen.add(letter);
      unseen += book.unseenBelow(uidNext.get(name) ?? 1);
    }
    const missing = [...this.#taken].filter((letter) => !seen.has(letter));
    if (missing.length > unseen) {
      throw new Error(
        `lost, one of ${missing.join(' ')}: ${unseen} UIDs were not looked at in time`,
      );
    }
  }
}
