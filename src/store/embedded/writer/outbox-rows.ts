import type { Connection, Statement } from '../database.ts';
import type { OutboxRow } from '../protocol.ts';

/** Mail for elsewhere that this shard took. */
export class OutboxRows {
  readonly #has: Statement;
  readonly #get: Statement;
  readonly #add: Statement;
  readonly #restore: Statement;
  readonly #due: Statement;
  readonly #lease: Statement;
  readonly #settle: Statement;
  readonly #end: Statement;
  readonly #release: Statement;

  constructor(db: Connection) {
    this.#has = db.prepare('SELECT 1 FROM outbox WHERE id = ?').pluck();
    this.#get = db.prepare(`SELECT c, relay FROM outbox WHERE id = ? AND relay <> ''`);
    this.#add = db.prepare('INSERT INTO outbox VALUES (?,?,?,?,0,0,?)');
    this.#restore = db.prepare('INSERT INTO outbox VALUES (?,?,?,?,0,?,?)');
    this.#due = db.prepare(
      `SELECT id, c, relay, attempts, at FROM outbox
       WHERE relay <> '' AND next_at <= ? AND leased_until <= ? ORDER BY next_at LIMIT ?`,
    );
    this.#lease = db.prepare(
      'UPDATE outbox SET leased_until = ?, attempts = attempts + 1 WHERE id = ?',
    );
    this.#settle = db.prepare(
      `UPDATE outbox SET relay = ?, next_at = ?, leased_until = 0 WHERE id = ?`,
    );
    this.#release = db.prepare(
      `UPDATE outbox SET leased_until = 0 WHERE relay <> '' AND leased_until <> 0`,
    );
    this.#end = db.prepare(
      `UPDATE outbox SET relay = '', next_at = ?, leased_until = 0 WHERE id = ?`,
    );
  }

  /** Whether the relay was taken, also when it ended a short while ago. */
  has(id: string): boolean {
    return this.#has.get(id) !== undefined;
  }

  /** An entry with something left to send. */
  get(id: string): { readonly c: number; readonly relay: string } | undefined {
    return this.#get.get(id) as { c: number; relay: string } | undefined;
  }

  add(id: string, c: number, relay: string, now: number): void {
    this.#add.run(id, c, relay, now, now);
  }

  /** An entry as it was elsewhere. */
  restore({ id, c, relay, attempts, at }: OutboxRow, nextAt: number): void {
    this.#restore.run(id, c, relay, nextAt, attempts, at);
  }

  due(now: number, limit: number): OutboxRow[] {
    return this.#due.all(now, now, limit) as OutboxRow[];
  }

  lease(id: string, until: number): void {
    this.#lease.run(until, id);
  }

  settle(id: string, relay: string, nextAt: number): void {
    this.#settle.run(relay, nextAt, id);
  }

  /** Ends all leases: for the open, when whoever held one is gone with its process. */
  releaseAll(): void {
    this.#release.run();
  }

  /** Nothing is left to send; the id is remembered until the collector comes a day after `at`. */
  end(id: string, at: number): void {
    this.#end.run(at, id);
  }
}
