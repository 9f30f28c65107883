import { MailError } from '../core/errors.ts';
import type { AccountStatus } from '../store/api.ts';
import type { AdminContext } from './admin-context.ts';
import { findAccount } from './find-account.ts';

export interface StatusInput {
  readonly address: string;
  /** Why; kept in the audit record. */
  readonly reason?: string | undefined;
  readonly apply: boolean;
}

export interface StatusChanged {
  readonly applied: boolean;
  readonly address: string;
  readonly before: AccountStatus;
  readonly after: AccountStatus;
}

/** No login and no new letters, until it is resumed. `not-found`, `invalid` for a closed one. */
export function suspendAccount(context: AdminContext, input: StatusInput): Promise<StatusChanged> {
  return setStatus(context, input, 'suspended', 'account.suspend');
}

/** Ends a suspension. `not-found`, `invalid` for a closed one. */
export function resumeAccount(context: AdminContext, input: StatusInput): Promise<StatusChanged> {
  return setStatus(context, input, 'active', 'account.resume');
}

/** For good: the address is never given again. Its mail is kept. `not-found`, `invalid` when it is closed already. */
export function closeAccount(context: AdminContext, input: StatusInput): Promise<StatusChanged> {
  return setStatus(context, input, 'closed', 'account.close');
}

async function setStatus(
  context: AdminContext,
  input: StatusInput,
  after: AccountStatus,
  action: string,
): Promise<StatusChanged> {
  const account = await findAccount(context, input.address);
  const before = account.status;
  if (before === 'closed') {
    throw new MailError('invalid', `${account.canonical} is closed and never changes again`);
  }
  const changed = { applied: input.apply, address: account.canonical, before, after };
  // Already so: nothing to do, and nothing to record.
  if (!input.apply || before === after) return changed;
  const { reason } = input;
  const audit = {
    actor: context.actor,
    action,
    ...(reason !== undefined && { detail: { reason } }),
  };
  await context.accounts.update(account.id, { status: after }, audit);
  if (after !== 'active') context.endSessions(account.id);
  return changed;
}
