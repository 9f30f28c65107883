import type { Clock } from '../core/clock.ts';
import type { MailStore } from '../store/api.ts';
import { MailboxActivity } from './activity/mailbox-activity.ts';
import { Agencies } from './agencies/agencies.ts';
import { Employees } from './employees/employees.ts';
import type { TestIdentifiers } from './identifiers/test-identifiers.ts';
import { JournalRegistry } from './registry/journal-registry.ts';
import { LookUps } from './resolver/look-ups.ts';
import { Resolver } from './resolver/resolver.ts';
import { TokenAddresses } from './resolver/token-addresses.ts';
import type { IdentityVault } from './vault/identity-vault.ts';

export interface UnifiedBaseOptions {
  readonly store: Pick<MailStore, 'records' | 'audit'>;
  readonly vault: IdentityVault;
  readonly testIdentifiers: TestIdentifiers;
  readonly clock: Clock;
  /** Of the mailboxes. */
  readonly mailDomain: string;
}

/** The unified base, and who may ask it and work with it. */
export interface UnifiedBase {
  readonly vault: IdentityVault;
  readonly testIdentifiers: TestIdentifiers;
  readonly registry: JournalRegistry;
  readonly agencies: Agencies;
  readonly employees: Employees;
  readonly lookUps: LookUps;
  readonly tokens: TokenAddresses;
  readonly resolver: Resolver;
  readonly activity: MailboxActivity;
}

/** Puts the parts together; nothing is started. */
export function buildUnifiedBase(options: UnifiedBaseOptions): UnifiedBase {
  const { store, vault, testIdentifiers, clock, mailDomain } = options;
  const { records, audit } = store;
  const shared = { records, audit, vault, clock };
  const registry = new JournalRegistry(records);
  const agencies = new Agencies(shared);
  const lookUps = new LookUps(records);
  const tokens = new TokenAddresses({ ...shared, agencies, mailDomain });
  const activity = new MailboxActivity(records, clock);
  return {
    vault,
    testIdentifiers,
    registry,
    agencies,
    employees: new Employees(shared),
    lookUps,
    tokens,
    resolver: new Resolver({ ...shared, registry, tokens, lookUps, activity }),
    activity,
  };
}
