import type { Account, AccountStatus } from '../store/api.ts';

/** An account as the operator sees it: without its verifiers. */
export interface AccountSummary {
  readonly id: number;
  readonly address: string;
  readonly canonical: string;
  readonly status: AccountStatus;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** Whether there is a password to log in with. */
  readonly password: boolean;
  readonly scram: boolean;
  /** Null: no limit. */
  readonly quotaBytes: number | null;
  readonly quotaMessages: number | null;
}

export function summarize(account: Account): AccountSummary {
  return {
    id: account.id,
    address: account.address,
    canonical: account.canonical,
    status: account.status,
    createdAt: new Date(account.createdAt).toISOString(),
    password: account.credentials.hash !== undefined,
    scram: account.credentials.scram !== undefined,
    quotaBytes: account.quota.bytes ?? null,
    quotaMessages: account.quota.messages ?? null,
  };
}
