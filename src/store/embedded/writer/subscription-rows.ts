import type { Connection, Statement } from '../database.ts';

/** Subscribed names; they need not be names of mailboxes. */
export class SubscriptionRows {
  readonly #add: Statement;
  readonly #remove: Statement;
  readonly #count: Statement;

  constructor(db: Connection) {
    this.#add = db.prepare('INSERT OR IGNORE INTO sub VALUES (?,?)');
    this.#remove = db.prepare('DELETE FROM sub WHERE a = ? AND name = ?');
    this.#count = db.prepare('SELECT count(*) FROM sub WHERE a = ?').pluck();
  }

  /** True when that changed something. */
  set(a: number, name: string, subscribed: boolean): boolean {
    const done = subscribed ? this.#add.run(a, name) : this.#remove.run(a, name);
    return done.changes > 0;
  }

  count(a: number): number {
    return this.#count.get(a) as number;
  }
}
