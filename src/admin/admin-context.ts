import type { CredentialMaker } from '../account/credentials.ts';
import type { Turns } from '../core/turns.ts';
import type { AccountId } from '../core/values.ts';
import type { UnifiedBase } from '../gateway/build-unified-base.ts';
import type {
  AccountStore,
  AuditStore,
  MailboxStore,
  MailStore,
  QuotaLimits,
} from '../store/api.ts';

/** What the operator's functions work with. */
export interface AdminContext {
  readonly accounts: AccountStore;
  readonly mailboxes: Pick<MailboxStore, 'mailboxes' | 'quota' | 'subscriptions'>;
  /** Letters in and out of mailboxes. */
  readonly mail: MailStore;
  /** The largest letter that is taken, octets. */
  maxMessageBytes(): number;
  readonly audit: AuditStore;
  /** How the verifiers of new passwords are made. */
  readonly maker: CredentialMaker;
  readonly localDomains: readonly string[];
  /** A name without `@` is one of this domain. */
  readonly defaultDomain: string;
  /** What a new account may keep, unless it is said otherwise; asked each time, since a reload changes it. */
  defaultQuota(): QuotaLimits;
  /** Shared with the authenticator, so that neither undoes the other's change of credentials. */
  readonly credentialTurns: Turns;
  /** Who gives the order, for the audit: `cli:aigerim`. */
  readonly actor: string;
  /** Opened when it is first asked for. `VaultError` when the key file is not that of the store. */
  readonly unifiedBase: () => Promise<UnifiedBase>;
  /** Ends the sessions of an account that may no longer work in them. */
  endSessions(account: AccountId): void;
}
