import type { Authenticator } from '../account/api.ts';
import type { SessionCount } from '../bus/api.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { TlsSource } from '../core/tls.ts';
import type { AccountId } from '../core/values.ts';
import type { DeliveryAgent } from '../delivery/api.ts';
import type { ContentStore } from '../store/api.ts';
import type { SmtpHook } from './hook.ts';
import type { LineEndPolicy } from './line-ends.ts';

/** From other servers (RFC 5321), from users (RFC 6409), from a relay in front of us (RFC 2033). */
export type SmtpProfile = 'mx' | 'submission' | 'lmtp';

/** What one client may take. */
export interface SmtpLimits {
  /** The largest message; announced as SIZE, RFC 1870. */
  readonly messageBytes: number;
  /** Announced as RCPTMAX, RFC 9422. */
  readonly recipients: number;
  /** The longest command line with its line break: 512 of RFC 5321 §4.5.3.1.4 and what extensions add. */
  readonly commandBytes: number;
  /** The same for AUTH and the lines of its exchange, RFC 4954 §4. */
  readonly authLineBytes: number;
  /** How much of an endless command line is thrown away before we hang up. */
  readonly discardBytes: number;
  /** The largest chunk of BDAT, RFC 3030. */
  readonly chunkBytes: number;
  /** What a client may pipeline while we are busy, before we stop reading. */
  readonly pipelinedBytes: number;
  /** Replies a client has not read, before we stop working for it. */
  readonly unreadReplyBytes: number;
  /** Commands that were wrong in themselves (500, 501, 502, 503, 555), before we hang up. */
  readonly errors: number;
  readonly loginAttempts: number;
  /** Recipients that do not exist, before the answers to further ones are delayed. */
  readonly unknownRecipients: number;
  /** Messages of one connection; announced as MAILMAX, RFC 9422. */
  readonly messages: number;
  /** Connections from one address, or IPv6 network, to all listeners of the protocol. */
  readonly connectionsPerAddress: number;
  /** Connections to all listeners of the protocol; SMTP, submission and LMTP are three. */
  readonly connections: number;
  /** Connections to all listeners of the process: what its file descriptors allow. */
  readonly allConnections: number;
}

export const defaultSmtpLimits: SmtpLimits = {
  messageBytes: 50 * 1024 * 1024,
  recipients: 1000,
  commandBytes: 4096,
  authLineBytes: 12_288,
  discardBytes: 1024 * 1024,
  chunkBytes: 64 * 1024 * 1024,
  pipelinedBytes: 256 * 1024,
  unreadReplyBytes: 64 * 1024,
  errors: 20,
  loginAttempts: 3,
  unknownRecipients: 20,
  messages: 10_000,
  connectionsPerAddress: 200,
  connections: 10_000,
  allConnections: Infinity,
};

/** How long we wait, in milliseconds. RFC 5321 §4.5.3.2. */
export interface SmtpTimeouts {
  /** For the next command, and for the whole of its line. */
  readonly commandMs: number;
  /** For the next octets of a message. */
  readonly dataBlockMs: number;
  /** For the whole of one message, all chunks of it, against a client that sends an octet now and then. */
  readonly dataTotalMs: number;
  /** For a PROXY header and for a TLS handshake. */
  readonly handshakeMs: number;
  /** Before the answer to each unknown recipient beyond `unknownRecipients`. */
  readonly unknownRecipientDelayMs: number;
  /** For the client to close when it was told good-bye. */
  readonly lingerMs: number;
  /** For messages in progress when the server stops. */
  readonly stopMs: number;
}

export const defaultSmtpTimeouts: SmtpTimeouts = {
  commandMs: 5 * 60_000,
  dataBlockMs: 3 * 60_000,
  dataTotalMs: 60 * 60_000,
  handshakeMs: 30_000,
  unknownRecipientDelayMs: 1000,
  lingerMs: 5000,
  stopMs: 20_000,
};

export interface SmtpListenerOptions {
  /** For the log: `smtp`, `submission`, `submissions`, `lmtp`. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly profile: SmtpProfile;
  /** `implicit`: TLS from the first octet, RFC 8314. `starttls` and `implicit` need `parts.tls`. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** The server's name in greetings and Received fields, and the authserv-id that only we may use. */
  readonly hostname: string;
  readonly limits?: Partial<SmtpLimits>;
  readonly timeouts?: Partial<SmtpTimeouts>;
  /** Whether users may write to other domains: there is a way for it. Default: false. */
  readonly relays?: boolean;
  /** Default: `normalise` for submission, where programs are sloppy; `refuse` elsewhere. */
  readonly lineEnds?: LineEndPolicy;
  /** Networks whose clients may log in without TLS: a proxy's, a test's loopback. Default: none. */
  readonly cleartextLoginNetworks?: readonly string[];
  /** Networks whose connections begin with a PROXY header, version 1 or 2. Default: none. */
  readonly proxyNetworks?: readonly string[];
  /** Networks whose clients may say XCLIENT. Default: none. */
  readonly xclientNetworks?: readonly string[];
}

/** What is counted; every label is a name of ours. */
export interface SmtpMetrics {
  connectionOpened(listener: string): void;
  connectionClosed(listener: string): void;
  connectionRefused(listener: string): void;
  command(protocol: string, command: string, outcome: string): void;
}

/** What a listener works with. */
export interface SmtpParts {
  readonly delivery: DeliveryAgent;
  readonly content: ContentStore;
  /** Needed for submission. */
  readonly authenticator?: Authenticator;
  readonly sessions: SessionCount;
  /** Counts what this process alone has open; `sessions` when left out. */
  readonly connections?: SessionCount;
  readonly clock: Clock;
  readonly log: Log;
  readonly tls?: TlsSource;
  readonly metrics?: SmtpMetrics;
  /** Policy, in this order. Default: `standardHooks`. */
  readonly hooks?: readonly SmtpHook[];
}

/** A running listener. */
export interface SmtpListener {
  /** The port it got. */
  readonly port: number;
  /** Sessions open now. */
  readonly sessionCount: number;
  /** Ends the sessions of an account that may no longer work in them, after the message in progress. */
  endSessions(account: AccountId): void;
  /**
   * Takes no new connections, says 421 to idle clients, lets messages in progress end (for `stopMs`), resolves when
   * all clients are gone.
   */
  close(): Promise<void>;
}
