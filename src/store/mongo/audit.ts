import type { Clock } from '../../core/clock.ts';
import type { AccountId } from '../../core/values.ts';
import type { AuditEntry, AuditRecord, AuditStore } from '../api.ts';
import type { Database, Document } from './database.ts';
import type { AuditDocument, HeadDocument } from './head.ts';
import { batchDocuments } from './limits.ts';

/** How far another store's log was added, and what is being added. */
interface AuditMark {
  readonly _id: string;
  readonly n: number;
  readonly adding: readonly AuditDocument[];
}

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
    return records.map(recordFrom);
  }

  /** Records after that id, oldest first, some at a time. */
  async *after(id: number): AsyncGenerator<readonly AuditRecord[], void, void> {
    await this.#keepPending();
    for (let last = id; ;) {
      const records = await this.#db.find<AuditDocument>(
        'audit',
        { _id: { $gt: last } },
        { sort: { _id: 1 }, limit: batchDocuments },
      );
      const newest = records.at(-1);
      if (newest === undefined) return;
      yield records.map(recordFrom);
      last = newest._id;
    }
  }

  /**
   * Adds records of another store's log; those up to the last that was taken are skipped. Answers how many came. What
   * is about to be added stands in the mark of that store first, with its numbers, so that whoever finds it ends it, and
   * none comes twice.
   */
  async restore(store: string, records: readonly AuditRecord[]): Promise<number> {
    let added = 0;
    for (let i = 0; i < records.length; i += batchDocuments) {
      added += await this.#restoreSome(store, records.slice(i, i + batchDocuments));
    }
    return added;
  }

  async #restoreSome(store: string, records: readonly AuditRecord[]): Promise<number> {
    const _id = `audit of ${store}`;
    for (;;) {
      const [mark] = await this.#db.find<AuditMark>('counters', { _id });
      if (mark === undefined) {
        await this.#db.insert('counters', [{ _id, n: 0, adding: [] }]);
        continue;
      }
      if (mark.adding.length > 0) {
        await this.#finishRestore(mark);
        continue;
      }
      const fresh = records.filter(({ id }) => id > mark.n);
      const last = fresh.at(-1);
      if (last === undefined) return 0;
      const first = await this.#db.take('audit', fresh.length);
      const adding = fresh.map(({ id, at, account, actor, action, detail }, i): AuditDocument => ({
        ...{ _id: first + i, at, account: account ?? null, actor, action },
        detail: { ...detail, restoredFrom: store, restoredId: id },
      }));
      const change = { $set: { n: last.id, adding } };
      // Another may have been faster.
      if (!(await this.#db.update('counters', { _id, n: mark.n }, change))) continue;
      await this.#finishRestore({ _id, n: last.id, adding });
      return fresh.length;
    }
  }

  async #finishRestore({ _id, n, adding }: AuditMark): Promise<void> {
    await this.#db.insert('audit', adding as unknown as Document[]);
    await this.#db.update('counters', { _id, n }, { $set: { adding: [] } });
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

function recordFrom({ _id, at, account, actor, action, detail }: AuditDocument): AuditRecord {
  return {
    id: _id,
    at,
    actor,
    action,
    account: (account ?? undefined) as AccountId | undefined,
    ...(detail != null && { detail }),
  };
}
