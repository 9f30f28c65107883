import { MailError } from '../core/errors.ts';
import type { MailboxId, MailboxName, ModSeq, SpecialUse, Uid } from '../core/values.ts';
import type { AccountLayout } from '../store/api.ts';
import type { AccountLine, DeletedMailboxLine, MailboxLine, SubscriptionLine } from './api.ts';
import type { ArchiveFolder } from './archive-folder.ts';

export interface ArchivedAccount {
  readonly account: AccountLine;
  readonly layout: AccountLayout;
  readonly messages: number;
}

/** Everything of an account but its messages; its file is read to the end, so that it is known to be whole. `invalid` */
export async function readAccount(
  folder: ArchiveFolder,
  canonical: string,
): Promise<ArchivedAccount> {
  let account: AccountLine | undefined;
  const mailboxes: MailboxLine[] = [];
  const subscriptions: SubscriptionLine[] = [];
  const deleted: DeletedMailboxLine[] = [];
  let messages = 0;
  for await (const line of folder.lines(canonical)) {
    if (line.kind === 'account') account = line;
    else if (line.kind === 'mailbox') mailboxes.push(line);
    else if (line.kind === 'subscription') subscriptions.push(line);
    else if (line.kind === 'deleted-mailbox') deleted.push(line);
    else if (line.kind === 'message') messages++;
  }
  if (account === undefined) throw new MailError('invalid', `${canonical}: no account line`);
  const layout: AccountLayout = {
    seq: account.seq as ModSeq,
    lastUidValidity: account.lastUidValidity,
    nextMailbox: account.nextMailbox,
    subscriptions: subscriptions.map(({ name }) => name as MailboxName),
    mailboxes: mailboxes.map((line) => ({
      id: line.id as MailboxId,
      name: line.name as MailboxName,
      uidValidity: line.uidValidity,
      uidNext: line.uidNext as Uid,
      highestModSeq: line.highestModSeq as ModSeq,
      specialUse: line.specialUse as SpecialUse | undefined,
      selectable: line.selectable,
      keywords: line.keywords,
      forgottenUpTo: line.forgottenUpTo as ModSeq,
      messages: line.messages,
      unseen: 0,
      deleted: 0,
      sizeBytes: 0,
      deletedBytes: 0,
    })),
    deletedMailboxes: deleted.map(({ id, name, keywords, deletedAt }) => ({
      id: id as MailboxId,
      name: (name ?? undefined) as MailboxName | undefined,
      keywords,
      deletedAt,
    })),
  };
  return { account, layout, messages };
}
