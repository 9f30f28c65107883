import type { Account } from '../store/api.ts';

/** From where and how somebody tries to log in: what throttles and the log need. */
export interface LoginContext {
  /** The peer's IP address, after PROXY or XCLIENT. */
  readonly peer: string;
  readonly protocol: 'imap' | 'submission';
  readonly connection: string;
}

export type LoginResult =
  | { readonly status: 'accepted'; readonly account: Account }
  /** `credentials` covers unknown, closed and wrong alike: nobody learns which. */
  | {
      readonly status: 'refused';
      readonly reason: 'credentials' | 'suspended' | 'throttled' | 'unavailable';
    };

/** Who may log in. Answers in the same time for a wrong password and an unknown account. */
export interface Authenticator {
  /** `login` is a full address, or a local part of the default domain. */
  password(login: string, password: string, context: LoginContext): Promise<LoginResult>;
  /** A SASL exchange, or undefined for a mechanism that is not offered. `name` in capitals. */
  mechanism(name: string, context: LoginContext): SaslExchange | undefined;
  /** The names of the mechanisms, strongest first: `SCRAM-SHA-256`, `PLAIN`, `LOGIN`. */
  readonly mechanisms: readonly string[];
}

/** The server's half of one SASL exchange, RFC 4422. Octets are without base64. */
export interface SaslExchange {
  /** True when the server speaks first (LOGIN); the first call then takes an empty response. */
  readonly serverFirst: boolean;
  next(response: Uint8Array): Promise<SaslStep>;
}
export type SaslStep =
  | { readonly kind: 'challenge'; readonly data: Uint8Array }
  /** `data`: what SCRAM's server says last; the protocol sends it as additional data or a last challenge. */
  | { readonly kind: 'done'; readonly result: LoginResult; readonly data?: Uint8Array }
  /** The client did not keep to the mechanism: BAD in IMAP, 501 in SMTP. */
  | { readonly kind: 'malformed' };
