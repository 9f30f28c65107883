import { MailError } from '../core/errors.ts';
import type { AdminContext } from './admin-context.ts';
import { findAccount } from './find-account.ts';

export interface QuotaShown {
  readonly address: string;
  readonly usedBytes: number;
  readonly usedMessages: number;
  /** Null: no limit. */
  readonly quotaBytes: number | null;
  readonly quotaMessages: number | null;
}

export interface SetQuotaInput {
  readonly address: string;
  /** Null takes the limit away, undefined leaves it. */
  readonly bytes?: number | null | undefined;
  readonly messages?: number | null | undefined;
  readonly apply: boolean;
}

/** What an account uses and may use. `not-found`. */
export async function getQuota(
  context: AdminContext,
  input: { readonly address: string },
): Promise<QuotaShown> {
  const account = await findAccount(context, input.address);
  const { usedBytes, usedMessages, limits } = await context.mailboxes.quota(account.id);
  return {
    address: account.canonical,
    usedBytes,
    usedMessages,
    quotaBytes: limits.bytes ?? null,
    quotaMessages: limits.messages ?? null,
  };
}

/** Changes what an account may use. A limit below its use stops new letters and keeps the old. `not-found`, `invalid`. */
export async function setQuota(
  context: AdminContext,
  input: SetQuotaInput,
): Promise<QuotaShown & { readonly applied: boolean }> {
  const account = await findAccount(context, input.address);
  if (account.status === 'closed') {
    throw new MailError('invalid', `${account.canonical} is closed and never changes again`);
  }
  const chosen = (
    wanted: number | null | undefined,
    now: number | undefined,
  ): number | undefined => (wanted === undefined ? now : (wanted ?? undefined));
  const quota = {
    bytes: chosen(input.bytes, account.quota.bytes),
    messages: chosen(input.messages, account.quota.messages),
  };
  if (input.apply) {
    const detail = { bytes: quota.bytes ?? 'none', messages: quota.messages ?? 'none' };
    const audit = { actor: context.actor, action: 'account.quota', detail };
    await context.accounts.update(account.id, { quota }, audit);
  }
  const shown = await getQuota(context, { address: account.canonical });
  return {
    ...shown,
    quotaBytes: quota.bytes ?? null,
    quotaMessages: quota.messages ?? null,
    applied: input.apply,
  };
}
