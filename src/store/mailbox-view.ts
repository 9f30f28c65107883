import type { EmailId, MailboxId, ModSeq, Uid } from '../core/values.ts';

/** One message as the index knows it. `flags` and `moreFlags` are the bits of `MailboxView`. */
export interface Row {
  readonly uid: Uid;
  readonly modSeq: ModSeq;
  readonly flags: number;
  readonly moreFlags: number;
  readonly sizeBytes: number;
  /** Seconds since 1970. */
  readonly internalDate: number;
  readonly email: EmailId;
}

/** Rows by column, ascending by UID: how a mailbox travels from a backend into a view. */
export interface Columns {
  readonly uid: Uint32Array;
  readonly modSeq: Float64Array;
  readonly flags: Uint32Array;
  /** Undefined when no message has a keyword past the first 27. */
  readonly moreFlags: Uint32Array | undefined;
  readonly size: Uint32Array;
  readonly internalDate: Uint32Array;
  readonly email: Uint32Array;
}

/** What one commit did to a mailbox; `UID`s ascend within each list. */
export type ViewChange =
  | { readonly kind: 'added'; readonly rows: readonly Row[] }
  | { readonly kind: 'flagged'; readonly rows: readonly FlaggedRow[]; readonly modSeq: ModSeq }
  | { readonly kind: 'expunged'; readonly uids: readonly number[]; readonly modSeq: ModSeq };
export interface FlaggedRow {
  readonly uid: Uid;
  readonly flags: number;
  readonly moreFlags: number;
}

/** An entry of the change log that sessions follow. Expunged rows are kept whole: sessions still show them. */
export type LoggedChange =
  | { readonly kind: 'added'; readonly uids: readonly Uid[] }
  | { readonly kind: 'flagged'; readonly uids: readonly Uid[] }
  | { readonly kind: 'expunged'; readonly rows: readonly Row[] };

/** 5 system flags and 27 keywords live in `flags`, 32 more in `moreFlags`. */
export const keywordLimit = 59;
const firstKeywordBit = 5;

/**
 * The messages of one mailbox, live, 28 octets each, ascending by UID and shared by all sessions of the process.
 * Applying a change costs the change, not the mailbox (an expunge also moves the rows behind it, as one memory move).
 * Sessions follow by their own cursor into the change log, see `follow`.
 */
export class MailboxView {
  readonly id: MailboxId;
  readonly uidValidity: number;
  uidNext: Uid;
  highestModSeq: ModSeq;
  /** True once the mailbox itself is deleted. */
  gone = false;
  /** Keyword names by number; only ever grows. */
  readonly keywords: string[];

  #count: number;
  #uid: Uint32Array;
  #modSeq: Float64Array;
  #flags: Uint32Array;
  #moreFlags: Uint32Array | undefined;
  #size: Uint32Array;
  #internalDate: Uint32Array;
  #email: Uint32Array;

  #log: LoggedChange[] = [];
  #logStart = 0;
  readonly #followers = new Set<Follower>();

  constructor(
    mailbox: {
      readonly id: MailboxId;
      readonly uidValidity: number;
      readonly uidNext: Uid;
      readonly highestModSeq: ModSeq;
      readonly keywords: readonly string[];
    },
    columns: Columns,
  ) {
    this.id = mailbox.id;
    this.uidValidity = mailbox.uidValidity;
    this.uidNext = mailbox.uidNext;
    this.highestModSeq = mailbox.highestModSeq;
    this.keywords = [...mailbox.keywords];
    this.#count = columns.uid.length;
    this.#uid = columns.uid;
    this.#modSeq = columns.modSeq;
    this.#flags = columns.flags;
    this.#moreFlags = columns.moreFlags;
    this.#size = columns.size;
    this.#internalDate = columns.internalDate;
    this.#email = columns.email;
  }

  /** Messages now; rows are numbered 0 to count-1. */
  get count(): number {
    return this.#count;
  }

  uidAt(index: number): Uid {
    return this.#uid[index] as Uid;
  }
  modSeqAt(index: number): ModSeq {
    return this.#modSeq[index] as ModSeq;
  }
  flagsAt(index: number): number {
    return this.#flags[index] as number;
  }
  moreFlagsAt(index: number): number {
    return this.#moreFlags?.[index] ?? 0;
  }
  sizeAt(index: number): number {
    return this.#size[index] as number;
  }
  /** Seconds since 1970. */
  internalDateAt(index: number): number {
    return this.#internalDate[index] as number;
  }
  emailAt(index: number): EmailId {
    return this.#email[index] as EmailId;
  }

  rowAt(index: number): Row {
    return {
      uid: this.uidAt(index),
      modSeq: this.modSeqAt(index),
      flags: this.flagsAt(index),
      moreFlags: this.moreFlagsAt(index),
      sizeBytes: this.sizeAt(index),
      internalDate: this.internalDateAt(index),
      email: this.emailAt(index),
    };
  }

  /** The first index whose UID is not below the given one; `count` when there is none. */
  lowerBound(uid: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#uid[middle] as number) < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The index of the UID, or -1. */
  indexOf(uid: number): number {
    const index = this.lowerBound(uid);
    return index < this.#count && this.#uid[index] === uid ? index : -1;
  }

  /** The number of a keyword in any case, or -1. RFC 9051 §2.3.2: keywords are case-insensitive. */
  keywordNumber(name: string): number {
    const wanted = name.toLowerCase();
    return this.keywords.findIndex((keyword) => keyword.toLowerCase() === wanted);
  }

  /** Starts a session's own position at the end of the log. */
  follow(): Follower {
    const follower = new Follower(this, this.#logStart + this.#log.length);
    this.#followers.add(follower);
    return follower;
  }

  /** For the store: makes one committed change visible. */
  apply(change: ViewChange): void {
    switch (change.kind) {
      case 'added':
        this.#add(change.rows);
        break;
      case 'flagged':
        this.#flag(change.rows, change.modSeq);
        break;
      case 'expunged':
        this.#expunge(change.uids, change.modSeq);
        break;
    }
  }

  /** For `Follower`. */
  readFrom(position: number): LoggedChange | undefined {
    return this.#log[position - this.#logStart];
  }

  /** For `Follower`: drops what everybody has read. */
  trim(): void {
    if (this.#log.length === 0) return;
    let oldest = this.#logStart + this.#log.length;
    for (const follower of this.#followers) oldest = Math.min(oldest, follower.position);
    if (oldest === this.#logStart) return;
    this.#log = this.#log.slice(oldest - this.#logStart);
    this.#logStart = oldest;
  }

  /** For `Follower`. */
  unfollow(follower: Follower): void {
    this.#followers.delete(follower);
    this.trim();
  }

  #record(change: LoggedChange): void {
    // Nobody follows: nobody will ask.
    if (this.#followers.size > 0) this.#log.push(change);
  }

  #add(rows: readonly Row[]): void {
    const last = rows.at(-1);
    if (last === undefined) return;
    this.#reserve(this.#count + rows.length);
    for (const row of rows) {
      const index = this.#count++;
      this.#uid[index] = row.uid;
      this.#modSeq[index] = row.modSeq;
      this.#flags[index] = row.flags;
      this.#setMoreFlags(index, row.moreFlags);
      this.#size[index] = row.sizeBytes;
      this.#internalDate[index] = row.internalDate;
      this.#email[index] = row.email;
    }
    this.uidNext = (last.uid + 1) as Uid;
    this.#raise(last.modSeq);
    this.#record({ kind: 'added', uids: rows.map((row) => row.uid) });
  }

  #flag(rows: readonly FlaggedRow[], modSeq: ModSeq): void {
    const uids: Uid[] = [];
    for (const row of rows) {
      const index = this.indexOf(row.uid);
      if (index < 0) continue;
      this.#flags[index] = row.flags;
      this.#setMoreFlags(index, row.moreFlags);
      this.#modSeq[index] = modSeq;
      uids.push(row.uid);
    }
    this.#raise(modSeq);
    if (uids.length > 0) this.#record({ kind: 'flagged', uids });
  }

  #expunge(uids: readonly number[], modSeq: ModSeq): void {
    const rows: Row[] = [];
    let to = -1;
    let from = -1;
    for (const uid of uids) {
      const index = this.indexOf(uid);
      if (index < 0) continue;
      rows.push(this.rowAt(index));
      if (to < 0) to = index;
      else {
        this.#moveRows(to, from, index);
        to += index - from;
      }
      from = index + 1;
    }
    this.#raise(modSeq);
    if (rows.length === 0) return;
    this.#moveRows(to, from, this.#count);
    this.#count -= rows.length;
    this.#record({ kind: 'expunged', rows });
  }

  #moveRows(to: number, start: number, end: number): void {
    if (start === end || to === start) return;
    for (const column of this.#columns()) column.copyWithin(to, start, end);
  }

  #columns(): (Uint32Array | Float64Array)[] {
    const columns = [
      this.#uid,
      this.#modSeq,
      this.#flags,
      this.#size,
      this.#internalDate,
      this.#email,
    ];
    if (this.#moreFlags !== undefined) columns.push(this.#moreFlags);
    return columns;
  }

  #setMoreFlags(index: number, bits: number): void {
    if (this.#moreFlags === undefined) {
      if (bits === 0) return;
      this.#moreFlags = new Uint32Array(this.#uid.length);
    }
    this.#moreFlags[index] = bits;
  }

  #raise(modSeq: ModSeq): void {
    if (modSeq > this.highestModSeq) this.highestModSeq = modSeq;
  }

  #reserve(count: number): void {
    if (count <= this.#uid.length) return;
    const capacity = Math.max(count, 64, Math.ceil(this.#uid.length * 1.25));
    const grow = (old: Uint32Array): Uint32Array => {
      const next = new Uint32Array(capacity);
      next.set(old);
      return next;
    };
    const modSeq = new Float64Array(capacity);
    modSeq.set(this.#modSeq);
    this.#modSeq = modSeq;
    this.#uid = grow(this.#uid);
    this.#flags = grow(this.#flags);
    if (this.#moreFlags !== undefined) this.#moreFlags = grow(this.#moreFlags);
    this.#size = grow(this.#size);
    this.#internalDate = grow(this.#internalDate);
    this.#email = grow(this.#email);
  }
}

/** A reader's place in a view's change log: every change after `follow` comes out of `next` once, in order. */
export class Follower {
  position: number;
  readonly #view: MailboxView;

  constructor(view: MailboxView, position: number) {
    this.#view = view;
    this.position = position;
  }

  /** The next change that this reader has not seen; undefined when it is up to date. */
  next(): LoggedChange | undefined {
    const change = this.#view.readFrom(this.position);
    if (change === undefined) {
      this.#view.trim();
      return undefined;
    }
    this.position++;
    return change;
  }

  /** Whether there is nothing new. */
  get upToDate(): boolean {
    return this.#view.readFrom(this.position) === undefined;
  }

  close(): void {
    this.#view.unfollow(this);
  }
}

/** Where a keyword's bit lives: `more` false means `flags`, true `moreFlags`. */
export function keywordBit(number: number): { readonly more: boolean; readonly bit: number } {
  const position = firstKeywordBit + number;
  return position < 32
    ? { more: false, bit: (1 << position) >>> 0 }
    : { more: true, bit: (1 << (position - 32)) >>> 0 };
}

/** The names of the keywords whose bits are set. */
export function keywordNames(
  keywords: readonly string[],
  flags: number,
  moreFlags: number,
): string[] {
  if (flags >>> firstKeywordBit === 0 && moreFlags === 0) return [];
  return keywords.filter((_, number) => {
    const { more, bit } = keywordBit(number);
    return ((more ? moreFlags : flags) & bit) !== 0;
  });
}
