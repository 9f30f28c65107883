import type { ImapAnswer, ImapLine } from '../support/wire-client.ts';
import type { MailboxBook } from './mailbox-book.ts';

/** What a client knows of one message. */
export interface Slot {
  uid: number | undefined;
  flags: string | undefined;
  modSeq: number | undefined;
}

export interface SessionKind {
  readonly condstore: boolean;
  readonly qresync: boolean;
  readonly rev2: boolean;
}

/** A command as far as the untagged responses to it go. */
export interface Expectation {
  readonly text: string;
  /** RFC 9051 §7.5.1: not in answer to FETCH, STORE and SEARCH by sequence number. */
  readonly mayExpunge: boolean;
  /** The client asks what it missed: VANISHED (EARLIER) and older changes may come, RFC 7162 §3.2.6. */
  readonly resync?: boolean;
  /** A STORE whose effect the client reckons for itself, unless it is told. */
  readonly store?: {
    readonly uids: readonly number[];
    readonly mode: '+' | '-' | '';
    readonly flags: readonly string[];
  };
}

/** Nothing is asked for: what comes now comes by itself. RFC 9051 §7.5.1 has no EXPUNGE among it. */
export const nothingAsked: Expectation = { text: '(no command)', mayExpunge: false };

/**
 * What a client knows of its mailbox by nothing but what the server said and what it did itself. Each line is held
 * against that and against what the other sessions of the mailbox know; what cannot be is thrown.
 */
export class SessionModel {
  slots: Slot[] = [];
  /** Changes up to here are known: what a client would give to QRESYNC. */
  highestModSeq = 0;
  uidValidity = '';
  uidNext = 0;
  /** The number of the first message without \Seen, as SELECT told it. */
  firstUnseen: number | undefined;
  readonly book: MailboxBook;
  readonly #kind: SessionKind;
  #selecting = false;
  /** What comes before [CLOSED] is of the mailbox that was selected before. RFC 9051 §7.1. */
  #notYetClosed = false;
  /** What SELECT has told so far; it must tell all of it. */
  #described = new Set<string>();
  /** Flags that a message may have, as FLAGS said last. RFC 9051 §7.3.5. */
  #flagsKnown: ReadonlySet<string> = new Set();
  /** What others had been told when SELECT was sent: it may not tell less. */
  #modSeqAtSelect = 0;
  #highestUidAtSelect = 0;
  /** The messages that UIDNEXT is above of, less those that went. */
  #countAtUidNext = 0;
  #expungesAtSelect = 0;
  #expectation: Expectation = { text: '', mayExpunge: false };
  /** Since the command became the current one. */
  #told = new Set<number>();
  #flagsTold = new Set<number>();
  #modSeqTold = 0;
  #highestTold: number | undefined;
  /** Messages that only an expunge explains: it must be told by the next command that may. */
  #owed = new Map<number, string>();
  #owedBefore: ReadonlyMap<number, string> = new Map();

  constructor(book: MailboxBook, kind: SessionKind) {
    this.book = book;
    this.#kind = kind;
  }

  /** UIDs known, ascending. */
  get uids(): number[] {
    return this.slots.flatMap(({ uid }) => uid ?? []);
  }

  /** UIDs whose flags were told, or whose message came or went, while the last command ran. */
  get touched(): ReadonlySet<number> {
    return this.#told;
  }

  /** Before SELECT is sent; `instead`: another mailbox is selected until then. */
  select(instead: boolean): void {
    this.slots = [];
    this.#selecting = true;
    this.#notYetClosed = instead;
    this.#described = new Set();
    this.firstUnseen = undefined;
    this.#modSeqAtSelect = this.book.highestModSeq;
    this.#highestUidAtSelect = this.book.highestUid;
    this.#expungesAtSelect = this.book.expungedCount;
  }

  /** The command whose answer comes next. */
  begin(expectation: Expectation): void {
    this.#owedBefore = new Map(this.#owed);
    this.#expectation = expectation;
    this.#told = new Set();
    this.#flagsTold = new Set();
    this.#modSeqTold = 0;
    this.#highestTold = undefined;
  }

  take({ text, literals }: ImapLine): void {
    if (this.#notYetClosed) {
      if (text.startsWith('* OK [CLOSED]')) this.#notYetClosed = false;
      return;
    }
    let match: RegExpExecArray | null;
    if ((match = /^\* (\d+) EXISTS$/.exec(text)) !== null) this.#exists(Number(match[1]));
    else if ((match = /^\* (\d+) EXPUNGE$/.exec(text)) !== null) this.#expunge(Number(match[1]));
    else if ((match = /^\* VANISHED (\(EARLIER\) )?([\d:,]+)$/.exec(text)) !== null) {
      this.#vanished(expand(match[2] as string), match[1] !== undefined);
    } else if ((match = /^\* (\d+) FETCH \((.*)\)$/.exec(text)) !== null) {
      this.#fetch(Number(match[1]), match[2] as string, literals[0]);
    } else if ((match = /^\* OK \[HIGHESTMODSEQ (\d+)\]/.exec(text)) !== null) {
      this.#highest(Number(match[1]));
    } else if ((match = /^\* OK \[UIDVALIDITY (\d+)\]/.exec(text)) !== null) {
      this.book.uidValidity(match[1] as string);
      this.#described.add('UIDVALIDITY');
      this.uidValidity = match[1] as string;
    } else if ((match = /^\* OK \[UIDNEXT (\d+)\]/.exec(text)) !== null) {
      this.uidNext = Number(match[1]);
      this.#described.add('UIDNEXT');
      this.#countAtUidNext = this.slots.length;
      if (this.uidNext <= Math.max(this.slots.length, this.#highestUidAtSelect)) {
        throw new Error('UIDNEXT is below what there is');
      }
    } else if ((match = /^\* OK \[UNSEEN (\d+)\]/.exec(text)) !== null) {
      this.firstUnseen = Number(match[1]);
    } else if ((match = /^\* FLAGS \(([^)]*)\)$/.exec(text)) !== null) {
      this.#flagsKnown = new Set((match[1] as string).split(' '));
      this.#described.add('FLAGS');
    } else if (/^\* (BYE|BAD|NO|PREAUTH)/.test(text)) throw new Error('the server gave up');
    else if (!/^\* (OK|LIST|STATUS|SEARCH|ESEARCH|0 RECENT)( |$)/.test(text)) {
      throw new Error('not a response that was to be expected');
    }
  }

  /** The tagged response. */
  end({ tagged, status }: Pick<ImapAnswer, 'tagged' | 'status'>): void {
    const { store } = this.#expectation;
    if (store !== undefined && status === 'OK') this.#reckon(store, this.#modified(tagged));
    if (this.#expectation.mayExpunge && status !== 'BAD') this.#mustBePaid();
    const highest = /\[HIGHESTMODSEQ (\d+)\]/.exec(tagged)?.[1];
    if (highest !== undefined) this.#highest(Number(highest));
    if (this.#selecting && status === 'OK') {
      this.#selecting = false;
      for (const part of ['EXISTS', 'FLAGS', 'UIDVALIDITY', 'UIDNEXT', 'HIGHESTMODSEQ']) {
        if (!this.#described.has(part)) throw new Error(`SELECT without ${part}`);
      }
    }
    // RFC 7162 §3.2: what the answer says, or the highest MODSEQ seen in it.
    this.highestModSeq = this.#highestTold ?? Math.max(this.highestModSeq, this.#modSeqTold);
  }

  /** What was said of the message is wrong, unless it is expunged and that is still to be told. */
  owesExpunge(uid: number, reason: string): void {
    this.#owed.set(uid, reason);
  }

  slotOf(uid: number): Slot | undefined {
    return this.slots.find((slot) => slot.uid === uid);
  }

  #exists(count: number): void {
    const first = this.#selecting && !this.#described.has('EXISTS');
    if (!first && count <= this.slots.length) {
      throw new Error(`EXISTS ${count} after ${this.slots.length}`);
    }
    this.#described.add('EXISTS');
    while (this.slots.length < count) {
      this.slots.push({ uid: undefined, flags: undefined, modSeq: undefined });
    }
  }

  #expunge(msn: number): void {
    if (this.#kind.qresync) throw new Error('EXPUNGE after ENABLE QRESYNC');
    this.#mustAllowExpunge();
    if (msn < 1 || msn > this.slots.length) throw new Error('EXPUNGE of no message');
    this.#remove(msn - 1);
  }

  #vanished(uids: readonly number[], earlier: boolean): void {
    if (!this.#kind.qresync) throw new Error('VANISHED without ENABLE QRESYNC');
    if (earlier) {
      if (this.#expectation.resync !== true)
        throw new Error('VANISHED (EARLIER) was not asked for');
      for (const uid of uids) {
        if (!this.#selecting && this.slotOf(uid) !== undefined) {
          throw new Error(`UID ${uid} vanished earlier, but is still counted`);
        }
        this.book.sawExpunged(uid);
      }
      return;
    }
    this.#mustAllowExpunge();
    for (const uid of uids) this.#remove(this.#indexOfVanished(uid), uid);
  }

  /** Where the message was: its own slot, or one between its neighbours whose UID the client never asked for. */
  #indexOfVanished(uid: number): number {
    let unknown = -1;
    for (const [index, slot] of this.slots.entries()) {
      if (slot.uid === uid) return index;
      if (slot.uid === undefined) unknown = index;
      else if (slot.uid < uid) unknown = -1;
      else break;
    }
    if (unknown < 0) throw new Error(`UID ${uid} vanished, but was not there`);
    return unknown;
  }

  #remove(index: number, vanished?: number): void {
    const [slot] = this.slots.splice(index, 1);
    if (index < this.#countAtUidNext) this.#countAtUidNext--;
    const uid = slot?.uid ?? vanished;
    if (uid === undefined) return;
    this.#told.add(uid);
    this.book.sawUid(uid);
    this.book.sawExpunged(uid);
  }

  #mustBePaid(): void {
    for (const [uid, reason] of this.#owedBefore) {
      if (this.slotOf(uid) !== undefined) throw new Error(reason);
      this.#owed.delete(uid);
    }
  }

  #mustAllowExpunge(): void {
    if (!this.#expectation.mayExpunge) {
      throw new Error(`an expunge in answer to ${this.#expectation.text}`);
    }
  }

  #fetch(msn: number, items: string, literal: Buffer | undefined): void {
    const slot = this.slots[msn - 1];
    if (slot === undefined) throw new Error('FETCH of no message');
    const uid = /(?:^| )UID (\d+)/.exec(items)?.[1];
    if (uid !== undefined) this.#learnUid(msn - 1, slot, Number(uid));
    const flagsText = /(?:^| )FLAGS \(([^)]*)\)/.exec(items)?.[1];
    const flags = flagsText === undefined ? undefined : normal(flagsText.split(' '));
    const modSeqText = /(?:^| )MODSEQ \((\d+)\)/.exec(items)?.[1];
    if (flags !== undefined && modSeqText === undefined && this.#kind.condstore) {
      throw new Error('FLAGS without MODSEQ though CONDSTORE is on');
    }
    if (uid === undefined && this.#mustNameUid()) throw new Error('FETCH without UID');
    for (const flag of flagsText?.split(' ') ?? []) {
      if (flag !== '' && flag !== '\\Recent' && !this.#flagsKnown.has(flag)) {
        throw new Error(`${flag} is a flag that FLAGS has not named`);
      }
    }
    if (slot.uid !== undefined && (flags ?? modSeqText) !== undefined) this.#told.add(slot.uid);
    if (slot.uid !== undefined && flags !== undefined) this.#flagsTold.add(slot.uid);
    if (modSeqText !== undefined) this.#learnModSeq(slot, Number(modSeqText), flags);
    if (flags !== undefined) slot.flags = flags;
    if (slot.uid === undefined) return;
    if (slot.modSeq !== undefined && flags !== undefined) {
      this.book.sawFlags(slot.uid, slot.modSeq, flags);
    }
    if (literal !== undefined && items.includes('SUBJECT')) {
      const letter = /Subject: (\S+)/.exec(literal.toString('latin1'))?.[1];
      if (letter === undefined) throw new Error('a letter without its subject');
      this.book.sawLetter(slot.uid, letter);
    }
  }

  /** RFC 9051 §6.4.9: in answer to UID commands. RFC 7162 §3.2.4: in what comes unasked. */
  #mustNameUid(): boolean {
    const { text } = this.#expectation;
    return text.startsWith('UID ') || (this.#kind.condstore && !text.startsWith('FETCH '));
  }

  #learnModSeq(slot: Slot, modSeq: number, flags: string | undefined): void {
    const { uid } = slot;
    this.book.sawModSeq(modSeq);
    if (slot.modSeq !== undefined && modSeq < slot.modSeq) {
      throw new Error(`MODSEQ of UID ${uid} falls from ${slot.modSeq} to ${modSeq}`);
    }
    if (
      slot.modSeq !== undefined &&
      modSeq > slot.modSeq &&
      modSeq <= this.highestModSeq &&
      !this.#selecting &&
      this.#expectation.resync !== true
    ) {
      const reason = `UID ${uid} changed at MODSEQ ${modSeq}, but the client was told that it knows all up to ${this.highestModSeq}`;
      if (uid === undefined) throw new Error(reason);
      // Of a message that is gone, though still counted, no change is told any more but that.
      this.owesExpunge(uid, reason);
    }
    // MODSEQ alone, for a silent STORE: the flags are reckoned at its end.
    if (modSeq !== slot.modSeq && flags === undefined && this.#expectation.store === undefined) {
      slot.flags = undefined;
    }
    slot.modSeq = modSeq;
    if (modSeq > this.#modSeqTold) this.#modSeqTold = modSeq;
  }

  #learnUid(index: number, slot: Slot, uid: number): void {
    if (slot.uid !== undefined) {
      if (slot.uid !== uid) throw new Error(`message ${index + 1} is UID ${uid}, was ${slot.uid}`);
      return;
    }
    const before = this.slots.slice(0, index).findLast((other) => other.uid !== undefined)?.uid;
    const after = this.slots.slice(index + 1).find((other) => other.uid !== undefined)?.uid;
    if ((before ?? 0) >= uid || (after ?? Infinity) <= uid) {
      throw new Error(`UID ${uid} is not between ${before} and ${after}`);
    }
    if (!this.#selecting && index >= this.#countAtUidNext && uid < this.uidNext) {
      throw new Error(`a new message has UID ${uid}, below UIDNEXT ${this.uidNext}`);
    }
    if (!this.#selecting && index < this.#countAtUidNext && uid >= this.uidNext) {
      throw new Error(`an old message has UID ${uid}, not below UIDNEXT ${this.uidNext}`);
    }
    if (this.book.wasExpungedBefore(uid, this.#expungesAtSelect)) {
      throw new Error(`UID ${uid} was expunged before SELECT`);
    }
    slot.uid = uid;
    this.book.sawUid(uid);
  }

  #highest(modSeq: number): void {
    if (modSeq < this.highestModSeq && !this.#selecting && this.#highestTold !== undefined) {
      throw new Error(`HIGHESTMODSEQ falls to ${modSeq}`);
    }
    if (this.#selecting) {
      this.#described.add('HIGHESTMODSEQ');
      if (modSeq < this.#modSeqAtSelect) {
        throw new Error(`HIGHESTMODSEQ ${modSeq}, but there was ${this.#modSeqAtSelect} before`);
      }
    }
    this.book.sawModSeq(modSeq);
    this.#highestTold = modSeq;
  }

  /** UIDs that [MODIFIED] names; the set of a STORE by sequence number is in sequence numbers. */
  #modified(tagged: string): ReadonlySet<number> {
    const set = /\[MODIFIED ([\d:,]+)\]/.exec(tagged)?.[1];
    const numbers = set === undefined ? [] : expand(set);
    if (this.#expectation.text.startsWith('UID')) return new Set(numbers);
    return new Set(numbers.flatMap((msn) => this.slots[msn - 1]?.uid ?? []));
  }

  #reckon(store: NonNullable<Expectation['store']>, failed: ReadonlySet<number>): void {
    for (const uid of store.uids) {
      const slot = this.slotOf(uid);
      if (slot === undefined || failed.has(uid)) continue;
      if (this.#flagsTold.has(uid)) continue;
      slot.flags = changed(slot.flags, store.mode, store.flags);
      if (slot.flags !== undefined && slot.modSeq !== undefined && this.#told.has(uid)) {
        this.book.sawFlags(uid, slot.modSeq, slot.flags);
      }
    }
  }
}

/** Flags in one order, without \\Recent. */
export function normal(flags: readonly string[]): string {
  return [...new Set(flags.filter((flag) => flag !== '' && flag !== '\\Recent'))].sort().join(' ');
}

/** The UIDs of `1:3,7`. */
export function expand(set: string): number[] {
  return set.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split(':').map(Number);
    if (last < first) throw new Error(`a range that falls: ${set}`);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Flags after a STORE; undefined when those before are needed and not known. */
export function changed(
  flags: string | undefined,
  mode: '+' | '-' | '',
  change: readonly string[],
): string | undefined {
  if (mode === '') return normal(change);
  if (flags === undefined) return undefined;
  const before = flags === '' ? [] : flags.split(' ');
  return normal(
    mode === '+' ? [...before, ...change] : before.filter((flag) => !change.includes(flag)),
  );
}
