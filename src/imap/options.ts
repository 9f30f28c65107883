import type { Authenticator } from '../account/api.ts';
import type { SessionCount } from '../bus/api.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { TlsSource } from '../core/tls.ts';
import type { AccountId } from '../core/values.ts';
import type { Account, MailStore } from '../store/api.ts';

/** What one client may take. */
export interface ImapLimits {
  /** The largest message of APPEND, the APPENDLIMIT of RFC 7889. */
  readonly appendBytes: number;
  /** A command with its literals, message literals left out. */
  readonly commandBytes: number;
  /** The same before login, where clients have little to say. */
  readonly commandBytesBeforeLogin: number;
  /** The largest non-synchronising literal before login: LITERAL-, RFC 7888 §5. */
  readonly literalMinusBytes: number;
  /** How much of a refused literal or endless line is read and thrown away before we hang up. */
  readonly discardBytes: number;
  /** What a client may pipeline while a command runs, before we stop reading. */
  readonly pipelinedBytes: number;
  /** One line of a SASL exchange. */
  readonly saslLineBytes: number;
  /** Failed logins of one connection. */
  readonly loginAttempts: number;
  /** Commands answered BAD, one after the other, before we hang up. */
  readonly badCommands: number;
  readonly badCommandsBeforeLogin: number;
  readonly sessionsPerAccount: number;
  /** Connections from one address, or IPv6 network, to all listeners of the protocol. */
  readonly connectionsPerAddress: number;
  /** Connections to all listeners of the protocol. */
  readonly connections: number;
  /** Connections to all listeners of the process: what its file descriptors allow. */
  readonly allConnections: number;
}

export const defaultImapLimits: ImapLimits = {
  appendBytes: 50 * 1024 * 1024,
  commandBytes: 64 * 1024,
  commandBytesBeforeLogin: 8 * 1024,
  literalMinusBytes: 4096,
  discardBytes: 128 * 1024 * 1024,
  pipelinedBytes: 64 * 1024,
  saslLineBytes: 8 * 1024,
  loginAttempts: 5,
  badCommands: 20,
  badCommandsBeforeLogin: 5,
  sessionsPerAccount: 50,
  connectionsPerAddress: 200,
  connections: 10_000,
  allConnections: Infinity,
};

/** How long we wait, in milliseconds. */
export interface ImapTimeouts {
  /** For a client that is logged in; RFC 9051 §5.4 asks for 30 minutes. */
  readonly autologoutMs: number;
  /** From the connection to a successful login. */
  readonly loginMs: number;
  /** For a client that does not read what it asked for. */
  readonly stalledMs: number;
  /** Between two signs of life in IDLE, for routers that forget quiet connections. */
  readonly idleKeepAliveMs: number;
  /** For commands in progress when the server stops. */
  readonly stopMs: number;
}

export const defaultImapTimeouts: ImapTimeouts = {
  autologoutMs: 30 * 60_000,
  loginMs: 2 * 60_000,
  stalledMs: 5 * 60_000,
  idleKeepAliveMs: 2 * 60_000,
  stopMs: 20_000,
};

export interface ImapListenerOptions {
  /** For the log: `imap`, `imaps`. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** `implicit`: TLS from the first octet, RFC 8314. `starttls` and `implicit` need `parts.tls`. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** The server's name in the greeting. */
  readonly hostname: string;
  readonly limits?: Partial<ImapLimits>;
  readonly timeouts?: Partial<ImapTimeouts>;
  /** Networks whose clients may log in without TLS: a proxy's, a test's loopback. Default: none. */
  readonly cleartextLoginNetworks?: readonly string[];
  /** Networks whose connections begin with a PROXY header, version 1 or 2. Default: none. */
  readonly proxyNetworks?: readonly string[];
  /** Capabilities that are neither shown nor can be enabled, for clients that cannot cope. */
  readonly disabledCapabilities?: readonly string[];
}

/** What a listener works with. */
export interface ImapParts {
  readonly store: MailStore;
  readonly authenticator: Authenticator;
  readonly sessions: SessionCount;
  /** Counts what this process alone has open; `sessions` when left out. */
  readonly connections?: SessionCount;
  readonly clock: Clock;
  readonly log: Log;
  readonly tls?: TlsSource;
  /** Says who is logged in by the connection alone; the greeting is then PREAUTH, RFC 9051 §7.1.4. */
  readonly preauthenticate?: (peer: string) => Promise<Account | undefined>;
}

/** A running listener. */
export interface ImapListener {
  /** The port it got. */
  readonly port: number;
  /** Sessions open now. */
  readonly sessionCount: number;
  /** Ends the sessions of an account that may no longer work in them: BYE when the command in progress is done. */
  endSessions(account: AccountId): void;
  /** Takes no new connections, lets commands in progress end, says BYE to all, resolves when all are gone. */
  close(): Promise<void>;
}
