import type { Clock } from '../../core/clock.ts';
import type { AccountId } from '../../core/values.ts';
import type { AuditEntry, AuditRecord, AuditStore } from '../api.ts';
import type { Database, Document } from './database.ts';
import type { AuditDocument, HeadDocument } from './head.ts';

/**
 * Who did what. A record of an account's change is committed in the account's head and copied from there; until then
 * it is found in the head.
 */
export class MongoAudit implements AuditStore {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** A record with its number, not kept yet. */
  async record(
    entry: AuditEntry,
    account: number | undefined,
    id?: number,
  ): Promise<AuditDocument> {
    return {
      _id: id ?? (await this.#db.take('audit', 1)),
      at: this.#clock.now(),
      account: account ?? null,
      actor: entry.actor,
      action: entry.action,
      detail: entry.detail ?? null,
    };
  }

  async append(entry: AuditEntry, account?: AccountId): Promise<void> {
    await this.#db.insert('audit', [{ ...(await this.record(entry, account)) }]);
  }

  /** Copies committed records where they are listed; harmless to repeat. */
  async keep(a: number, records: readonly AuditDocument[]): Promise<void> {
    if (records.length === 0) return;
    await this.#db.insert('audit', records as unknown as Document[]);
    for (const { _id } of records) {
      await this.#db.update('heads', { _id: a }, { $pull: { au: { _id } } });
    }
  }

  async list(options: {
    readonly account?: AccountId;
    readonly limit: number;
  }): Promise<readonly AuditRecord[]> {
    await this.#keepPending();
    const { account, limit } = options;
    const records = await this.#db.find<AuditDocument>(
      'audit',
      account === undefined ? {} : { account },
      { sort: { _id: -1 }, limit },
    );
    return records.map(({ _id, at, account: of, actor, action, detail }) => ({
      id: _id,
      at,
      actor,
      action,
      account: (of ?? undefined) as AccountId | undefined,
      ...(detail != null && { detail }),
    }));
  }

  /** What a crash left between the two writes. */
  async #keepPending(): Promise<void> {
    const heads = await this.#db.find<Pick<HeadDocument, '_id' | 'au' | 'who'>>(
      'heads',
      { 'au._id': { $gt: 0 } },
      { projection: { _id: 1, au: 1, who: 1 } },
    );
    for (const { _id, au, who } of heads) {
      if (who.status !== 'making' && who.status !== 'dead') await this.keep(_id, au);
    }
  }
}
