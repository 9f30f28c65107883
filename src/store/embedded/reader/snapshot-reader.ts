import { type Connection, openForReading, type Statement } from '../database.ts';
import { collectSlice } from '../limits.ts';
import { type MailboxColumns, mailboxRow } from '../mailbox-row.ts';
import { shardPath } from '../paths.ts';
import { idOctets } from '../writer/lasting-ids.ts';
import type { EndedRow, GoneRow, IndexRow, SnapshotHead, TakenRow } from '../upkeep-protocol.ts';

/**
 * One account as of one commit: a read transaction on a connection of its own, held while slice after slice is asked
 * for. The log cannot begin anew in that time, so snapshots are short: what takes long (bodies) is read outside, since
 * it never changes.
 */
export class SnapshotReader {
  readonly a: number;
  readonly #db: Connection;
  readonly #messages: Statement;
  readonly #tombstones: Statement;
  readonly #emails: Statement;
  readonly #taken: Statement;
  readonly #lasting: Statement;
  #gathered: Gathered | undefined;

  constructor(folder: string, shard: number, a: number) {
    this.a = a;
    const db = openForReading(shardPath(folder, shard));
    this.#db = db;
    db.pragma('temp_store = FILE');
    db.exec('BEGIN');
    this.#messages = db
      .prepare(
        `SELECT u, ms, f, f2, size, idate, sdate, e FROM idx
         WHERE a = ? AND m = ? AND u > ? ORDER BY u LIMIT ${collectSlice}`,
      )
      .raw();
    this.#tombstones = db
      .prepare(
        `SELECT x, u, e, xt, lives,
           EXISTS (SELECT 1 FROM idx WHERE idx.a = gone.a AND idx.m = gone.m AND idx.u = gone.u),
           f, f2, idate
         FROM gone WHERE a = ? AND m = ? AND (x, u) > (?, ?) ORDER BY x, u LIMIT ${collectSlice}`,
      )
      .raw();
    this.#emails = db
      .prepare(
        `SELECT ref, digest, e FROM mail WHERE a = ? AND (ref, digest) > (?, ?) AND e > 0
         ORDER BY ref, digest LIMIT ${collectSlice}`,
      )
      .raw();
    this.#taken = db.prepare(
      'SELECT id, uidvalidity AS uidValidity, u FROM taken WHERE a = ? ORDER BY n',
    );
    this.#lasting = db.prepare(
      `SELECT id, uidvalidity AS uidValidity, u FROM lasting WHERE a = ? AND id > ?
       ORDER BY id LIMIT ${collectSlice}`,
    );
  }

  /** Undefined: there is no such account here. */
  head(): Omit<SnapshotHead, 'id'> | undefined {
    const rows = this.#db
      .prepare('SELECT * FROM mbx WHERE a = ? ORDER BY m')
      .raw()
      .all(this.a) as MailboxColumns[];
    const [head, ...boxes] = rows;
    if (head?.[1] !== 0) return undefined;
    return {
      seq: head[5],
      bytes: head[7],
      count: head[6],
      maxBytes: head[16],
      maxCount: head[17],
      lastUidValidity: head[3],
      nextMailbox: head[4],
      mailboxes: boxes.map(mailboxRow),
      subscriptions: this.#db
        .prepare('SELECT name FROM sub WHERE a = ? ORDER BY name')
        .pluck()
        .all(this.a) as string[],
      ended: this.#ended(),
      strays: this.#strays(),
    };
  }

  messages(m: number, after: number): IndexRow[] {
    return this.#messages.all(this.a, m, after) as IndexRow[];
  }

  tombstones(m: number, [x = 0, u = 0]: readonly number[]): GoneRow[] {
    return this.#tombstones.all(this.a, m, x, u) as unknown as GoneRow[];
  }

  /** Recent delivery ids: there are some hundreds at most. */
  recentIds(): TakenRow[] {
    const rows = this.#taken.all(this.a) as Omit<TakenRow, 'lasting'>[];
    return rows.map((row) => ({ ...row, lasting: false }));
  }

  lastingIds(after: string): TakenRow[] {
    const rows = this.#lasting.all(this.a, idOctets(after)) as (Omit<TakenRow, 'id'> & {
      id: Buffer;
    })[];
    return rows.map((row) => ({ ...row, id: row.id.toString('base64url'), lasting: true }));
  }

  /**
   * Puts the next emails into a table on the disk, in SQLite's folder for temporary files: some ten octets each.
   * Undefined when it has all; then this reads no other table any more, and the log may begin anew.
   */
  gatherEmails([ref, digest]: readonly [number, Uint8Array]): [number, Uint8Array] | undefined {
    this.#gathered ??= gatheredIn(this.#db);
    const rows = this.#emails.all(this.a, ref, digest) as [number, Uint8Array, number][];
    for (const [, , e] of rows) this.#gathered.add.run(e);
    const last = rows.at(-1);
    if (last !== undefined) return [last[0], last[1]];
    this.#db.exec('COMMIT');
    return undefined;
  }

  /** Gathered emails after that one, in order. */
  gatheredEmails(after: number): number[] {
    return (this.#gathered?.some.all(after) ?? []) as number[];
  }

  close(): void {
    this.#db.close();
  }

  /** Numbers of mailboxes that messages are in and that are not there; one step for each number in use. */
  #strays(): number[] {
    return this.#db
      .prepare(
        `WITH RECURSIVE used(m) AS (
           SELECT min(m) FROM idx WHERE a = @a
           UNION ALL SELECT (SELECT min(m) FROM idx WHERE a = @a AND m > used.m) FROM used
             WHERE used.m IS NOT NULL)
         SELECT m FROM used WHERE m IS NOT NULL
           AND m NOT IN (SELECT m FROM mbx WHERE a = @a)
           AND m NOT IN (SELECT m FROM ended WHERE a = @a)`,
      )
      .pluck()
      .all({ a: this.a }) as number[];
  }

  /** Deleted mailboxes; of those that the collector has been to only tombstones are left. */
  #ended(): EndedRow[] {
    const rows = this.#db
      .prepare(
        `SELECT m, max(name) AS name, max(xt) AS xt, max(keywords) AS keywords FROM
           (SELECT m, name, xt, keywords FROM ended WHERE a = @a
            UNION ALL SELECT DISTINCT m, NULL, 0, '' FROM gone WHERE a = @a
              AND m NOT IN (SELECT m FROM mbx WHERE a = @a))
         GROUP BY m ORDER BY m`,
      )
      .all({ a: this.a }) as (Omit<EndedRow, 'keywords'> & { keywords: string })[];
    return rows.map((row) => ({
      ...row,
      keywords: row.keywords === '' ? [] : (JSON.parse(row.keywords) as string[]),
    }));
  }
}

interface Gathered {
  readonly add: Statement;
  readonly some: Statement;
}

function gatheredIn(db: Connection): Gathered {
  db.exec('CREATE TEMP TABLE gathered (e INTEGER PRIMARY KEY) STRICT');
  return {
    add: db.prepare('INSERT OR IGNORE INTO temp.gathered VALUES (?)'),
    some: db
      .prepare(`SELECT e FROM temp.gathered WHERE e > ? ORDER BY e LIMIT ${collectSlice}`)
      .pluck(),
  };
}
