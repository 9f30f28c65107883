import type { Columns } from '../../mailbox-view.ts';
import { type Connection, openForReading, type Statement } from '../database.ts';
import { type MailboxColumns, mailboxRow } from '../mailbox-row.ts';
import { collectSlice } from '../limits.ts';
import { shardPath } from '../paths.ts';
import type {
  AccountSnapshot,
  ContentRow,
  ContentUse,
  QuotaSnapshot,
  ViewSnapshot,
} from '../protocol.ts';
import type { KeptRelayRow } from '../upkeep-protocol.ts';
import { idOctets } from '../writer/lasting-ids.ts';

import { CheckReader } from './check-reader.ts';
import { ColumnReader } from './column-reader.ts';

export type Identity = readonly [ref: number, digest: Uint8Array];

/** A shard file as a reader sees it. What must agree with itself is read in one transaction. */
export class ShardReader {
  readonly number: number;
  readonly checks: CheckReader;
  readonly columns: ColumnReader;
  readonly #db: Connection;
  readonly #quota: Statement;
  readonly #mailboxes: Statement;
  readonly #mailbox: Statement;
  readonly #subscriptions: Statement;
  readonly #messages: Statement;
  readonly #vanished: Statement;
  readonly #uses: Statement;
  readonly #identity: Statement;
  readonly #thread: Statement;
  readonly #content: Statement;
  readonly #body: Statement;
  readonly #fileKept: Statement;
  readonly #links: Statement;
  readonly #lasting: Statement;
  readonly #outboxCount: Statement;
  readonly #outboxAfter: Statement;
  readonly #outboxHas: Statement;
  readonly #nextContent: Statement;

  constructor(folder: string, number: number) {
    const db = openForReading(shardPath(folder, number));
    this.number = number;
    this.checks = new CheckReader(db);
    this.columns = new ColumnReader(db);
    this.#db = db;
    this.#quota = db.prepare(
      `SELECT ms AS seq, bytes, total AS count, max_bytes AS maxBytes, max_count AS maxCount
       FROM mbx WHERE a = ? AND m = 0`,
    );
    this.#mailboxes = db.prepare('SELECT * FROM mbx WHERE a = ? AND m > 0').raw();
    this.#mailbox = db.prepare('SELECT * FROM mbx WHERE a = ? AND m = ?').raw();
    this.#subscriptions = db.prepare('SELECT name FROM sub WHERE a = ?').pluck();
    this.#messages = db
      .prepare('SELECT u, ms, f, f2, size, idate, e FROM idx WHERE a = ? AND m = ? ORDER BY u')
      .raw();
    this.#vanished = db
      .prepare('SELECT u FROM gone WHERE a = ? AND m = ? AND x > ? ORDER BY u')
      .pluck();
    this.#uses = db.prepare('SELECT 1 FROM link WHERE c = ? AND a = ?').pluck();
    this.#identity = db.prepare('SELECT ref, digest FROM content WHERE c = ?').raw();
    this.#thread = db
      .prepare('SELECT e, thr FROM mail WHERE a = ? AND ref = ? AND digest = ?')
      .raw();
    this.#content = db.prepare('SELECT size, file, digest, header, parts FROM content WHERE c = ?');
    this.#body = db.prepare('SELECT bytes FROM body WHERE c = ?').pluck();
    this.#fileKept = db
      .prepare('SELECT 1 FROM content WHERE digest = ? AND file = 1 LIMIT 1')
      .pluck();
    this.#links = db.prepare(
      `SELECT c, a, at FROM link WHERE (c, a) > (?, ?) ORDER BY c, a LIMIT ?`,
    );
    this.#lasting = db.prepare('SELECT 1 FROM lasting WHERE a = ? AND id = ?').pluck();
    this.#nextContent = db.prepare(`SELECT value FROM counter WHERE name = 'content'`).pluck();
    this.#outboxHas = db.prepare('SELECT 1 FROM outbox WHERE id = ?').pluck();
    this.#outboxAfter = db.prepare(
      `SELECT id, c, relay, attempts, at, next_at AS nextAt FROM outbox
       WHERE relay <> '' AND id > ? ORDER BY id LIMIT ${collectSlice}`,
    );
    this.#outboxCount = db.prepare(`SELECT count(*) FROM outbox WHERE relay <> ''`).pluck();
  }

  quota(a: number): QuotaSnapshot | undefined {
    return this.#quota.get(a) as QuotaSnapshot | undefined;
  }

  account(a: number): AccountSnapshot | undefined {
    return this.#atOnce(() => {
      const head = this.quota(a);
      if (head === undefined) return undefined;
      const mailboxes = (this.#mailboxes.all(a) as MailboxColumns[]).map(mailboxRow);
      return { ...head, mailboxes, subscriptions: this.#subscriptions.all(a) as string[] };
    });
  }

  view(a: number, m: number): ViewSnapshot | undefined {
    return this.#atOnce(() => {
      const row = this.#mailbox.get(a, m) as MailboxColumns | undefined;
      if (row === undefined) return undefined;
      const mailbox = mailboxRow(row);
      if (!mailbox.selectable) return undefined;
      const columns = this.#columns(a, m, mailbox.total);
      return { seq: this.quota(a)?.seq ?? 0, mailbox, columns };
    });
  }

  /** UIDs expunged after `since`, ascending; undefined when that is no longer known. */
  vanished(a: number, m: number, since: number): Uint32Array | undefined {
    return this.#atOnce(() => {
      const row = this.#mailbox.get(a, m) as MailboxColumns | undefined;
      if (row === undefined) return new Uint32Array();
      if (since < mailboxRow(row).vanFloor) return undefined;
      return Uint32Array.from(this.#vanished.all(a, m, since) as number[]);
    });
  }

  /** Whether an account, of any shard, has this content. */
  uses(c: number, a: number): boolean {
    return this.#uses.get(c, a) !== undefined;
  }

  /** What an account of any shard knows the content by. */
  identity(c: number): Identity | undefined {
    return this.#identity.get(c) as Identity | undefined;
  }

  /** An account's email of these octets with its conversation. */
  email(a: number, [ref, digest]: Identity): readonly [e: number, thread: number] | undefined {
    return this.#thread.get(a, ref, digest) as [number, number] | undefined;
  }

  content(c: number): ContentRow | undefined {
    const row = this.#content.get(c) as
      | { size: number; file: number; digest: Buffer; header: Buffer | null; parts: string }
      | undefined;
    if (row === undefined) return undefined;
    const { size, parts, header, digest } = row;
    if (row.file === 1) return { size, parts, octets: digest.toString('hex') };
    const body = this.#body.get(c) as Buffer | undefined;
    // The collector came between the two reads.
    if (body === undefined && size > (header?.length ?? 0)) return undefined;
    const octets = new Uint8Array(size);
    if (header !== null) octets.set(header);
    if (body !== undefined) octets.set(body, header?.length ?? 0);
    return { size, parts, octets };
  }

  /** All octets as they are kept, however many there are; undefined when they are in a file. */
  octets(c: number): Uint8Array | undefined {
    const row = this.#content.get(c) as { file: number; header: Buffer | null } | undefined;
    if (row === undefined || row.file === 1) return undefined;
    const body = this.#body.get(c) as Buffer | undefined;
    return Buffer.concat([row.header ?? Buffer.alloc(0), body ?? Buffer.alloc(0)]);
  }

  hasFile(digest: Uint8Array): boolean {
    return this.#fileKept.get(digest) !== undefined;
  }

  links(after: readonly number[], limit: number): (ContentUse & { readonly at: number })[] {
    const [c = 0, a = -1] = after;
    return this.#links.all(c, a, limit) as (ContentUse & { at: number })[];
  }

  lasting(a: number, ids: readonly string[]): string[] {
    return this.#atOnce(() => ids.filter((id) => this.#lasting.get(a, idOctets(id)) !== undefined));
  }

  /** The number of the next content: those below are committed with all their links, or will never be. */
  nextContent(): number {
    return this.#nextContent.get() as number;
  }

  outboxCount(): number {
    return this.#outboxCount.get() as number;
  }

  /** Also one that ended a short while ago. */
  outboxHas(id: string): boolean {
    return this.#outboxHas.get(id) !== undefined;
  }

  /** What waits in the outbox. */
  outboxAfter(after: string): Omit<KeptRelayRow, 'digest'>[] {
    return this.#outboxAfter.all(after) as Omit<KeptRelayRow, 'digest'>[];
  }

  close(): void {
    this.#db.close();
  }

  #columns(a: number, m: number, total: number): Columns {
    const uid = new Uint32Array(total);
    const modSeq = new Float64Array(total);
    const flags = new Uint32Array(total);
    const size = new Uint32Array(total);
    const internalDate = new Uint32Array(total);
    const email = new Uint32Array(total);
    let moreFlags: Uint32Array | undefined;
    let i = 0;
    for (const row of this.#messages.iterate(a, m)) {
      const [u, ms, f, f2, bytes, idate, e] = row as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      uid[i] = u;
      modSeq[i] = ms;
      flags[i] = f;
      if (f2 !== 0) (moreFlags ??= new Uint32Array(total))[i] = f2;
      size[i] = bytes;
      internalDate[i] = idate;
      email[i] = e;
      i++;
    }
    // The counters are exact, see the contract; a view of another length would number messages wrongly.
    if (i !== total) throw new Error(`mailbox ${a}/${m} has ${i} messages and counts ${total}`);
    return { uid, modSeq, flags, moreFlags, size, internalDate, email };
  }

  #atOnce<T>(read: () => T): T {
    this.#db.exec('BEGIN');
    try {
      return read();
    } finally {
      this.#db.exec('COMMIT');
    }
  }
}
