import type { Authenticator, LoginContext } from '../account/api.ts';
import type { Account } from '../store/api.ts';
import type { Enableable } from './session-state.ts';
import type { ImapLimits, ImapTimeouts } from './options.ts';

/** What a few commands need of the connection that carries the session. */
export interface Connection {
  readonly limits: ImapLimits;
  readonly timeouts: ImapTimeouts;
  readonly authenticator: Authenticator;
  readonly loginContext: LoginContext;
  /** TLS is on. */
  readonly secure: boolean;
  /** STARTTLS would work now. */
  readonly canStartTls: boolean;
  /** A password may be sent now: TLS is on, or the client's network needs none. */
  readonly mayLogIn: boolean;
  /** What CAPABILITY says at this moment. */
  capabilities(): string;
  /** Whether this listener offers it at all. */
  offers(capability: Enableable): boolean;
  /** Begins TLS once the tagged response is out; what the client sent behind its command is forgotten. */
  startTls(): void;
  /** Makes the session the account's; false when the account has as many sessions as it may. */
  signIn(account: Account): Promise<boolean>;
  /** Asks for more with `+ text`, and gives the next line. Rejects with `ConnectionLost` when none will come. */
  ask(text: string, limitBytes: number): Promise<Buffer>;
  /** Hangs up with BYE once the tagged response is out. */
  hangUp(reason: string): void;
}

/** The client is gone, or is being sent away: nothing is left to answer. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';

  constructor(message = 'The connection is closed') {
    super(message);
  }
}
