import type { AccountId } from '../../core/values.ts';
import type { AuditEntry, AuditRecord, AuditStore } from '../api.ts';
import { type AuditLogRow, type AuditRow, directoryFile } from './protocol.ts';
import type { Threads } from './threads.ts';

/** The append-only record of who did what; the database refuses to change or remove a row. */
export class AuditLog implements AuditStore {
  readonly #threads: Threads;

  constructor(threads: Threads) {
    this.#threads = threads;
  }

  async append(entry: AuditEntry, account?: AccountId): Promise<void> {
    await this.#threads.write(directoryFile, 'audit', { account, record: auditRow(entry) });
  }

  async list(options: {
    readonly account?: AccountId;
    readonly limit: number;
  }): Promise<readonly AuditRecord[]> {
    const { account, limit } = options;
    const rows = await this.#threads.read('listAudit', { account, limit });
    return rows.map(auditRecord);
  }
}

export function auditRecord(row: AuditLogRow): AuditRecord {
  const { id, at, actor, action, detail, account } = row;
  return {
    id,
    at,
    actor,
    action,
    account: (account ?? undefined) as AccountId | undefined,
    ...(detail !== null && { detail: JSON.parse(detail) as NonNullable<AuditEntry['detail']> }),
  };
}

export function auditRow({ actor, action, detail }: AuditEntry): AuditRow {
  return { actor, action, detail: detail === undefined ? null : JSON.stringify(detail) };
}
