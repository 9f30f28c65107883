import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { DeliveryAgent } from '../delivery/api.ts';
import type { ContentStore, EnvelopeRecipient, OutboxEntry, OutboxStore } from '../store/api.ts';
import type { ReportedRecipient } from './dsn.ts';
import type { RelayHost, RelayOutcome } from './relay-host.ts';
import { isDelayNoticeDue, nextAttemptAt } from './retry-schedule.ts';
import { SenderNotices } from './sender-notices.ts';

export interface OutboundRelayOptions {
  /** The server's name, for notifications. */
  readonly hostname: string;
  /** The relay's name, for notifications. */
  readonly relayHost?: string;
  /** Letters sent at once. */
  readonly concurrency?: number;
  /** How long a letter is ours to send; after a crash it is tried again when this is over. */
  readonly leaseMs?: number;
  /** How often letters are looked for whose time has come. */
  readonly pollMs?: number;
}

export interface OutboundRelayParts {
  readonly outbox: OutboxStore;
  readonly content: ContentStore;
  readonly delivery: DeliveryAgent;
  /** Without one letters wait, and senders here are told what they asked to be told. */
  readonly relay?: RelayHost;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of the outcome for each recipient, for the metrics. */
  readonly onOutcome?: (outcome: 'sent' | 'refused' | 'deferred' | 'expired') => void;
}

/** An attempt ends before its lease does, so that two never run at once. */
const leaseMarginMs = 30_000;

/**
 * Sends letters for other domains through the relay host, and senders the receipts that they asked for. Each letter is
 * leased from the outbox, sent, and settled: who got it leaves the entry, who was refused for good leaves it with a
 * notification to the sender, the rest is tried again for five days. A crash between sending and settling sends again: SMTP knows no better (RFC 5321 §4.5.4.1).
 */
export class OutboundRelay {
  readonly #options: Required<Omit<OutboundRelayOptions, 'relayHost'>>;
  readonly #parts: OutboundRelayParts;
  readonly #notices: SenderNotices;
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: OutboundRelayOptions, parts: OutboundRelayParts) {
    this.#options = { concurrency: 4, leaseMs: 10 * 60_000, pollMs: 15_000, ...options };
    this.#parts = parts;
    const { hostname, relayHost } = options;
    this.#notices = new SenderNotices({ hostname, relayHost }, parts);
  }

  /** Begins to look for letters. */
  start(): void {
    this.#parts.outbox.onAdded(() => {
      this.wake();
    });
    this.#timer = setInterval(() => {
      this.wake();
    }, this.#options.pollMs);
    this.#timer.unref();
    this.wake();
  }

  /** Looks for letters now. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  /** Resolves when nothing is being sent and no letter's time has come. */
  async idle(): Promise<void> {
    for (;;) {
      const busy = [...this.#running, ...(this.#looking === undefined ? [] : [this.#looking])];
      if (busy.length === 0) return;
      await Promise.all(busy);
    }
  }

  /** Takes no further letters and resolves when those on their way are settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.idle();
  }

  async #look(): Promise<void> {
    const { outbox, clock, log } = this.#parts;
    const { concurrency, leaseMs } = this.#options;
    while (this.#again && !this.#stopped) {
      const room = concurrency - this.#running.size;
      // Whoever ends looks again.
      if (room <= 0) return;
      this.#again = false;
      try {
        const now = clock.now();
        const entries = await outbox.claim(now, now + leaseMs, room);
        for (const entry of entries) this.#begin(entry);
        if (entries.length === room) this.#again = true;
      } catch (error) {
        log.error('outbox-claim-failed', { err: error });
      }
    }
  }

  #begin(entry: OutboxEntry): void {
    const work = (entry.kind === 'relay' ? this.#attempt(entry) : this.#tellDelivered(entry))
      .catch((error: unknown) => {
        // The lease ends by itself, and the letter is tried again.
        this.#parts.log.error('relay-failed', { entry: entry.id, err: error });
      })
      .finally(() => {
        this.#running.delete(work);
        this.wake();
      });
    this.#running.add(work);
  }

  async #attempt(entry: OutboxEntry): Promise<void> {
    const { outbox, clock, log } = this.#parts;
    const outcomes = await this.#send(entry);
    const attempts = entry.attempts + 1;
    const now = clock.now();
    const next = nextAttemptAt(attempts, entry.acceptedAt, now);

    const left: EnvelopeRecipient[] = [];
    const failed: ReportedRecipient[] = [];
    const delayed: ReportedRecipient[] = [];
    const relayed: ReportedRecipient[] = [];
    entry.recipients.forEach((recipient, i) => {
      const outcome: RelayOutcome = outcomes[i] ?? { status: 'deferred', reply: undefined };
      if (outcome.status === 'sent') {
        this.#parts.onOutcome?.('sent');
        if (!outcome.reportsSuccess) relayed.push({ recipient, reply: undefined });
        return;
      }
      const reported = { recipient, reply: outcome.reply };
      if (outcome.status === 'refused' || next === undefined) {
        this.#parts.onOutcome?.(outcome.status === 'refused' ? 'refused' : 'expired');
        failed.push(reported);
        return;
      }
      this.#parts.onOutcome?.('deferred');
      left.push(recipient);
      if (isDelayNoticeDue(attempts)) delayed.push(reported);
    });
    log.info('relay-attempt', {
      entry: entry.id,
      account: entry.account,
      attempts,
      sent: entry.recipients.length - left.length - failed.length,
      failed: failed.length,
      left: left.length,
    });

    // The sender knows before the entry forgets; a notification that cannot be stored is tried again with its letter.
    const told = await this.#notices.tell(entry, 'failed', failed);
    if (!told && next !== undefined) left.push(...failed.map(({ recipient }) => recipient));
    await this.#notices.tell(entry, 'delayed', delayed);
    await this.#notices.tell(entry, 'relayed', relayed);
    await outbox.settle(entry.id, left, next ?? now);
  }

  /** Tells the sender that recipients here have the letter. RFC 3461 §5.2.1. */
  async #tellDelivered(entry: OutboxEntry): Promise<void> {
    const { outbox, clock } = this.#parts;
    const reported = entry.recipients.map((recipient) => ({ recipient, reply: undefined }));
    const told = await this.#notices.tell(entry, 'delivered', reported);
    const now = clock.now();
    const next = nextAttemptAt(entry.attempts + 1, entry.acceptedAt, now);
    const left = told || next === undefined ? [] : entry.recipients;
    await outbox.settle(entry.id, left, next ?? now);
  }

  /** An outcome for each recipient, in order. */
  async #send(entry: OutboxEntry): Promise<readonly RelayOutcome[]> {
    const { relay } = this.#parts;
    if (relay === undefined) {
      // It was taken when there was one; its sender is told of the delay as of any other.
      const reply = 'No relay host is configured';
      return entry.recipients.map(() => ({ status: 'deferred', reply }));
    }
    const timeoutMs = Math.max(1000, this.#options.leaseMs - leaseMarginMs);
    return relay.send(entry, entry.recipients, timeoutMs);
  }
}
