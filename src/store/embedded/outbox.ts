import { MailError } from '../../core/errors.ts';
import type { AccountId, EmailId } from '../../core/values.ts';
import type {
  EnvelopeRecipient,
  KeptOutboxEntry,
  OutboxEntry,
  OutboxStore,
  RestoredOutboxEntry,
  StoredContent,
} from '../api.ts';
import { envelopeOf, kindOf, outboxJson, readOutboxJson } from '../common/outbox-json.ts';
import type { Letter } from '../common/letter-row.ts';
import type { ContentPlace, OutboxRow } from './protocol.ts';
import type { Threads } from './threads.ts';

/** Where the letters of entries are read. */
export interface OutboxContentReader {
  at(place: ContentPlace): Promise<StoredContent | undefined>;
  of(account: AccountId, email: EmailId): Promise<StoredContent | undefined>;
}

/**
 * Mail for elsewhere, and receipts. A letter lies in the shard that keeps its content, a receipt in that of the
 * accounts which got it; the id names the shard.
 */
export class Outbox implements OutboxStore {
  readonly #threads: Threads;
  readonly #shards: number;
  readonly #contents: OutboxContentReader;
  readonly #listeners: (() => void)[] = [];
  /** Where the next claim begins, so that no shard's mail waits for the others'. */
  #turn = 0;

  constructor(threads: Threads, shards: number, contents: OutboxContentReader) {
    this.#threads = threads;
    this.#shards = shards;
    this.#contents = contents;
  }

  async claim(now: number, leaseUntil: number, limit: number): Promise<readonly OutboxEntry[]> {
    const entries: OutboxEntry[] = [];
    const first = this.#turn++;
    for (let i = 0; i < this.#shards && entries.length < limit; i++) {
      const s = (first + i) % this.#shards;
      if (!this.#threads.has(s)) continue;
      const args = { now, leaseUntil, limit: limit - entries.length };
      const rows = await this.#threads.write(s, 'claim', args);
      entries.push(...(await Promise.all(rows.map((row) => this.#entry(s, row)))));
    }
    return entries;
  }

  async settle(
    id: string,
    left: readonly EnvelopeRecipient[],
    nextAttemptAt: number,
  ): Promise<void> {
    const dot = id.indexOf('.');
    const s = Number(id.slice(0, dot));
    if (dot < 1 || !(s < this.#shards)) throw new MailError('not-found', 'No such entry');
    await this.#threads.write(s, 'settle', {
      id: id.slice(dot + 1),
      left: left.length === 0 ? '' : JSON.stringify(left),
      nextAt: nextAttemptAt,
    });
  }

  count(): Promise<number> {
    return this.#threads.read('outboxCount', {});
  }

  onAdded(callback: () => void): void {
    this.#listeners.push(callback);
  }

  /** For the store: an entry was committed. */
  added(): void {
    for (const listener of this.#listeners) listener();
  }

  /** All that waits, leased or not; what is settled between two looks is left out. */
  async *entries(): AsyncGenerator<KeptOutboxEntry, void, void> {
    for (let s = 0; s < this.#shards; s++) {
      for (let after = ''; ;) {
        const rows = await this.#threads.read('keptRelays', { s, after });
        const last = rows.at(-1);
        if (last === undefined) break;
        for (const row of rows) {
          const content = row.digest === null ? undefined : await this.#content(s, row);
          if (content === undefined || row.digest === null) continue;
          const contents = readOutboxJson(row.relay);
          yield {
            ...envelopeOf(contents),
            key: row.id,
            kind: kindOf(contents),
            account: contents.account,
            attempts: row.attempts,
            acceptedAt: row.at,
            nextAttemptAt: row.nextAt,
            content,
            sha256: row.digest,
          };
        }
        after = last.id;
      }
    }
  }

  /** In the shard where a repetition of the submission would look for it; receipts may lie in any. */
  async restore(entry: RestoredOutboxEntry, letter: Letter, weight: number): Promise<boolean> {
    if (await this.#threads.read('relayKnown', { id: entry.key })) return false;
    const { account } = entry;
    const json = outboxJson({
      ...envelopeOf(entry),
      account,
      restored: true,
      ...(entry.kind === 'delivered' && { receipt: true }),
    });
    const { key: id, attempts, acceptedAt: at, nextAttemptAt: nextAt } = entry;
    const args = { letter, id, json, attempts, at, nextAt };
    return this.#threads.write((account ?? 0) % this.#shards, 'restoreRelay', args, weight);
  }

  #content(
    s: number,
    { c, relay }: Pick<OutboxRow, 'c' | 'relay'>,
  ): Promise<StoredContent | undefined> {
    const { held } = readOutboxJson(relay);
    if (held === undefined) return this.#contents.at({ s, c });
    return this.#contents.of(held.a as AccountId, held.e as EmailId);
  }

  async #entry(s: number, row: OutboxRow): Promise<OutboxEntry> {
    const contents = readOutboxJson(row.relay);
    const content = await this.#content(s, row);
    if (content === undefined) throw new MailError('internal', 'An entry lost its content');
    return {
      ...envelopeOf(contents),
      id: `${s}.${row.id}`,
      kind: kindOf(contents),
      account: contents.account,
      attempts: row.attempts,
      acceptedAt: row.at,
      content,
    };
  }
}
