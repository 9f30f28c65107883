import type { Connection, Statement } from '../database.ts';

/** Mailboxes that were deleted and whose messages the collector will take. */
export class EndedRows {
  readonly #add: Statement;

  constructor(db: Connection) {
    this.#add = db.prepare('INSERT INTO ended VALUES (?,?,?)');
  }

  add(a: number, m: number, now: number): void {
    this.#add.run(a, m, now);
  }
}
