import type { Failure } from '../core/errors.ts';
import type { Account, Content } from '../store/api.ts';

/** One recipient as SMTP took it. DSN parameters are kept as received, RFC 3461 §4. */
export interface Recipient {
  /** As the client wrote it, without angle brackets. */
  readonly forwardPath: string;
  /** Undefined for an address elsewhere. */
  readonly account: Account | undefined;
  readonly notify: readonly string[] | undefined;
  readonly originalRecipient: string | undefined;
}

/** A message that is ready for its recipients: the envelope of one MailTransaction and the received content. */
export interface Accepted {
  /** Without angle brackets; '' for the null reverse-path. */
  readonly reversePath: string;
  readonly recipients: readonly Recipient[];
  readonly content: Content;
  /** SHA-256 of the octets the client sent, before ours were put in front, hex: what tells a retry from a new letter. */
  readonly clientDigest: string;
  readonly envelopeId: string | undefined;
  readonly returnContent: 'FULL' | 'HDRS' | undefined;
  readonly smtpUtf8: boolean;
  /** The account that submitted it. */
  readonly submitter: Account | undefined;
}

/** An outcome per recipient, in order. */
export type RecipientOutcome =
  | { readonly status: 'delivered' | 'relayed' }
  | { readonly status: 'failed'; readonly failure: Failure };

export interface DeliveryResult {
  readonly outcomes: readonly RecipientOutcome[];
  /**
   * To be called once the client has shown that it got the reply (its next command arrived): the same octets sent
   * again are then a new letter, not a retry.
   */
  confirm(): void;
}

/** Where an address leads, asked at RCPT. */
export type Route =
  | { readonly kind: 'local'; readonly account: Account }
  | { readonly kind: 'remote' }
  /** One of our domains, but nobody's address. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'full' };

/** Who sends the letter that an address is asked for. */
export interface Sender {
  /** Without angle brackets; '' for the null reverse-path. */
  readonly reversePath: string;
  /** IP address, after PROXY or XCLIENT. */
  readonly peer: string;
  /** Who logged in. */
  readonly account: Account | undefined;
}

/** Addresses of a domain of their own that lead to mailboxes, each for some senders. */
export interface AddressAlias {
  /** Canonical. */
  readonly domain: string;
  /** The canonical address of the mailbox; undefined when there is none for that sender. Cheap: asked for at each RCPT. */
  route(canonical: string, sender: Sender): Promise<string | undefined>;
}

/** Takes responsibility for messages: routing, quota, durable storage. */
export interface DeliveryAgent {
  /**
   * `sizeBytes` is the declared SIZE, for the quota. `forwardPath` is syntactically valid. Without a sender an alias
   * leads nowhere.
   */
  route(forwardPath: string, sizeBytes: number | undefined, sender?: Sender): Promise<Route>;
  /** Durable for every recipient that is not `failed` when it resolves. Retries of the same transaction are not stored twice. */
  deliver(message: Accepted): Promise<DeliveryResult>;
}
