import type { SpecialUse } from '../../../core/values.ts';
import type { Connection, Statement } from '../database.ts';
import { headsCached } from '../limits.ts';
import { type MailboxColumns, mailboxRow } from '../mailbox-row.ts';
import type { MailboxRow } from '../../common/mailbox-row.ts';

/** An account's head, the truth between two commits of its writer. Change it through `Heads.touch`. */
export interface Head {
  readonly a: number;
  seq: number;
  bytes: number;
  count: number;
  maxBytes: number | null;
  maxCount: number | null;
  nextMailbox: number;
  lastUidValidity: number;
  taken: number;
  dirty: boolean;
  /** Those that were asked for; all of them when `complete`. */
  readonly mailboxes: Map<number, Box>;
  complete: boolean;
}

/** A mailbox's row; see `MailboxRow`. */
export interface Box extends MailboxRow {
  name: string;
  uidNext: number;
  modSeq: number;
  total: number;
  unseen: number;
  deleted: number;
  bytes: number;
  deletedBytes: number;
  selectable: boolean;
  keywords: string[];
  vanFloor: number;
  uidValidity: number;
  use: SpecialUse | null;
  dirty: boolean;
  /** More than the counters changed: name, UIDVALIDITY, use, keywords. */
  redefined: boolean;
}

/**
 * Heads in memory. A group of operations reads and changes them here; `flush` writes each changed one once, however
 * many operations changed it. After a rollback `forget` makes the file the truth again.
 */
export class Heads {
  #young = new Map<number, Head>();
  #old = new Map<number, Head>();
  readonly #dirtyHeads: Head[] = [];
  readonly #dirtyBoxes: [Head, Box][] = [];

  readonly #select: Statement;
  readonly #selectAll: Statement;
  readonly #insert: Statement;
  readonly #updateHead: Statement;
  readonly #updateCounters: Statement;
  readonly #updateBox: Statement;
  readonly #deleteBox: Statement;

  constructor(db: Connection) {
    this.#select = db.prepare('SELECT * FROM mbx WHERE a = ? AND m = ?').raw();
    this.#selectAll = db.prepare('SELECT * FROM mbx WHERE a = ? AND m > 0').raw();
    this.#insert = db.prepare('INSERT INTO mbx VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)');
    this.#updateHead = db.prepare(
      `UPDATE mbx SET uidvalidity = ?, uidnext = ?, ms = ?, total = ?, bytes = ?, taken = ?, max_bytes = ?,
       max_count = ? WHERE a = ? AND m = 0`,
    );
    this.#updateCounters = db.prepare(
      `UPDATE mbx SET uidnext = ?, ms = ?, total = ?, bytes = ?, unseen = ?, deleted = ?, deleted_bytes = ?,
       vanfloor = ? WHERE a = ? AND m = ?`,
    );
    this.#updateBox = db.prepare(
      `UPDATE mbx SET name = ?, uidvalidity = ?, use = ?, selectable = ?, keywords = ? WHERE a = ? AND m = ?`,
    );
    this.#deleteBox = db.prepare('DELETE FROM mbx WHERE a = ? AND m = ?');
  }

  /** Undefined: this shard has no such account. */
  get(a: number): Head | undefined {
    let head = this.#young.get(a);
    if (head !== undefined) return head;
    head = this.#old.get(a) ?? this.#load(a);
    if (head !== undefined) this.#keep(head);
    return head;
  }

  /** Undefined: the account has no such mailbox. */
  box(head: Head, m: number): Box | undefined {
    const known = head.mailboxes.get(m);
    if (known !== undefined || head.complete) return known;
    const row = this.#select.get(head.a, m) as MailboxColumns | undefined;
    if (row === undefined) return undefined;
    const box = boxFrom(row);
    head.mailboxes.set(m, box);
    return box;
  }

  /** All mailboxes of the account, for what depends on names. */
  boxes(head: Head): ReadonlyMap<number, Box> {
    if (!head.complete) {
      for (const row of this.#selectAll.all(head.a) as MailboxColumns[]) {
        if (!head.mailboxes.has(row[1])) head.mailboxes.set(row[1], boxFrom(row));
      }
      head.complete = true;
    }
    return head.mailboxes;
  }

  /** To be called with each change of a head. */
  touch(head: Head): void {
    if (head.dirty) return;
    head.dirty = true;
    this.#dirtyHeads.push(head);
  }

  /** To be called with each change of a mailbox; `redefined` when it is more than counters. */
  touchBox(head: Head, box: Box, redefined = false): void {
    if (redefined) box.redefined = true;
    if (box.dirty) return;
    box.dirty = true;
    this.#dirtyBoxes.push([head, box]);
  }

  create(head: Head): void {
    this.#insert.run(
      head.a,
      0,
      '',
      head.lastUidValidity,
      head.nextMailbox,
      head.seq,
      head.count,
      head.bytes,
      0,
      0,
      0,
      null,
      0,
      '[]',
      0,
      head.taken,
      head.maxBytes,
      head.maxCount,
    );
    this.#keep(head);
  }

  createBox(head: Head, box: Box): void {
    // Names must be unique in the file at each moment, so renamed ones are written first.
    this.flushBoxes();
    this.#insert.run(
      head.a,
      box.m,
      box.name,
      box.uidValidity,
      box.uidNext,
      box.modSeq,
      box.total,
      box.bytes,
      box.unseen,
      box.deleted,
      box.deletedBytes,
      box.use,
      box.selectable ? 1 : 0,
      JSON.stringify(box.keywords),
      box.vanFloor,
      null,
      null,
      null,
    );
    head.mailboxes.set(box.m, box);
  }

  deleteBox(head: Head, box: Box): void {
    this.#deleteBox.run(head.a, box.m);
    head.mailboxes.delete(box.m);
    box.dirty = false;
  }

  /** Writes what changed since the last call; part of the group's transaction. */
  flush(): void {
    for (const head of this.#dirtyHeads) {
      head.dirty = false;
      this.#updateHead.run(
        head.lastUidValidity,
        head.nextMailbox,
        head.seq,
        head.count,
        head.bytes,
        head.taken,
        head.maxBytes,
        head.maxCount,
        head.a,
      );
    }
    this.#dirtyHeads.length = 0;
    this.flushBoxes();
  }

  /** After a rollback. */
  forget(): void {
    this.#young.clear();
    this.#old.clear();
    this.#dirtyHeads.length = 0;
    this.#dirtyBoxes.length = 0;
  }

  /** Writes the mailboxes that changed, for an operation that needs their names in the file; it may go on changing. */
  flushBoxes(): void {
    for (const [head, box] of this.#dirtyBoxes) {
      if (!box.dirty) continue; // deleted in the meantime
      box.dirty = false;
      this.#updateCounters.run(
        box.uidNext,
        box.modSeq,
        box.total,
        box.bytes,
        box.unseen,
        box.deleted,
        box.deletedBytes,
        box.vanFloor,
        head.a,
        box.m,
      );
      if (!box.redefined) continue;
      box.redefined = false;
      this.#updateBox.run(
        box.name,
        box.uidValidity,
        box.use,
        box.selectable ? 1 : 0,
        JSON.stringify(box.keywords),
        head.a,
        box.m,
      );
    }
    this.#dirtyBoxes.length = 0;
  }

  #load(a: number): Head | undefined {
    const row = this.#select.get(a, 0) as MailboxColumns | undefined;
    if (row === undefined) return undefined;
    return {
      a,
      lastUidValidity: row[3],
      nextMailbox: row[4],
      seq: row[5],
      count: row[6],
      bytes: row[7],
      taken: row[15] ?? 0,
      maxBytes: row[16],
      maxCount: row[17],
      dirty: false,
      mailboxes: new Map(),
      complete: false,
    };
  }

  /** Two generations: an account that nobody asked for during a whole one is dropped, at no cost for the others. */
  #keep(head: Head): void {
    if (this.#young.size >= headsCached / 2) {
      this.#old = this.#young;
      // One that is not written yet would be loaded again without its changes.
      const unwritten = [...this.#dirtyHeads, ...this.#dirtyBoxes.map(([of]) => of)];
      this.#young = new Map(unwritten.map((each) => [each.a, each]));
    }
    this.#young.set(head.a, head);
  }
}

function boxFrom(columns: MailboxColumns): Box {
  const row = mailboxRow(columns);
  return { ...row, keywords: [...row.keywords], dirty: false, redefined: false };
}
