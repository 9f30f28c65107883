import type { AccountId } from '../core/values.ts';
import type { Account } from '../store/api.ts';

/** From where and how somebody tries to log in: what throttles and the log need. */
export interface LoginContext {
  /** The peer's IP address, after PROXY or XCLIENT. */
  readonly peer: string;
  readonly protocol: 'imap' | 'submission';
  readonly connection: string;
}

export type LoginResult =
  | {
      readonly status: 'accepted';
      readonly account: Account;
      /** What they logged in with: `password`, or the id of a device password. */
      readonly credentialId: string;
    }
  /**
   * `credentials` covers unknown, closed and wrong alike: nobody learns which. `device-password`: the password is right,
   * and the account takes only device passwords here.
   */
  | {
      readonly status: 'refused';
      readonly reason:
        'credentials' | 'suspended' | 'throttled' | 'unavailable' | 'device-password';
    };

/** Passwords of single mail programs, beside the one of the account. Whoever keeps them implements it. */
export interface DeviceLogins {
  /** Whether it could be one, by its form alone. */
  isDevicePassword(password: string): boolean;
  /**
   * The id of the device that the password belongs to, and notes its use. Undefined: it is none of that account's, or not
   * for that protocol. Takes as long for an address that nobody has.
   */
  check(
    canonical: string,
    password: string,
    protocol: LoginContext['protocol'],
  ): Promise<string | undefined>;
  /** Whether the account takes only device passwords from mail programs. */
  required(account: AccountId): Promise<boolean>;
}

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
