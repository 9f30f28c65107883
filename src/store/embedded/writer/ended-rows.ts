import type { Connection, Statement } from '../database.ts';
import type { EndedRow } from '../upkeep-protocol.ts';
import type { Box } from './heads.ts';

/** Mailboxes that were deleted and whose messages the collector will take. */
export class EndedRows {
  readonly #add: Statement;
  readonly #keywords: Statement;

  constructor(db: Connection) {
    this.#add = db.prepare('INSERT INTO ended (a, m, xt, name, keywords) VALUES (?,?,?,?,?)');
    this.#keywords = db.prepare('SELECT keywords FROM ended WHERE a = ? AND m = ?').pluck();
  }

  add(a: number, box: Box, now: number): void {
    this.#add.run(a, box.m, now, box.name, JSON.stringify(box.keywords));
  }

  /** A deleted mailbox as it was elsewhere. */
  restore(a: number, { m, name, xt, keywords }: EndedRow): void {
    this.#add.run(a, m, xt, name, JSON.stringify(keywords));
  }

  /** The keywords that a deleted mailbox knew; undefined when there is no such one. */
  keywords(a: number, m: number): string[] | undefined {
    const json = this.#keywords.get(a, m) as string | undefined;
    return json === undefined ? undefined : (JSON.parse(json) as string[]);
  }
}
