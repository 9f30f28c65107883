import { MailError } from '../../core/errors.ts';
import type { AccountId, EmailId } from '../../core/values.ts';
import type { EnvelopeRecipient, OutboxEntry, OutboxStore, StoredContent } from '../api.ts';
import { readOutboxJson } from './outbox-json.ts';
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

  async #entry(s: number, row: OutboxRow): Promise<OutboxEntry> {
    const { held, account, ...rest } = readOutboxJson(row.relay);
    const content =
      held === undefined
        ? await this.#contents.at({ s, c: row.c })
        : await this.#contents.of(held.a as AccountId, held.e as EmailId);
    if (content === undefined) throw new MailError('internal', 'An entry lost its content');
    return {
      ...rest,
      id: `${s}.${row.id}`,
      kind: held === undefined ? 'relay' : 'delivered',
      account,
      attempts: row.attempts,
      acceptedAt: row.at,
      content,
    };
  }
}
