import { MailError } from '../core/errors.ts';
import { formatRanges, toRanges, type UidRanges } from '../core/uid-set.ts';
import {
  type AccountId,
  type ModSeq,
  seenBit,
  type SequenceNumber,
  type Uid,
} from '../core/values.ts';
import type { Mailbox, MailboxStore, OpenMailbox } from '../store/api.ts';
import { type Follower, keywordLimit, type MailboxView } from '../store/mailbox-view.ts';
import type { Numbers } from './command.ts';
import { flagsText, systemFlags } from './flags-text.ts';
import { GhostRows, type MessageRows } from './ghost-rows.ts';
import type { SessionState } from './session-state.ts';
import { includesUid, intersect, subtract, union } from './uid-ranges.ts';
import type { Encoder } from './wire/encoder.ts';
import { type MessageSet, resolveSet } from './wire/message-set.ts';
import { ParseError } from './wire/parse-error.ts';

export const selectedLimits = {
  /** Ranges of changed flags that a session notes; past them neighbours are joined, see `#noteFlags`. */
  flagRanges: 4096,
  /** Messages reported between two looks at how fast the client reads. */
  reportedAtOnce: 1000,
} as const;

export interface SyncOptions {
  /** Whether EXPUNGE and VANISHED may be sent now. RFC 9051 §7.5.1. */
  readonly expunge: boolean;
  /** True for a command whose tagged response carries [HIGHESTMODSEQ] itself. RFC 7162 §3.2.7. */
  readonly modSeqInTag?: boolean;
}

/**
 * What `MessageWalk` shows of each message: its sequence number, and where its row is until the event loop turns.
 * True: enough for now.
 */
export type Visit = (msn: number, rows: MessageRows, index: number) => true | undefined;

/**
 * One session's picture of its mailbox: the shared live view, less what was not announced yet, plus the ghosts of
 * what was expunged and not yet reported. A session keeps no memory per message: a sequence number is an index in the
 * view and a rank among the ghosts, both found by binary search.
 *
 * Nothing changes in the picture but by what is written to the client: EXISTS comes from `announceNew`, EXPUNGE and
 * VANISHED from `sync`. So the client and the session always count the same.
 */
export class SelectedMailbox {
  readonly account: AccountId;
  /** As SELECT found it. */
  readonly mailbox: Mailbox;
  readonly readOnly: boolean;
  readonly view: MailboxView;

  readonly #open: OpenMailbox;
  readonly #state: SessionState;
  readonly #follower: Follower;
  readonly #ghosts = new GhostRows();
  /** The highest UID announced; messages above it do not exist for the client. */
  #top: number;
  /** Superset of the announced messages whose flags changed since they were reported. */
  #flagged: UidRanges = [];
  /** Flag changes up to here have been reported. */
  #flagsReported: ModSeq;
  #modSeqShown: ModSeq;
  #keywordsShown: number;
  #expungeHeld = false;
  #closed = false;

  /**
   * Opens the mailbox; everything in it counts as announced, since SELECT says so. `not-found` when it was deleted.
   * `onChange` is called when there may be something to `sync`, for IDLE.
   */
  static async open(
    store: MailboxStore,
    account: AccountId,
    mailbox: Mailbox,
    options: {
      readonly state: SessionState;
      readonly readOnly: boolean;
      readonly onChange?: () => void;
    },
  ): Promise<SelectedMailbox> {
    const opened: { selected?: SelectedMailbox } = {};
    const open = await store.open(account, mailbox.id, () => {
      // Taken in at once: a client that says nothing for an hour must not hold the view's log.
      opened.selected?.catchUp();
      options.onChange?.();
    });
    opened.selected = new SelectedMailbox(open, mailbox, options.state, options.readOnly);
    return opened.selected;
  }

  constructor(open: OpenMailbox, mailbox: Mailbox, state: SessionState, readOnly: boolean) {
    this.account = open.account;
    this.mailbox = mailbox;
    this.readOnly = readOnly;
    this.view = open.view;
    this.#open = open;
    this.#state = state;
    this.#follower = open.view.follow();
    this.#top = lastUid(open.view);
    this.#flagsReported = open.view.highestModSeq;
    this.#modSeqShown = open.view.highestModSeq;
    this.#keywordsShown = open.view.keywords.length;
  }

  // ---------------------------------------------------------------- the picture

  /** Messages as the client counts them, the EXISTS it was told last. */
  get count(): number {
    this.catchUp();
    return this.view.lowerBound(this.#top + 1) + this.#ghosts.count;
  }

  /** UIDNEXT that fits the announced messages: above every UID that was ever shown, also of expunged ones. */
  get uidNext(): Uid {
    this.catchUp();
    const unannounced = this.view.lowerBound(this.#top + 1);
    return unannounced < this.view.count ? this.view.uidAt(unannounced) : this.view.uidNext;
  }

  /** What [HIGHESTMODSEQ] may say: every change up to it has been told, expunges too. RFC 7162 §3.2. */
  get highestModSeq(): ModSeq {
    return this.#modSeqShown;
  }

  /** True once the mailbox was deleted by somebody: no command can succeed, the session should say BYE. */
  get gone(): boolean {
    return this.view.gone;
  }

  /** True after `close`. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The sequence number of the first message without \Seen, for SELECT; undefined when all are seen. */
  firstUnseen(): SequenceNumber | undefined {
    this.catchUp();
    const end = this.view.lowerBound(this.#top + 1);
    for (let index = 0; index < end; index++) {
      if ((this.view.flagsAt(index) & seenBit) === 0) return this.msnOf(this.view.uidAt(index));
    }
    return undefined;
  }

  /** The UID of a sequence number; undefined above `count`. */
  uidOf(msn: number): Uid | undefined {
    this.catchUp();
    const rank = this.#ghostsBefore(msn - 1);
    const ghosts = this.#ghosts;
    if (rank < ghosts.count && this.#positionOfGhost(rank) === msn - 1) return ghosts.uidAt(rank);
    const index = msn - 1 - rank;
    if (index < 0 || index >= this.view.count) return undefined;
    const uid = this.view.uidAt(index);
    return uid <= this.#top ? uid : undefined;
  }

  /** The sequence number of a UID; undefined when the session has no such message. */
  msnOf(uid: number): SequenceNumber | undefined {
    if (this.locate(uid) === undefined) return undefined;
    return (this.view.lowerBound(uid) + this.#ghosts.lowerBound(uid) + 1) as SequenceNumber;
  }

  /** Where the row of a message is until the event loop turns; undefined when the session has no such message. */
  locate(uid: number): { readonly rows: MessageRows; readonly index: number } | undefined {
    this.catchUp();
    if (uid > this.#top) return undefined;
    for (const rows of [this.view, this.#ghosts]) {
      const index = rows.lowerBound(uid);
      if (index < rows.count && rows.uidAt(index) === uid) return { rows, index };
    }
    return undefined;
  }

  /** Whether the message is expunged, though still counted. */
  isGhost(uid: number): boolean {
    return this.locate(uid)?.rows === this.#ghosts;
  }

  /**
   * The messages a command names, as ranges of UIDs; what lies between the UIDs of a range does not exist for this
   * session. Numbers are sequence numbers or UIDs.
   * @throws ParseError for a sequence number above `count`; RFC 9051 §9, seq-number. UIDs may name nothing.
   */
  uidsIn(set: MessageSet, numbers: Numbers): UidRanges {
    if (set.kind === 'saved') return this.#announced(this.#state.savedResult);
    if (numbers === 'uid') return this.#announced(resolveSet(set.ranges, this.#lastUid()));
    const count = this.count;
    // RFC 9051 §9: BAD for a number that is not there, which is "*" too when the mailbox is empty.
    if (count === 0) throw new ParseError('The mailbox is empty');
    const ranges = resolveSet(set.ranges, count);
    if ((ranges.at(-1) ?? 0) > count) throw new ParseError('No such message sequence number');
    return ranges.map((msn) => this.uidOf(msn) as number);
  }

  /** As `uidsIn`, for SEARCH: sequence numbers that are not there name nothing. */
  uidsAmong(set: MessageSet, numbers: Numbers): UidRanges {
    if (set.kind === 'saved' || numbers === 'uid') return this.uidsIn(set, numbers);
    const count = this.count;
    const ranges = intersect(resolveSet(set.ranges, count), [1, count]);
    return count === 0 ? [] : ranges.map((msn) => this.uidOf(msn) as number);
  }

  /** Whether some of the messages are expunged, though still counted. */
  hasGhostsAmong(ranges: UidRanges): boolean {
    this.catchUp();
    for (let rank = 0; rank < this.#ghosts.count; rank++) {
      if (includesUid(ranges, this.#ghosts.uidAt(rank))) return true;
    }
    return false;
  }

  /** Goes through the messages of the ranges in order. */
  walk(ranges: UidRanges): MessageWalk {
    return new MessageWalk(this, ranges);
  }

  /** For `MessageWalk`: its rows as they are now. */
  rows(): { readonly view: MailboxView; readonly ghosts: MessageRows; readonly top: number } {
    this.catchUp();
    return { view: this.view, ghosts: this.#ghosts, top: this.#top };
  }

  /**
   * UIDs of the set that were expunged after `since`, for VANISHED (EARLIER). Here `*` is the highest UID ever given,
   * since the client may know expunged messages above the last one that is left. Messages whose own VANISHED is still
   * to come are not among them, RFC 7162 §3.2.10.
   */
  async vanishedSince(since: number, set: MessageSet): Promise<UidRanges> {
    const vanished = await this.#open.vanishedSince(since as ModSeq);
    const wanted =
      set.kind === 'saved' ? this.#state.savedResult : resolveSet(set.ranges, this.uidNext - 1);
    return subtract(intersect(vanished, wanted), toRanges(this.#ghostUids()));
  }

  // ---------------------------------------------------------------- telling the client

  /**
   * Has the view take in what other processes had committed before that time of `performance.now()`. Undefined when
   * there is nothing to wait for. A store that cannot be asked now will tell later.
   */
  lookAsOf(time: number): Promise<void> | undefined {
    return this.#open.showAsOf(time)?.catch((error: unknown) => {
      if (!(error instanceof MailError) || error.failure !== 'unavailable') throw error;
    });
  }

  /**
   * Writes what changed since the client was told last, in O(change): EXPUNGE or VANISHED where allowed, FLAGS when a
   * keyword is new, FETCH for changed flags, EXISTS when there are more messages. Says nothing when nothing changed:
   * a needless EXISTS makes Apple Mail fetch everything anew.
   */
  async sync(out: Encoder, options: SyncOptions): Promise<void> {
    this.catchUp();
    const now = this.view.highestModSeq;
    const mayExpunge = options.expunge && !this.#expungeHeld;
    this.#expungeHeld = false;

    const vanished = mayExpunge && this.#ghosts.count > 0;
    if (vanished) this.#reportExpunged(out);
    const withheld = this.#ghosts.count > 0;
    this.announceKeywords(out);
    await this.#reportFlags(out);
    this.announceNew(out);

    this.#flagsReported = now;
    if (!withheld) this.#modSeqShown = now;
    if (!this.#state.qresync) return;
    // RFC 7162 §3.2 and §6: with something held back the client must not believe the MODSEQs that it sees. Flags are
    // when they changed behind a report that waited for a slow reader, and a later row already told a later MODSEQ.
    if (withheld) {
      out.untagged(`OK [HIGHESTMODSEQ ${this.#modSeqShown}] VANISHED is delayed`);
    } else if (this.pendingFlags.length > 0) {
      out.untagged(`OK [HIGHESTMODSEQ ${this.#modSeqShown}] More has changed meanwhile`);
    } else if (vanished && options.modSeqInTag !== true) {
      out.untagged(`OK [HIGHESTMODSEQ ${this.#modSeqShown}] Messages have vanished`);
    }
  }

  /** Writes EXISTS when there are messages that the client does not know of. Allowed at any time. */
  announceNew(out: Encoder): void {
    this.catchUp();
    const last = lastUid(this.view);
    if (last <= this.#top) return;
    this.#top = last;
    out.untagged(`${this.count} EXISTS`);
  }

  /** Writes FLAGS and PERMANENTFLAGS when the mailbox has keywords that the client was not told of. */
  announceKeywords(out: Encoder): void {
    if (this.view.keywords.length === this.#keywordsShown) return;
    this.#keywordsShown = this.view.keywords.length;
    out.untagged(this.flagsResponse());
    out.untagged(this.permanentFlagsResponse());
  }

  /** `FLAGS (…)`: every flag that a message here may have. RFC 9051 §7.3.5. */
  flagsResponse(): string {
    return `FLAGS (${[...systemFlags, ...this.view.keywords].join(' ')})`;
  }

  /** `OK [PERMANENTFLAGS (…)]`, with `\*` while new keywords can be made. RFC 9051 §7.1. */
  permanentFlagsResponse(): string {
    if (this.readOnly) return 'OK [PERMANENTFLAGS ()] Read-only mailbox';
    const flags = [...systemFlags, ...this.view.keywords];
    if (this.view.keywords.length < keywordLimit) flags.push('\\*');
    return `OK [PERMANENTFLAGS (${flags.join(' ')})] Flags are kept`;
  }

  /** Says that the client now knows the flags of these messages as they are, so that `sync` need not repeat them. */
  flagsShown(ranges: UidRanges): void {
    this.catchUp();
    if (this.#flagged.length > 0) this.#flagged = subtract(this.#flagged, ranges);
  }

  /** UIDs (or a few more) whose flags the client has yet to be told. */
  get pendingFlags(): UidRanges {
    this.catchUp();
    return this.#flagged;
  }

  /** Keeps the next `sync` from EXPUNGE: for UID SEARCH with sequence numbers in it. RFC 9051 §7.5.1. */
  holdExpunge(): void {
    this.#expungeHeld = true;
  }

  /** Turns CONDSTORE on by the command that implies it, which tells where the client stands. RFC 7162 §3.1. */
  enableCondstore(out: Encoder): void {
    if (this.#state.condstore) return;
    this.#state.enabled.add('CONDSTORE');
    out.untagged(`OK [HIGHESTMODSEQ ${this.#modSeqShown}] CONDSTORE is on`);
  }

  /** A FETCH response that tells of flags unasked: with UID and MODSEQ once CONDSTORE is on. RFC 7162 §3.2.4. */
  flagsLine(msn: number, rows: MessageRows, index: number, uid: boolean): string {
    const text = flagsText(this.view, rows.flagsAt(index), rows.moreFlagsAt(index));
    if (this.#state.condstore) {
      return `* ${msn} FETCH (UID ${rows.uidAt(index)} FLAGS ${text} MODSEQ (${rows.modSeqAt(index)}))\r\n`;
    }
    if (uid) return `* ${msn} FETCH (UID ${rows.uidAt(index)} FLAGS ${text})\r\n`;
    return `* ${msn} FETCH (FLAGS ${text})\r\n`;
  }

  /** Takes in what the view's log holds; cheap when there is nothing. */
  catchUp(): void {
    if (this.#closed || this.#follower.upToDate) return;
    for (let change = this.#follower.next(); change !== undefined; change = this.#follower.next()) {
      if (change.kind === 'expunged') {
        const known = change.rows.filter((row) => row.uid <= this.#top);
        if (known.length === 0) continue;
        this.#ghosts.add(known);
      } else if (change.kind === 'flagged') {
        // The flags of a message that was not announced will be fetched with it.
        const known = change.uids.filter((uid) => uid <= this.#top);
        if (known.length > 0) this.#noteFlags(toRanges(known));
      }
    }
  }

  /** Lets the view go. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#follower.close();
    this.#open.close();
  }

  // ---------------------------------------------------------------- inside

  #reportExpunged(out: Encoder): void {
    const ghosts = this.#ghosts;
    if (this.#state.qresync) {
      out.untagged(`VANISHED ${formatRanges(toRanges(this.#ghostUids()))}`);
    } else {
      // From the last to the first, so that no number shifts another one.
      for (let i = ghosts.count - 1; i >= 0; i--) {
        out.text(`* ${this.#positionOfGhost(i) + 1} EXPUNGE\r\n`);
      }
    }
    ghosts.clear();
  }

  #ghostUids(): number[] {
    return Array.from({ length: this.#ghosts.count }, (_, rank) => this.#ghosts.uidAt(rank));
  }

  async #reportFlags(out: Encoder): Promise<void> {
    if (this.#flagged.length === 0) return;
    const since = this.#flagsReported;
    const walk = this.walk(this.#flagged);
    this.#flagged = [];
    let more = true;
    while (more) {
      let text = '';
      more = walk.next(selectedLimits.reportedAtOnce, (msn, rows, index) => {
        // Ghosts have no flags any more; what lies in joined ranges by chance has not changed.
        if (rows !== this.view || rows.modSeqAt(index) <= since) return;
        text += this.flagsLine(msn, rows, index, true);
      });
      if (text !== '') out.text(text);
      await out.flush();
    }
  }

  #noteFlags(ranges: UidRanges): void {
    let noted = union(this.#flagged, ranges);
    // Too many islands: two and two are joined. `#reportFlags` leaves out by MODSEQ what did not change.
    while (noted.length / 2 > selectedLimits.flagRanges) {
      const joined: number[] = [];
      for (let i = 0; i < noted.length; i += 4) {
        joined.push(noted[i] as number, (noted[i + 3] ?? noted[i + 1]) as number);
      }
      noted = joined;
    }
    this.#flagged = noted;
  }

  /** The ranges without what was not announced. */
  #announced(ranges: UidRanges): UidRanges {
    this.catchUp();
    if ((ranges.at(-1) ?? 0) <= this.#top) return ranges;
    return this.#top === 0 ? [] : intersect(ranges, [1, this.#top]);
  }

  /** The UID of the last message, 0 when there is none. */
  #lastUid(): number {
    return this.uidOf(this.count) ?? 0;
  }

  /** The place, from 0, of a ghost among all the session's messages. */
  #positionOfGhost(rank: number): number {
    return this.view.lowerBound(this.#ghosts.uidAt(rank)) + rank;
  }

  /** How many ghosts come before a place, counted from 0. */
  #ghostsBefore(position: number): number {
    let low = 0;
    let high = this.#ghosts.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#positionOfGhost(middle) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * A way through messages that may be left and taken up again after the event loop has turned: it holds its place by
 * UID. While a command runs, sequence numbers do not change, because only `sync` reports expunges.
 */
export class MessageWalk {
  readonly #selected: SelectedMailbox;
  readonly #ranges: UidRanges;
  #range = 0;
  #from = 0;

  constructor(selected: SelectedMailbox, ranges: UidRanges) {
    this.#selected = selected;
    this.#ranges = ranges;
  }

  /** Visits up to `limit` further messages, ghosts among them; false when there are no more. */
  next(limit: number, visit: Visit): boolean {
    const { view, ghosts, top } = this.#selected.rows();
    let left = limit;
    for (; this.#range < this.#ranges.length; this.#range += 2) {
      const first = Math.max(this.#ranges[this.#range] as number, this.#from);
      const last = Math.min(this.#ranges[this.#range + 1] as number, top);
      if (first > last) continue;
      let index = view.lowerBound(first);
      let ghost = ghosts.lowerBound(first);
      let msn = index + ghost + 1;
      for (;;) {
        const live = index < view.count ? view.uidAt(index) : Infinity;
        const dead = ghost < ghosts.count ? ghosts.uidAt(ghost) : Infinity;
        const uid = Math.min(live, dead);
        if (uid > last) break;
        if (left-- === 0) {
          this.#from = uid;
          return true;
        }
        const enough = live < dead ? visit(msn++, view, index++) : visit(msn++, ghosts, ghost++);
        if (enough === true) {
          this.#from = uid + 1;
          return true;
        }
      }
    }
    return false;
  }
}

function lastUid(view: MailboxView): number {
  return view.count === 0 ? 0 : view.uidAt(view.count - 1);
}
