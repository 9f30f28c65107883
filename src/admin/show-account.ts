import type { AuditRecord } from '../store/api.ts';
import { type AccountSummary, summarize } from './account-summary.ts';
import type { AdminContext } from './admin-context.ts';
import { findAccount } from './find-account.ts';

export interface AccountDetails extends AccountSummary {
  readonly usedBytes: number;
  readonly usedMessages: number;
  readonly mailboxes: number;
  /** The newest records, newest first. */
  readonly audit: readonly ShownAudit[];
}
export interface ShownAudit {
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly detail: AuditRecord['detail'];
}

const auditRecordsShown = 10;

/** One account with what it uses and what was done to it. `not-found`. */
export async function showAccount(
  context: AdminContext,
  input: { readonly address: string },
): Promise<AccountDetails> {
  const account = await findAccount(context, input.address);
  const [quota, mailboxes, records] = await Promise.all([
    context.mailboxes.quota(account.id),
    context.mailboxes.mailboxes(account.id),
    context.audit.list({ account: account.id, limit: auditRecordsShown }),
  ]);
  return {
    ...summarize(account),
    usedBytes: quota.usedBytes,
    usedMessages: quota.usedMessages,
    mailboxes: mailboxes.length,
    audit: records.map(({ at, actor, action, detail }) => ({
      at: new Date(at).toISOString(),
      actor,
      action,
      detail,
    })),
  };
}
