import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { DeliveryAgent, Route } from '../delivery/api.ts';
import type { Content, ContentStore, OutboxEntry, StoredContent } from '../store/api.ts';
import {
  deliveryStatusNotification,
  type DsnAction,
  type ReportedRecipient,
  type ReturnedLetter,
} from './dsn.ts';
import { giveUpAfterMs } from './retry-schedule.ts';
import { returnPathBytes } from './return-path.ts';

export interface SenderNoticesOptions {
  /** The server's name. */
  readonly hostname: string;
  /** The relay's name; undefined: there is none, and senders elsewhere cannot be told. */
  readonly relayHost: string | undefined;
}

export interface SenderNoticesParts {
  readonly content: ContentStore;
  readonly delivery: DeliveryAgent;
  readonly clock: Clock;
  readonly log: Log;
}

/** The NOTIFY word that asks for a notice, and whether it goes without saying. RFC 3461 §4.1. */
const asked = {
  failed: { word: 'FAILURE', unasked: true },
  delayed: { word: 'DELAY', unasked: true },
  delivered: { word: 'SUCCESS', unasked: false },
  relayed: { word: 'SUCCESS', unasked: false },
} as const satisfies Record<DsnAction, { readonly word: string; readonly unasked: boolean }>;

const maxHeaderBytes = 64 * 1024;
/** A letter is returned whole up to this size. */
const maxReturnedBytes = 1024 * 1024;

/** Tells senders what became of their letters, RFC 3464: into their mailbox here, or on through the relay. */
export class SenderNotices {
  readonly #options: SenderNoticesOptions;
  readonly #parts: SenderNoticesParts;

  constructor(options: SenderNoticesOptions, parts: SenderNoticesParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * Tells of the recipients for which a notice is wanted. The same again after a crash is stored once. False when it
   * could not be stored now; true also when there is nobody who could ever be told.
   */
  async tell(
    entry: OutboxEntry,
    action: DsnAction,
    reported: readonly ReportedRecipient[],
  ): Promise<boolean> {
    const { word, unasked } = asked[action];
    const recipients = reported.filter(
      ({ recipient }) => recipient.notify?.includes(word) ?? unasked,
    );
    // No notification about a notification, RFC 5321 §6.1.
    if (recipients.length === 0 || entry.reversePath === '') return true;
    const { delivery, log } = this.#parts;
    try {
      const route = await delivery.route(entry.reversePath, undefined);
      if (!this.#leadsToSender(route)) {
        log.warn('notification-undeliverable', { entry: entry.id, reason: route.kind });
        return route.kind !== 'full';
      }
      return await this.#send(entry, action, recipients, route);
    } catch (error) {
      log.error('notification-failed', { entry: entry.id, err: error });
      return false;
    }
  }

  #leadsToSender(route: Route): boolean {
    if (route.kind === 'local') return true;
    return route.kind === 'remote' && this.#options.relayHost !== undefined;
  }

  async #send(
    entry: OutboxEntry,
    action: DsnAction,
    recipients: readonly ReportedRecipient[],
    route: Route,
  ): Promise<boolean> {
    const { content, delivery, clock } = this.#parts;
    const { hostname, relayHost } = this.#options;
    const paths = recipients.map(({ recipient }) => recipient.forwardPath).join('\n');
    const id = createHash('sha256').update(`${action}\n${entry.id}\n${paths}`).digest('hex');
    const octets = deliveryStatusNotification({
      action,
      entry,
      recipients,
      hostname,
      relayHost: entry.kind === 'relay' ? relayHost : undefined,
      nowMs: clock.now(),
      id: id.slice(0, 32),
      returned: await returnedOf(entry, action),
      giveUpAtMs: entry.acceptedAt + giveUpAfterMs,
    });
    const letter = await received(content, [Buffer.from('Return-Path: <>\r\n'), octets]);
    try {
      const { outcomes } = await delivery.deliver({
        reversePath: '',
        recipients: [
          {
            forwardPath: entry.reversePath,
            account: route.kind === 'local' ? route.account : undefined,
            notify: ['NEVER'], // RFC 3461 §6.1
            originalRecipient: undefined,
          },
        ],
        content: letter,
        clientDigest: id,
        envelopeId: undefined,
        returnContent: undefined,
        smtpUtf8: entry.smtpUtf8,
        submitter: undefined,
      });
      return outcomes[0]?.status !== 'failed';
    } finally {
      await letter.release();
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

/** RFC 3461 §4.3: RET=FULL asks for the whole letter when it failed; of any other only the header comes back. */
async function returnedOf(
  { content, returnContent }: OutboxEntry,
  action: DsnAction,
): Promise<ReturnedLetter> {
  if (action === 'failed' && returnContent === 'FULL' && content.sizeBytes <= maxReturnedBytes) {
    const whole = Buffer.from(await content.read(0, content.sizeBytes));
    return { kind: 'whole', octets: whole.subarray(returnPathBytes(whole)) };
  }
  const header = await headerOf(content);
  return { kind: 'header', octets: header.subarray(returnPathBytes(header)) };
}

/** The header block, without its empty line; cut where it is very long. */
async function headerOf(content: StoredContent): Promise<Buffer> {
  const head = Buffer.from(await content.read(0, maxHeaderBytes));
  const end = head.indexOf('\r\n\r\n');
  return head.subarray(0, end >= 0 ? end + 2 : head.lastIndexOf('\r\n') + 2);
}
