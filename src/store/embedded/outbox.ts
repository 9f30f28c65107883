import { MailError } from '../../core/errors.ts';
import type { OutboxEntry, OutboxStore, Relay, RelayRecipient, StoredContent } from '../api.ts';
import type { ContentPlace, OutboxRow } from './protocol.ts';
import type { Threads } from './threads.ts';

/** Mail for elsewhere. An entry lies in the shard that keeps its content; its id names both. */
export class Outbox implements OutboxStore {
  readonly #threads: Threads;
  readonly #shards: number;
  readonly #contentAt: (place: ContentPlace) => Promise<StoredContent | undefined>;
  readonly #listeners: (() => void)[] = [];
  /** Where the next claim begins, so that no shard's mail waits for the others'. */
  #turn = 0;

  constructor(
    threads: Threads,
    shards: number,
    contentAt: (place: ContentPlace) => Promise<StoredContent | undefined>,
  ) {
    this.#threads = threads;
    this.#shards = shards;
    this.#contentAt = contentAt;
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

  async settle(id: string, left: readonly RelayRecipient[], nextAttemptAt: number): Promise<void> {
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
    const content = await this.#contentAt({ s, c: row.c });
    if (content === undefined) throw new MailError('internal', 'An entry lost its content');
    return {
      ...relayFrom(row.relay),
      id: `${s}.${row.id}`,
      attempts: row.attempts,
      acceptedAt: row.at,
      content,
    };
  }
}

/** A relay as JSON: undefined members are left out. */
export function relayJson(relay: Relay): string {
  return JSON.stringify(relay);
}

function relayFrom(json: string): Relay {
  const relay = JSON.parse(json) as Omit<Partial<Relay>, 'recipients'> & {
    recipients: Partial<RelayRecipient>[];
  };
  return {
    relayId: relay.relayId ?? '',
    reversePath: relay.reversePath ?? '',
    recipients: relay.recipients.map((each) => ({
      forwardPath: each.forwardPath ?? '',
      notify: each.notify,
      originalRecipient: each.originalRecipient,
    })),
    envelopeId: relay.envelopeId,
    returnContent: relay.returnContent,
    smtpUtf8: relay.smtpUtf8 ?? false,
    account: relay.account,
  };
}
