import { type Connection, openForReading, type Statement } from '../database.ts';
import { collectSlice, recordSliceBytes } from '../limits.ts';
import { directoryPath } from '../paths.ts';
import {
  accountColumns,
  type AccountLimits,
  type AccountRow,
  type ReadOps,
  type RecordRow,
} from '../protocol.ts';

type AuditRows = ReadOps['listAudit']['result'];

/** `directory.sqlite` as a reader sees it. */
export class DirectoryReader {
  readonly #db: Connection;
  readonly #find: Statement;
  readonly #findSkeleton: Statement;
  readonly #get: Statement;
  readonly #list: Statement;
  readonly #unsettled: Statement;
  readonly #audit: Statement;
  readonly #auditOf: Statement;
  readonly #auditAfter: Statement;
  readonly #record: Statement;
  readonly #records: Statement;
  readonly #recordsBackward: Statement;

  constructor(folder: string) {
    const db = openForReading(directoryPath(folder));
    this.#db = db;
    this.#find = db.prepare(`SELECT ${accountColumns} FROM account WHERE canonical = ?`);
    this.#findSkeleton = db.prepare(`SELECT ${accountColumns} FROM account WHERE skeleton = ?`);
    this.#get = db.prepare(`SELECT ${accountColumns} FROM account WHERE a = ?`);
    this.#list = db.prepare(
      `SELECT ${accountColumns} FROM account WHERE canonical > ? ORDER BY canonical LIMIT ?`,
    );
    this.#unsettled = db.prepare(
      `SELECT a, max_bytes AS maxBytes, max_count AS maxCount
       FROM unsettled JOIN account USING (a)`,
    );
    this.#audit = db.prepare('SELECT * FROM audit ORDER BY id DESC LIMIT ?');
    this.#auditAfter = db.prepare(
      `SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ${collectSlice}`,
    );
    this.#auditOf = db.prepare('SELECT * FROM audit WHERE account = ? ORDER BY id DESC LIMIT ?');
    this.#record = db.prepare('SELECT id, version, value FROM record WHERE id = ?');
    // Texts are compared as their UTF-8 octets.
    const records = `SELECT id, version, value FROM record
       WHERE id >= @from AND id < @below ORDER BY id`;
    this.#records = db.prepare(`${records} LIMIT @limit`);
    this.#recordsBackward = db.prepare(`${records} DESC LIMIT @limit`);
  }

  find(canonical: string): AccountRow | undefined {
    return this.#find.get(canonical) as AccountRow | undefined;
  }

  findSkeleton(skeleton: string): AccountRow | undefined {
    return this.#findSkeleton.get(skeleton) as AccountRow | undefined;
  }

  get(a: number): AccountRow | undefined {
    return this.#get.get(a) as AccountRow | undefined;
  }

  list(after: string, limit: number): AccountRow[] {
    return this.#list.all(after, limit) as AccountRow[];
  }

  unsettled(): AccountLimits[] {
    return this.#unsettled.all() as AccountLimits[];
  }

  audit(account: number | undefined, limit: number): AuditRows {
    return (
      account === undefined ? this.#audit.all(limit) : this.#auditOf.all(account, limit)
    ) as AuditRows;
  }

  auditAfter(after: number): AuditRows {
    return this.#auditAfter.all(after) as AuditRows;
  }

  record(id: string): RecordRow | undefined {
    return this.#record.get(id) as RecordRow | undefined;
  }

  records({ newestFirst, ...range }: ReadOps['listRecords']['args']): RecordRow[] {
    const rows: RecordRow[] = [];
    let octets = 0;
    const list = newestFirst ? this.#recordsBackward : this.#records;
    for (const row of list.iterate(range) as IterableIterator<RecordRow>) {
      rows.push(row);
      octets += row.value.length;
      if (octets >= recordSliceBytes) break;
    }
    return rows;
  }

  close(): void {
    this.#db.close();
  }
}
