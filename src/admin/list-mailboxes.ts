import type { SpecialUse } from '../core/values.ts';
import type { AdminContext } from './admin-context.ts';
import { findAccount } from './find-account.ts';

export interface MailboxSummary {
  readonly name: string;
  readonly specialUse: SpecialUse | null;
  readonly subscribed: boolean;
  readonly selectable: boolean;
  readonly messages: number;
  readonly unseen: number;
  readonly sizeBytes: number;
  readonly uidValidity: number;
  readonly uidNext: number;
}

/** The mailboxes of an account, in order of name. `not-found`. */
export async function listMailboxes(
  context: AdminContext,
  input: { readonly address: string },
): Promise<{ readonly address: string; readonly mailboxes: readonly MailboxSummary[] }> {
  const account = await findAccount(context, input.address);
  const [mailboxes, subscribed] = await Promise.all([
    context.mailboxes.mailboxes(account.id),
    context.mailboxes.subscriptions(account.id),
  ]);
  return {
    address: account.canonical,
    mailboxes: mailboxes.map((mailbox) => ({
      name: mailbox.name,
      specialUse: mailbox.specialUse ?? null,
      subscribed: subscribed.has(mailbox.name),
      selectable: mailbox.selectable,
      messages: mailbox.messages,
      unseen: mailbox.unseen,
      sizeBytes: mailbox.sizeBytes,
      uidValidity: mailbox.uidValidity,
      uidNext: mailbox.uidNext,
    })),
  };
}
