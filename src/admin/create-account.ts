import { type NewAddress, newAddress } from '../account/address.ts';
import { newCredentials } from '../account/credentials.ts';
import { MailError } from '../core/errors.ts';
import type { QuotaLimits } from '../store/api.ts';
import { type AccountSummary, summarize } from './account-summary.ts';
import type { AdminContext } from './admin-context.ts';
import { takenSkeletons } from './taken-skeletons.ts';

export interface CreateAccountInput {
  readonly address: string;
  readonly password: string;
  readonly quotaBytes?: number | undefined;
  readonly quotaMessages?: number | undefined;
  /** Whether a reserved name such as `postmaster` may be given. */
  readonly allowReserved: boolean;
  readonly apply: boolean;
}

export interface CreatedAccount {
  readonly applied: boolean;
  readonly address: string;
  readonly canonical: string;
  readonly quotaBytes: number | null;
  readonly quotaMessages: number | null;
  /** Only when it was applied. */
  readonly account?: AccountSummary;
}

/** Makes one account. `invalid`, `already-exists` (also for one that looks alike or was closed). */
export async function createAccount(
  context: AdminContext,
  input: CreateAccountInput,
): Promise<CreatedAccount> {
  const { address, canonical, skeleton } = newAddress(input.address, context.localDomains, input);
  const quota = quotaOf(context, input);
  await refuseTaken(context, { address, canonical, skeleton }, input.apply);
  const credentials = await newCredentials(context.maker, input.password, canonical);
  const planned = {
    address,
    canonical,
    quotaBytes: quota.bytes ?? null,
    quotaMessages: quota.messages ?? null,
  };
  if (!input.apply) return { applied: false, ...planned };
  const audit = { actor: context.actor, action: 'account.create', detail: { address } };
  const account = await context.accounts.create(
    { address, canonical, skeleton, credentials, quota },
    audit,
  );
  return { applied: true, ...planned, account: summarize(account) };
}

/** The limits that were asked for, the default ones otherwise; 0 asks for no limit. */
export function quotaOf(
  context: AdminContext,
  wanted: Pick<CreateAccountInput, 'quotaBytes' | 'quotaMessages'>,
): QuotaLimits {
  const fallback = context.defaultQuota();
  const limit = (value: number | undefined, otherwise: number | undefined): number | undefined =>
    value === 0 ? undefined : (value ?? otherwise);
  return {
    bytes: limit(wanted.quotaBytes, fallback.bytes),
    messages: limit(wanted.quotaMessages, fallback.messages),
  };
}

async function refuseTaken(
  context: AdminContext,
  wanted: NewAddress,
  apply: boolean,
): Promise<void> {
  const taken = await context.accounts.find(wanted.canonical);
  if (taken !== undefined) {
    const words = taken.status === 'closed' ? 'was given before and closed' : 'is taken';
    throw new MailError('already-exists', `${wanted.canonical} ${words}; an address is given once`);
  }
  // The store refuses a look-alike when it writes; a dry run has to look for itself.
  if (apply) return;
  const other = (await takenSkeletons(context.accounts, [wanted.skeleton])).get(wanted.skeleton);
  if (other !== undefined) {
    throw new MailError('already-exists', `${wanted.canonical} looks like ${other}`);
  }
}
