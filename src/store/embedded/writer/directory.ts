import { type Failure, MailError } from '../../../core/errors.ts';
import type { Connection, Statement } from '../database.ts';
import {
  accountColumns,
  type AccountRow,
  type AuditRow,
  type DirectoryOps,
  type NewAccountRow,
  type RecordRow,
} from '../protocol.ts';

/** `directory.sqlite` as its writer sees it: who there is, and the audit log. */
export class Directory {
  readonly db: Connection;
  now = 0;

  readonly #taken: Statement;
  readonly #insert: Statement;
  readonly #select: Statement;
  readonly #update: Statement;
  readonly #unsettle: Statement;
  readonly #settle: Statement;
  readonly #audit: Statement;
  readonly #lastRestored: Statement;
  readonly #insertRecord: Statement;
  readonly #replaceRecord: Statement;
  readonly #removeRecord: Statement;

  constructor(db: Connection) {
    this.db = db;
    this.#taken = db
      .prepare('SELECT 1 FROM account WHERE canonical = ? OR skeleton = ? LIMIT 1')
      .pluck();
    this.#insert = db.prepare(
      `INSERT INTO account (address, canonical, skeleton, status, credentials, max_bytes, max_count, at, subject, level)
       VALUES (@address, @canonical, @skeleton, @status, @credentials, @maxBytes, @maxCount, @at, @subject, @level)`,
    );
    this.#select = db.prepare(`SELECT ${accountColumns} FROM account WHERE a = ?`);
    this.#update = db.prepare(
      `UPDATE account SET status = @status, credentials = @credentials, max_bytes = @maxBytes,
         max_count = @maxCount, subject = @subject, level = @level WHERE a = @a`,
    );
    this.#unsettle = db.prepare('INSERT OR IGNORE INTO unsettled VALUES (?)');
    this.#settle = db.prepare(
      `DELETE FROM unsettled WHERE a = @a AND EXISTS
         (SELECT 1 FROM account WHERE a = @a AND max_bytes IS @maxBytes AND max_count IS @maxCount)`,
    );
    this.#audit = db.prepare(
      'INSERT INTO audit (at, account, actor, action, detail) VALUES (?,?,?,?,?)',
    );
    // A walk over the log until the first record is restored; then the newest is found at once.
    this.#lastRestored = db
      .prepare(
        `SELECT detail ->> 'restoredId' FROM audit WHERE detail ->> 'restoredFrom' = ?
         ORDER BY id DESC LIMIT 1`,
      )
      .pluck();
    this.#insertRecord = db.prepare(
      'INSERT INTO record (id, version, value) VALUES (@id, @version, @value) ON CONFLICT (id) DO NOTHING',
    );
    this.#replaceRecord = db.prepare(
      `UPDATE record SET version = version + 1, value = @value WHERE id = @id AND version = @version`,
    );
    this.#removeRecord = db.prepare('DELETE FROM record WHERE id = @id AND version = @version');
  }

  createAccounts({
    accounts,
    audit,
  }: DirectoryOps['createAccounts']['args']): (AccountRow | Failure)[] {
    return accounts.map((account) => this.#create(account, audit));
  }

  /** `not-found`; `invalid` for a closed account. */
  updateAccount(change: DirectoryOps['updateAccount']['args']): AccountRow {
    const old = this.#select.get(change.a) as AccountRow | undefined;
    if (old === undefined) throw new MailError('not-found', 'No such account');
    if (old.status === 'closed') throw new MailError('invalid', 'A closed account never changes');
    const next: AccountRow = {
      ...old,
      status: change.status ?? old.status,
      credentials: change.credentials ?? old.credentials,
      ...change.limits,
      ...change.owner,
    };
    this.#update.run(next);
    if (change.limits !== undefined) this.#unsettle.run(next.a);
    this.#record(change.audit, next.a);
    return next;
  }

  /** Heads in the shards have these limits now; an account that has others already stays to be settled. */
  settled({ accounts }: DirectoryOps['settled']['args']): undefined {
    for (const { a, maxBytes, maxCount } of accounts) this.#settle.run({ a, maxBytes, maxCount });
  }

  audit({ account, record }: DirectoryOps['audit']['args']): undefined {
    this.#record(record, account ?? null);
  }

  restoreAudit({ store, records }: DirectoryOps['restoreAudit']['args']): number {
    const last = (this.#lastRestored.get(store) as number | undefined) ?? 0;
    const fresh = records.filter(({ id }) => id > last);
    for (const { id, at, account, actor, action, detail } of fresh) {
      const before = detail === null ? {} : (JSON.parse(detail) as object);
      const said = JSON.stringify({ ...before, restoredFrom: store, restoredId: id });
      this.#audit.run(at, account, actor, action, said);
    }
    return fresh.length;
  }

  insertRecords({ records }: DirectoryOps['insertRecords']['args']): number {
    const taken = records.findIndex((record) => !this.#addRecord({ ...record, version: 1 }));
    return taken === -1 ? records.length : taken;
  }

  restoreRecords({ records }: DirectoryOps['restoreRecords']['args']): number {
    return records.filter((record) => this.#addRecord(record)).length;
  }

  replaceRecord(record: DirectoryOps['replaceRecord']['args']): boolean {
    return this.#replaceRecord.run(record).changes === 1;
  }

  removeRecord(record: DirectoryOps['removeRecord']['args']): boolean {
    return this.#removeRecord.run(record).changes === 1;
  }

  #addRecord(record: RecordRow): boolean {
    return this.#insertRecord.run(record).changes === 1;
  }

  #create(account: NewAccountRow, audit: AuditRow): AccountRow | Failure {
    const { skeleton, ...kept } = account;
    const { canonical } = kept;
    if (this.#taken.get(canonical, skeleton) !== undefined) return 'already-exists';
    const at = account.at ?? this.now;
    const done = this.#insert.run({ ...account, at });
    const a = Number(done.lastInsertRowid);
    this.#unsettle.run(a);
    this.#record(audit, a);
    return { ...kept, a, at };
  }

  #record(audit: AuditRow, account: number | null): void {
    this.#audit.run(this.now, account, audit.actor, audit.action, audit.detail);
  }
}
