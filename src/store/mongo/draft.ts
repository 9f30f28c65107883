import { MailError } from '../../core/errors.ts';
import { deletedBit, seenBit } from '../../core/values.ts';
import type { FlagBits } from '../common/flag-bits.ts';
import { lastUid } from '../common/limits.ts';
import type { MailboxView, Row } from '../mailbox-view.ts';
import type { FactOp, Op, RowOp } from './entry.ts';
import type { AuditDocument, Box, EndedBox, Head, OwnerDocument } from './head.ts';
import type { PageRow } from './page.ts';
import { type Answer, packId } from './recent-ids.ts';

/** One change of the account in a draft: what will be an entry. */
interface Change {
  readonly s: number;
  readonly ops: Op[];
}

/** What an operation needs the rows of is not to be had in this draft: it goes into the next one. */
export class NotNow extends Error {}

/**
 * What the next commit would make of a head. Operations are applied one after the other; each checks everything before
 * it changes anything, so that one that is refused leaves the draft as it was.
 */
export class Draft {
  readonly base: Head;
  /** Seconds. */
  readonly now: number;
  bytes: number;
  count: number;
  nextMailbox: number;
  nextEmail: number;
  lastUidValidity: number;
  maxBytes: number | null;
  maxCount: number | null;
  restoring: string | undefined;
  ended: readonly EndedBox[];
  who: OwnerDocument;
  /** Commits even without a change, so that every commit which was prepared before it must be prepared again. */
  fenced = false;
  /** The numbers begin anew after `rebase`. */
  rebased = false;
  readonly audits: AuditDocument[] = [];
  readonly changes: Change[] = [];
  readonly ids: Buffer[] = [];
  readonly changedBoxes = new Set<number>();
  #seq: number;
  #boxes: Map<number, Box> | undefined;
  #subscriptions: Set<string> | undefined;
  readonly #views: (m: number) => MailboxView | undefined;
  readonly #touched = new Set<number>();
  readonly #idAnswers = new Map<string, Answer>();
  readonly #lasting: Map<string, Answer>;

  constructor(
    head: Head,
    now: number,
    known: {
      readonly views: (m: number) => MailboxView | undefined;
      /** Answers of lasting ids that were asked for. */
      readonly lasting: ReadonlyMap<string, Answer>;
    },
  ) {
    this.base = head;
    this.now = now;
    this.bytes = head.bytes;
    this.count = head.count;
    this.nextMailbox = head.nextMailbox;
    this.nextEmail = head.nextEmail;
    this.lastUidValidity = head.lastUidValidity;
    this.maxBytes = head.maxBytes;
    this.maxCount = head.maxCount;
    this.restoring = head.restoring;
    this.ended = head.ended;
    this.who = head.who;
    this.#seq = head.seq;
    this.#views = known.views;
    this.#lasting = new Map(known.lasting);
  }

  get seq(): number {
    return this.#seq;
  }
  get boxes(): ReadonlyMap<number, Box> {
    return this.#boxes ?? this.base.boxes;
  }
  get subscriptions(): ReadonlySet<string> {
    return this.#subscriptions ?? this.base.subscriptions;
  }
  get subscriptionsChanged(): boolean {
    return this.#subscriptions !== undefined;
  }
  /** Whether there is anything to commit. */
  get changed(): boolean {
    return (
      this.fenced ||
      this.rebased ||
      this.changes.length > 0 ||
      this.changedBoxes.size > 0 ||
      this.audits.length > 0 ||
      this.who !== this.base.who ||
      this.ended !== this.base.ended ||
      this.restoring !== this.base.restoring
    );
  }

  /** A mailbox that can hold messages. `not-found` */
  box(m: number): Box {
    const box = this.boxes.get(m);
    if (box?.selectable !== true) throw new MailError('not-found', 'No such mailbox');
    return box;
  }

  /** The messages of a mailbox as they are in this draft. */
  rows(m: number): MailboxView {
    const view = this.#views(m);
    if (view === undefined || this.#touched.has(m)) throw new NotNow();
    return view;
  }

  /** Begins a change: the next `seq`. */
  begin(): number {
    this.changes.push({ s: ++this.#seq, ops: [] });
    return this.#seq;
  }

  /**
   * Raises the account's number at one go, before any change of the draft. No entry tells of it, so that the head must say
   * that everything is in the pages.
   */
  rebase(seq: number): void {
    this.rebased = true;
    this.#seq = Math.max(this.#seq, seq);
  }

  /** Notes what the change at hand did to messages. */
  note(op: RowOp): void {
    this.#touched.add(op.m);
    this.#current.push(op);
  }

  /** Notes a fact of the change at hand. */
  fact(op: FactOp): void {
    this.#current.push(op);
  }

  setBox(box: Box): void {
    this.#boxes ??= new Map(this.base.boxes);
    this.#boxes.set(box.m, box);
    this.changedBoxes.add(box.m);
  }

  removeBox(m: number): void {
    this.#boxes ??= new Map(this.base.boxes);
    this.#boxes.delete(m);
    this.changedBoxes.add(m);
    this.#touched.add(m);
  }

  subscribe(name: string, subscribed: boolean): void {
    this.#subscriptions ??= new Set(this.base.subscriptions);
    if (subscribed) this.#subscriptions.add(name);
    else this.#subscriptions.delete(name);
  }

  /** The answer that a delivery id got before. */
  answerOf(id: string): Answer | undefined {
    return this.#idAnswers.get(id) ?? this.base.ids.find(id);
  }

  takeId(id: string, answer: Answer): void {
    this.#idAnswers.set(id, answer);
    this.ids.push(packId(id, answer));
  }

  /** The answer that a lasting id got before. */
  lastingAnswer(id: string): Answer | undefined {
    return this.#lasting.get(id);
  }

  takeLasting(id: string, answer: Answer): void {
    this.#lasting.set(id, answer);
    this.fact({ k: 'lasting', id, v: answer.uidValidity, u: answer.uid });
  }

  // ---------------------------------------------------------------- messages

  /** Refuses what the account has no room for: `over-quota`. Exact: the commit is refused when the head moved. */
  checkRoom(bytes: number, messages: number): void {
    if (
      (this.maxBytes !== null && this.bytes + bytes > this.maxBytes) ||
      (this.maxCount !== null && this.count + messages > this.maxCount)
    ) {
      throw new MailError('over-quota', 'The mailbox is full');
    }
  }

  /** `limit`: UIDs are 32 bits and never used twice. */
  checkUids(box: Box, messages: number): void {
    if (box.uidNext + messages - 1 > lastUid) {
      throw new MailError('limit', 'The mailbox has no more UIDs');
    }
  }

  /** Puts messages with the next UIDs into a mailbox, within the change at hand; answers the first UID. */
  add(m: number, messages: readonly NewRow[], fresh: readonly string[]): number {
    let box = this.box(m);
    const first = box.uidNext;
    const rows = messages.map(({ f, f2, size, idate, e }, i): PageRow => ({
      uid: first + i,
      modSeq: this.#seq,
      f,
      f2,
      size,
      idate,
      sdate: this.now,
      e,
    }));
    for (const { f, size } of rows) box = this.count1(box, f, size, 1);
    this.setBox({
      ...box,
      uidNext: first + rows.length,
      modSeq: this.#seq,
      keywords: fresh.length === 0 ? box.keywords : [...box.keywords, ...fresh],
    });
    this.note({ k: 'added', m, rows });
    return first;
  }

  /** Takes messages out of a mailbox, within the change at hand. */
  expunge(m: number, rows: readonly Row[], ranges: readonly number[], lives: boolean): void {
    let box = this.box(m);
    for (const { flags, sizeBytes } of rows) box = this.count1(box, flags, sizeBytes, -1);
    this.setBox({ ...box, modSeq: this.#seq });
    this.note({ k: 'expunged', m, ranges, lives });
  }

  /** The mailbox, and the account, with one message more or less. */
  count1(box: Box, f: number, size: number, sign: 1 | -1): Box {
    this.bytes += sign * size;
    this.count += sign;
    const deleted = (f & deletedBit) !== 0;
    return {
      ...box,
      total: box.total + sign,
      bytes: box.bytes + sign * size,
      unseen: box.unseen + ((f & seenBit) === 0 ? sign : 0),
      deleted: box.deleted + (deleted ? sign : 0),
      deletedBytes: box.deletedBytes + (deleted ? sign * size : 0),
    };
  }

  get #current(): Op[] {
    const change = this.changes.at(-1);
    if (change === undefined) throw new Error('no change was begun');
    return change.ops;
  }
}

/** A message on its way into a mailbox. */
export interface NewRow extends Pick<FlagBits, 'f' | 'f2'> {
  readonly size: number;
  readonly idate: number;
  readonly e: number;
}
