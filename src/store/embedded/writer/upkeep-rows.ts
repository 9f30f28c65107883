import type { Connection, Statement } from '../database.ts';
import type { Letter } from '../../common/letter-row.ts';
import { renderedColumns } from '../../common/renderings.ts';

/** What a mailbox's messages add up to. */
export interface Totals {
  readonly total: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly bytes: number;
  readonly deletedBytes: number;
  readonly lastUid: number;
  readonly lastModSeq: number;
}
/** A deleted message that waits: `[e, f, f2, idate]`, flags and date undefined when they are not known. */
export type Buried = [e: number, f: number | null, f2: number | null, idate: number | null];

/** The statements of restore, undelete and mending. */
export class UpkeepRows {
  readonly #source: Statement;
  readonly #mark: Statement;
  readonly #unmark: Statement;
  readonly #clearSubscriptions: Statement;
  readonly #tombstone: Statement;
  readonly #ended: Statement;
  readonly #revive: Statement;
  readonly #totals: Statement;
  readonly #render: Statement;

  constructor(db: Connection) {
    this.#source = db.prepare('SELECT source FROM restoring WHERE a = ?').pluck();
    this.#mark = db.prepare('INSERT INTO restoring VALUES (?,?)');
    this.#unmark = db.prepare('DELETE FROM restoring WHERE a = ?');
    this.#clearSubscriptions = db.prepare('DELETE FROM sub WHERE a = ?');
    this.#tombstone = db
      .prepare(
        `SELECT e, f, f2, idate FROM gone
         WHERE a = ? AND m = ? AND x = ? AND u = ? AND lives = 0 AND e > 0`,
      )
      .raw();
    this.#ended = db
      .prepare(
        `SELECT e, f, f2, idate FROM idx JOIN ended USING (a, m) WHERE a = ? AND m = ? AND u = ?`,
      )
      .raw();
    this.#revive = db.prepare(
      'UPDATE gone SET lives = 1 WHERE a = ? AND m = ? AND x = ? AND u = ?',
    );
    this.#totals = db.prepare(
      `SELECT count(*) AS total, total(f & 8 = 0) AS unseen, total(f & 4 <> 0) AS deleted,
         total(size) AS bytes, total(iif(f & 4 <> 0, size, 0)) AS deletedBytes,
         ifnull(max(u), 0) AS lastUid, ifnull(max(ms), 0) AS lastModSeq
       FROM idx WHERE a = ? AND m = ?`,
    );
    this.#render = db.prepare(
      `UPDATE content SET version = ?, sent = ?, preview = ?, envelope = ?, envelope8 = ?, structure = ?,
         structure8 = ?, body = ?, body8 = ?, ref = ?, header_bytes = ?, parts = ?, threading = ?, size = ?
       WHERE c = ? AND digest = ?`,
    );
  }

  /** What the account is being restored from; undefined when it is not. */
  source(a: number): string | undefined {
    return this.#source.get(a) as string | undefined;
  }

  mark(a: number, source: string): void {
    this.#mark.run(a, source);
  }

  unmark(a: number): void {
    this.#unmark.run(a);
  }

  clearSubscriptions(a: number): void {
    this.#clearSubscriptions.run(a);
  }

  /** A deleted message, by its tombstone or (`x` 0) in its deleted mailbox. */
  buried(a: number, m: number, x: number, u: number): Buried | undefined {
    const row = x === 0 ? this.#ended.get(a, m, u) : this.#tombstone.get(a, m, x, u);
    return row as Buried | undefined;
  }

  /** Notes that the message of a tombstone lives again. */
  revive(a: number, m: number, x: number, u: number): void {
    this.#revive.run(a, m, x, u);
  }

  totals(a: number, m: number): Totals {
    return this.#totals.get(a, m) as Totals;
  }

  /** Only for the content of these octets. */
  render(c: number, letter: Letter): void {
    this.#render.run(...renderedColumns(letter), letter.size, c, letter.digest);
  }
}
