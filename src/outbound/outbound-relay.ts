import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { DeliveryAgent } from '../delivery/api.ts';
import type {
  Content,
  ContentStore,
  OutboxEntry,
  OutboxStore,
  RelayRecipient,
} from '../store/api.ts';
import { deliveryStatusNotification, type ReportedRecipient } from './dsn.ts';
import type { RelayHost, RelayOutcome } from './relay-host.ts';
import { giveUpAfterMs, isDelayNoticeDue, nextAttemptAt } from './retry-schedule.ts';

export interface OutboundRelayOptions {
  /** The server's name, for notifications. */
  readonly hostname: string;
  /** The relay's name, for notifications. */
  readonly relayHost: string;
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
  readonly relay: RelayHost;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of the outcome for each recipient, for the metrics. */
  readonly onOutcome?: (outcome: 'sent' | 'refused' | 'deferred' | 'expired') => void;
}

/** An attempt ends before its lease does, so that two never run at once. */
const leaseMarginMs = 30_000;
const maxHeaderBytes = 64 * 1024;

/**
 * Sends letters for other domains through the relay host. Each is leased from the outbox, sent, and settled: who got
 * it leaves the entry, who was refused for good leaves it with a notification to the sender, the rest is tried again
 * for five days. A crash between sending and settling sends again: SMTP knows no better (RFC 5321 §4.5.4.1).
 */
export class OutboundRelay {
  readonly #options: Required<OutboundRelayOptions>;
  readonly #parts: OutboundRelayParts;
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: OutboundRelayOptions, parts: OutboundRelayParts) {
    this.#options = { concurrency: 4, leaseMs: 10 * 60_000, pollMs: 15_000, ...options };
    this.#parts = parts;
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
    const work = this.#attempt(entry)
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
    const { relay, outbox, clock, log } = this.#parts;
    const timeoutMs = Math.max(1000, this.#options.leaseMs - leaseMarginMs);
    const outcomes = await relay.send(entry, entry.recipients, timeoutMs);
    const attempts = entry.attempts + 1;
    const now = clock.now();
    const next = nextAttemptAt(attempts, entry.acceptedAt, now);

    const left: RelayRecipient[] = [];
    const failed: ReportedRecipient[] = [];
    const delayed: ReportedRecipient[] = [];
    entry.recipients.forEach((recipient, i) => {
      const outcome: RelayOutcome = outcomes[i] ?? { status: 'deferred', reply: undefined };
      if (outcome.status === 'sent') {
        this.#parts.onOutcome?.('sent');
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
    const told = await this.#notify(entry, 'failed', failed);
    if (!told && next !== undefined) left.push(...failed.map(({ recipient }) => recipient));
    await this.#notify(entry, 'delayed', delayed);
    await outbox.settle(entry.id, left, next ?? now);
  }

  /** Delivers a notification to the sender, for the recipients that want one. False when it could not be stored. */
  async #notify(
    entry: OutboxEntry,
    action: 'failed' | 'delayed',
    reported: readonly ReportedRecipient[],
  ): Promise<boolean> {
    const wanted = action === 'failed' ? 'FAILURE' : 'DELAY';
    // RFC 3461 §4.1: without NOTIFY both are sent. No notification about a notification, RFC 5321 §6.1.
    const recipients = reported.filter(
      ({ recipient }) => recipient.notify?.includes(wanted) ?? true,
    );
    if (recipients.length === 0 || entry.reversePath === '') return true;
    const { delivery, content, clock, log } = this.#parts;
    const paths = recipients.map(({ recipient }) => recipient.forwardPath).join('\n');
    // The same for a repetition after a crash: the store keeps it once.
    const id = createHash('sha256').update(`${action}\n${entry.id}\n${paths}`).digest('hex');
    try {
      const route = await delivery.route(entry.reversePath, undefined);
      if (route.kind !== 'local') {
        log.warn('notification-undeliverable', { entry: entry.id, reason: route.kind });
        return route.kind !== 'full';
      }
      const octets = deliveryStatusNotification({
        action,
        entry,
        recipients,
        hostname: this.#options.hostname,
        relayHost: this.#options.relayHost,
        nowMs: clock.now(),
        id: id.slice(0, 32),
        header: await headerOf(entry),
        giveUpAtMs: entry.acceptedAt + giveUpAfterMs,
      });
      const letter = await received(content, [Buffer.from('Return-Path: <>\r\n'), octets]);
      try {
        const { outcomes } = await delivery.deliver({
          reversePath: '',
          recipients: [
            {
              forwardPath: entry.reversePath,
              account: route.account,
              notify: undefined,
              originalRecipient: undefined,
            },
          ],
          content: letter,
          clientDigest: id,
          envelopeId: undefined,
          returnContent: undefined,
          smtpUtf8: false,
          submitter: undefined,
        });
        return outcomes[0]?.status === 'delivered';
      } finally {
        await letter.release();
      }
    } catch (error) {
      log.error('notification-failed', { entry: entry.id, err: error });
      return false;
    }
  }
}

/** Gives the octets to the store as a message that came in. */
async function received(store: ContentStore, octets: readonly Uint8Array[]): Promise<Content> {
  const writer = store.receive();
  try {
    for (const piece of octets) await writer.write(piece);
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return writer.finish();
}

/** The header block of the letter without our Return-Path; cut where it is very long. */
async function headerOf(entry: OutboxEntry): Promise<string> {
  const head = Buffer.from(await entry.content.read(0, maxHeaderBytes)).toString('utf8');
  const end = head.indexOf('\r\n\r\n');
  const block = end >= 0 ? head.slice(0, end + 4) : head.slice(0, head.lastIndexOf('\r\n') + 2);
  return block.replace(/^return-path:.*\r\n/i, '');
}
