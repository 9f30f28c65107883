import { type Connection, openForReading, type Statement } from '../database.ts';
import { collectSlice } from '../limits.ts';
import { directoryPath } from '../paths.ts';
import { accountColumns, type AccountLimits, type AccountRow, type ReadOps } from '../protocol.ts';

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

  close(): void {
    this.#db.close();
  }
}
