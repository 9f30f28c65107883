import { hash } from 'node:crypto';
import { canonicalAddress, canonicalDomain } from '../account/address.ts';
import type { Clock } from '../core/clock.ts';
import { inboxId } from '../core/values.ts';
import type {
  Account,
  AccountStore,
  Delivery,
  DeliveryOutcome,
  Envelope,
  EnvelopeRecipient,
  MessageStore,
  MailboxStore,
  Relay,
} from '../store/api.ts';
import type {
  Accepted,
  AddressAlias,
  DeliveryAgent,
  DeliveryResult,
  Recipient,
  RecipientOutcome,
  Route,
  Sender,
} from './api.ts';
import { ConfirmedDeliveries } from './confirmed-deliveries.ts';

export interface DeliveryAgentOptions {
  /** The domains whose addresses are ours, canonical. The first is that of `postmaster` without a domain. */
  readonly localDomains: readonly string[];
  /** The account that reads mail for `postmaster` of any of them where no such account exists. RFC 5321 §4.5.1. */
  readonly postmaster?: string;
  /** Deliveries that are remembered as confirmed. */
  readonly maxConfirmed?: number;
}

export interface DeliveryParts {
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly messages: Pick<MessageStore, 'accept'>;
  readonly quotas: Pick<MailboxStore, 'quota'>;
  readonly clock: Clock;
  readonly alias?: AddressAlias;
  /** Told of each outcome, for the metrics. */
  readonly onOutcome?: (outcome: 'delivered' | 'relayed' | 'duplicate' | 'failed') => void;
}

const defaultMaxConfirmed = 50_000;
const noFlags = { system: 0, keywords: [] } as const;

/** What tells a retry from a new letter: see `StoreDeliveryAgent`. */
interface Identity {
  readonly key: string;
  readonly occurrence: number;
  readonly id: string;
}

/**
 * Delivers into a message store.
 *
 * A client that did not get our 250 (the line broke, we crashed) sends the letter again, and nobody wants it twice.
 * So every delivery has an id, made of what a retry repeats: reverse-path, recipient, the octets as the client sent
 * them, and ENVID. The store keeps no id twice. It is not made of Message-ID, which others choose (two letters with
 * one Message-ID are two letters), nor of the other recipients, which a retry may leave out.
 *
 * But the same octets may be meant as a new letter. So the id also counts: `occurrence` is how many times this delivery
 * was confirmed, that is, its client showed that it had the 250. Octets that come again after that are a new letter;
 * before that, a retry. The count is kept in memory, bounded. When it is lost (a restart) the same octets are taken for
 * a retry once more: only a letter equal to the last octet, without a Date or Message-ID of its own, can be concerned.
 */
export class StoreDeliveryAgent implements DeliveryAgent {
  readonly #localDomains: ReadonlySet<string>;
  readonly #mainDomain: string;
  readonly #postmaster: string | undefined;
  readonly #parts: DeliveryParts;
  readonly #confirmed: ConfirmedDeliveries;

  /** Throws `TypeError` without a local domain. */
  constructor(options: DeliveryAgentOptions, parts: DeliveryParts) {
    const [main] = options.localDomains;
    if (main === undefined) throw new TypeError('A local domain is needed');
    this.#mainDomain = main;
    this.#localDomains = new Set(options.localDomains);
    this.#postmaster =
      options.postmaster === undefined ? undefined : canonicalAddress(options.postmaster);
    this.#parts = parts;
    this.#confirmed = new ConfirmedDeliveries(options.maxConfirmed ?? defaultMaxConfirmed);
  }

  async route(forwardPath: string, sizeBytes: number | undefined, sender?: Sender): Promise<Route> {
    const address =
      forwardPath.toLowerCase() === 'postmaster' ? `postmaster@${this.#mainDomain}` : forwardPath;
    const canonical = canonicalAddress(address);
    if (canonical === undefined) {
      // No account can have it; whose domain it is decides who says so.
      const domain = canonicalDomain(address.slice(address.lastIndexOf('@') + 1));
      return { kind: domain !== undefined && this.#isOurs(domain) ? 'unknown' : 'remote' };
    }
    const at = canonical.lastIndexOf('@');
    const domain = canonical.slice(at + 1);
    if (domain === this.#parts.alias?.domain) return this.#routeAlias(canonical, sizeBytes, sender);
    if (!this.#localDomains.has(domain)) return { kind: 'remote' };
    const account = await this.#find(canonical, at);
    return this.#routeTo(account, sizeBytes);
  }

  async deliver(message: Accepted): Promise<DeliveryResult> {
    const outcomes = new Array<RecipientOutcome>(message.recipients.length);
    const deliveries: Delivery[] = [];
    const identities: Identity[] = [];
    /** By account: the place in `deliveries`, so that who is named twice gets one letter. */
    const places = new Map<number, number>();
    const internalDate = this.#parts.clock.now();

    for (const recipient of message.recipients) {
      const { account } = recipient;
      if (account === undefined || places.has(account.id)) continue;
      places.set(account.id, deliveries.length);
      const identity = this.#identify(message, account.canonical);
      identities.push(identity);
      deliveries.push({
        account: account.id,
        mailbox: inboxId,
        deliveryId: identity.id,
        flags: noFlags,
        internalDate,
        ...(wantsReceipt(message, recipient) && { receipt: envelopeRecipient(recipient) }),
      });
    }
    const relay = this.#relay(message, identities);
    const { content } = message;
    const sender = deliveries.some(({ receipt }) => receipt !== undefined)
      ? envelopeOf(message)
      : undefined;
    const stored = await this.#parts.messages.accept(content, deliveries, relay, sender);

    message.recipients.forEach(({ account }, i) => {
      const place = account && places.get(account.id);
      outcomes[i] =
        place === undefined ? { status: 'relayed' } : outcomeOf(stored[place] as DeliveryOutcome);
    });
    this.#report(stored, relay);
    return {
      outcomes,
      confirm: () => {
        identities.forEach(({ key, occurrence }, i) => {
          // What failed is not there: it can only come again.
          if (stored[i]?.status !== 'failed') this.#confirmed.confirm(key, occurrence + 1);
        });
      },
    };
  }

  #isOurs(domain: string): boolean {
    return this.#localDomains.has(domain) || domain === this.#parts.alias?.domain;
  }

  /** Whoever may not use an alias hears what he hears of one that there is not; so does everybody once it is closed. */
  async #routeAlias(
    canonical: string,
    sizeBytes: number | undefined,
    sender: Sender | undefined,
  ): Promise<Route> {
    const address = sender && (await this.#parts.alias?.route(canonical, sender));
    const account = address === undefined ? undefined : await this.#parts.accounts.find(address);
    return this.#routeTo(account?.status === 'closed' ? undefined : account, sizeBytes);
  }

  async #routeTo(account: Account | undefined, sizeBytes: number | undefined): Promise<Route> {
    if (account === undefined) return { kind: 'unknown' };
    if (account.status !== 'active') return { kind: account.status };
    return (await this.#isFull(account, sizeBytes)) ? { kind: 'full' } : { kind: 'local', account };
  }

  async #find(canonical: string, at: number): Promise<Account | undefined> {
    const account = await this.#parts.accounts.find(canonical);
    if (account !== undefined || this.#postmaster === undefined) return account;
    return canonical.slice(0, at) === 'postmaster'
      ? this.#parts.accounts.find(this.#postmaster)
      : undefined;
  }

  async #isFull(account: Account, sizeBytes = 0): Promise<boolean> {
    if (account.quota.bytes === undefined && account.quota.messages === undefined) return false;
    const { usedBytes, usedMessages, limits } = await this.#parts.quotas.quota(account.id);
    return (
      usedBytes + Math.max(1, sizeBytes) > (limits.bytes ?? Infinity) ||
      usedMessages + 1 > (limits.messages ?? Infinity)
    );
  }

  /** Recipients elsewhere; their identity comes behind those of the deliveries. */
  #relay(message: Accepted, identities: Identity[]): Relay | undefined {
    const recipients = message.recipients.flatMap((recipient) =>
      recipient.account === undefined ? [envelopeRecipient(recipient)] : [],
    );
    if (recipients.length === 0) return undefined;
    const paths = recipients.map(({ forwardPath }) => forwardPath).sort();
    // A space cannot stand in a canonical address, so this is nobody's delivery.
    const identity = this.#identify(message, ` ${paths.join(' ')}`);
    identities.push(identity);
    return {
      ...envelopeOf(message),
      relayId: identity.id,
      recipients,
      account: message.submitter?.id,
    };
  }

  #identify(message: Accepted, recipient: string): Identity {
    const { reversePath, clientDigest, envelopeId = '' } = message;
    const key = digest(`${reversePath}\0${recipient}\0${clientDigest}\0${envelopeId}`);
    const occurrence = this.#confirmed.count(key);
    return { key, occurrence, id: occurrence === 0 ? key : digest(`${key}\0${occurrence}`) };
  }

  #report(stored: readonly DeliveryOutcome[], relay: Relay | undefined): void {
    const { onOutcome } = this.#parts;
    if (onOutcome === undefined) return;
    for (const outcome of stored) {
      if (outcome.status === 'failed') onOutcome('failed');
      else onOutcome(outcome.duplicate ? 'duplicate' : 'delivered');
    }
    relay?.recipients.forEach(() => {
      onOutcome('relayed');
    });
  }
}

/** RFC 3461 §4.1. There is nobody to tell of a letter with the null reverse-path. */
function wantsReceipt({ reversePath }: Accepted, { notify }: Recipient): boolean {
  return reversePath !== '' && notify?.includes('SUCCESS') === true;
}

function envelopeRecipient({
  forwardPath,
  notify,
  originalRecipient,
}: Recipient): EnvelopeRecipient {
  return { forwardPath, notify, originalRecipient };
}

function envelopeOf({ reversePath, envelopeId, returnContent, smtpUtf8 }: Accepted): Envelope {
  return { reversePath, envelopeId, returnContent, smtpUtf8 };
}

function outcomeOf(outcome: DeliveryOutcome): RecipientOutcome {
  return outcome.status === 'failed' ? outcome : { status: 'delivered' };
}

/** The first 16 octets of SHA-256, base64url. */
function digest(text: string): string {
  return hash('sha256', text, 'buffer').toString('base64url', 0, 16);
}
