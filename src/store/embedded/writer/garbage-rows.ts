import type { Connection, Statement } from '../database.ts';

type Tombstone = [a: number, m: number, x: number, u: number, e: number, xt: number];

/** The statements of the collector. */
export class GarbageRows {
  readonly #oneEnded: Statement;
  readonly #dropEnded: Statement;
  readonly #dropMessages: Statement;
  readonly #tombstones: Statement;
  readonly #dropTombstone: Statement;
  readonly #forgetEmails: Statement;
  readonly #forgetRelays: Statement;

  constructor(db: Connection) {
    this.#oneEnded = db.prepare('SELECT a, m FROM ended WHERE xt < ? LIMIT 1');
    this.#dropEnded = db.prepare('DELETE FROM ended WHERE a = ? AND m = ?');
    this.#dropMessages = db
      .prepare(
        `DELETE FROM idx WHERE a = @a AND m = @m AND u IN
           (SELECT u FROM idx WHERE a = @a AND m = @m ORDER BY u LIMIT @limit)
         RETURNING e`,
      )
      .pluck();
    this.#tombstones = db
      .prepare(
        `SELECT a, m, x, u, e, xt FROM gone WHERE (a, m, x, u) > (?, ?, ?, ?)
         ORDER BY a, m, x, u LIMIT ?`,
      )
      .raw();
    this.#dropTombstone = db.prepare('DELETE FROM gone WHERE a = ? AND m = ? AND x = ? AND u = ?');
    this.#forgetEmails = db
      .prepare(
        `WITH wanted AS MATERIALIZED (
           SELECT DISTINCT value AS e FROM json_each(@emails) WHERE value > 0)
         DELETE FROM mail WHERE a = @a AND e IN wanted
           AND e NOT IN (SELECT e FROM idx WHERE a = @a AND e IN wanted)
           AND e NOT IN (SELECT e FROM gone WHERE a = @a AND e IN wanted)
         RETURNING e`,
      )
      .pluck();
    this.#forgetRelays = db.prepare(`DELETE FROM outbox WHERE relay = '' AND next_at < ?`);
  }

  /** A mailbox deleted before that second, if there is one. */
  oneEnded(before: number): { readonly a: number; readonly m: number } | undefined {
    return this.#oneEnded.get(before) as { a: number; m: number } | undefined;
  }

  dropEnded(a: number, m: number): void {
    this.#dropEnded.run(a, m);
  }

  /** Removes up to `limit` messages; answers their emails. */
  dropMessages(a: number, m: number, limit: number): number[] {
    return this.#dropMessages.all({ a, m, limit }) as number[];
  }

  tombstones(after: readonly number[], limit: number): Tombstone[] {
    const [a = 0, m = 0, x = 0, u = 0] = after;
    return this.#tombstones.all(a, m, x, u, limit) as Tombstone[];
  }

  dropTombstone(a: number, m: number, x: number, u: number): void {
    this.#dropTombstone.run(a, m, x, u);
  }

  /** Forgets those of the emails that neither a message nor a tombstone of the account names; answers which. */
  forgetEmails(a: number, emails: readonly number[]): number[] {
    return this.#forgetEmails.all({ a, emails: JSON.stringify(emails) }) as number[];
  }

  /** Ids of relays that ended before that second; answers how many. */
  forgetRelays(before: number): number {
    return this.#forgetRelays.run(before * 1000).changes;
  }
}
