import type { Connection, Statement } from '../database.ts';
import type { LetterBrief } from '../../common/letter-row.ts';

/** A live message: `[u, f, f2, size, idate, e, ms]`. */
export type MessageRow = [
  u: number,
  f: number,
  f2: number,
  size: number,
  idate: number,
  e: number,
  ms: number,
];

/** The statements of an account's messages: index, identities, tombstones, conversations. */
export class MessageRows {
  readonly #insert: Statement;
  readonly #select: Statement;
  readonly #delete: Statement;
  readonly #bury: Statement;
  readonly #buryWhole: Statement;
  readonly #buryRun: Statement;
  readonly #deleteRun: Statement;
  readonly #setFlags: Statement;
  readonly #findEmail: Statement;
  readonly #addEmail: Statement;
  readonly #thread: Statement;

  constructor(db: Connection) {
    this.#insert = db.prepare('INSERT INTO idx VALUES (?,?,?,?,?,?,?,?,?,?)');
    this.#select = db
      .prepare(
        `SELECT u, f, f2, size, idate, e, ms FROM idx WHERE a = ? AND m = ? AND u BETWEEN ? AND ? ORDER BY u`,
      )
      .raw();
    this.#delete = db.prepare('DELETE FROM idx WHERE a = ? AND m = ? AND u = ?');
    this.#bury = db.prepare('INSERT OR IGNORE INTO gone VALUES (?,?,?,?,?,?,?,?,?,?)');
    this.#buryWhole = db.prepare(
      `INSERT INTO gone (a, m, x, u, e, xt, lives, f, f2, idate) VALUES (?,?,?,?,?,?,?,?,?,?)
       ON CONFLICT DO UPDATE SET e = excluded.e, lives = 0, f = excluded.f, f2 = excluded.f2,
         idate = excluded.idate WHERE gone.e = 0`,
    );
    this.#buryRun = db.prepare(
      `INSERT OR IGNORE INTO gone (a, m, x, u, e, xt, lives, f, f2, idate)
       SELECT a, m, ?, u, e, ?, ?, f, f2, idate FROM idx WHERE a = ? AND m = ? AND u BETWEEN ? AND ?`,
    );
    this.#deleteRun = db.prepare('DELETE FROM idx WHERE a = ? AND m = ? AND u BETWEEN ? AND ?');
    this.#setFlags = db.prepare(
      'UPDATE idx SET ms = ?, f = ?, f2 = ? WHERE a = ? AND m = ? AND u BETWEEN ? AND ?',
    );
    this.#findEmail = db
      .prepare('SELECT e FROM mail WHERE a = ? AND ref = ? AND digest = ?')
      .pluck();
    this.#addEmail = db.prepare('INSERT INTO mail VALUES (?,?,?,?,?)');
    this.#thread = db.prepare('SELECT thr FROM mail WHERE a = ? AND ref = ? LIMIT 1').pluck();
  }

  insert(
    a: number,
    m: number,
    u: number,
    ms: number,
    f: number,
    f2: number,
    size: number,
    idate: number,
    sdate: number,
    e: number,
  ): void {
    this.#insert.run(a, m, u, ms, f, f2, size, idate, sdate, e);
  }

  /** Live messages from `first` to `last`. */
  select(a: number, m: number, first: number, last: number): MessageRow[] {
    return this.#select.all(a, m, first, last) as MessageRow[];
  }

  /** Removes all live messages from `first` to `last` and leaves tombstones; `lives`: they go on in another mailbox. */
  bury(
    a: number,
    m: number,
    first: number,
    last: number,
    seq: number,
    now: number,
    lives = false,
  ): void {
    this.#buryRun.run(seq, now, lives ? 1 : 0, a, m, first, last);
    this.#deleteRun.run(a, m, first, last);
  }

  /** A tombstone as it was elsewhere, without a content. */
  addTombstone(a: number, m: number, u: number, seq: number, at: number): void {
    this.#bury.run(a, m, seq, u, 0, at, 1, null, null, null);
  }

  /** A tombstone with its content, as it was elsewhere; false: it is there. */
  addBuried(
    a: number,
    m: number,
    x: number,
    [u, f, f2, , idate, e]: MessageRow,
    at: number,
  ): boolean {
    return this.#buryWhole.run(a, m, x, u, e, at, 0, f, f2, idate).changes > 0;
  }

  /** Removes a message of a mailbox that is no more, and leaves nothing. */
  remove(a: number, m: number, u: number): void {
    this.#delete.run(a, m, u);
  }

  /** Gives all live messages from `first` to `last` these flags. */
  setFlags(
    a: number,
    m: number,
    first: number,
    last: number,
    ms: number,
    f: number,
    f2: number,
  ): void {
    this.#setFlags.run(ms, f, f2, a, m, first, last);
  }

  /** The account's email of these octets, when it holds them already. */
  findEmail(a: number, { ref, digest }: LetterBrief): number | undefined {
    return this.#findEmail.get(a, ref, digest) as number | undefined;
  }

  /**
   * Notes an email and its conversation: that of the messages with the same Message-ID, else of any message which
   * shares a reference, the oldest when there are several, else its own. RFC 8474 §5.2, RFC 8621 §3.
   */
  addEmail(a: number, e: number, { ref, references, digest }: LetterBrief): void {
    let thread = this.#thread.get(a, ref) as number | undefined;
    const unknown: number[] = [];
    for (const other of references) {
      const theirs = this.#thread.get(a, other) as number | undefined;
      if (theirs === undefined) unknown.push(other);
      else if (thread === undefined || theirs < thread) thread = theirs;
    }
    thread ??= e;
    this.#addEmail.run(a, ref, digest, e, thread);
    for (const other of unknown) this.#addEmail.run(a, other, noDigest, 0, thread);
  }
}

/** Of a message that was only named by others so far. */
const noDigest = Buffer.alloc(0);
