import type { Account, AccountSnapshot } from '../store/api.ts';
import {
  type AccountLine,
  archiveFormat,
  type ArchiveLine,
  type DeletedLine,
  type DeletedMailboxLine,
  type DeliveryLine,
  type MailboxLine,
  type MessageLine,
  type SubscriptionLine,
  type TombstoneLine,
} from './api.ts';

/** Everything of an account, some hundreds of lines at a time: itself, its mailboxes, and then what is in them. */
export async function* snapshotLines(
  account: Account,
  snapshot: AccountSnapshot,
): AsyncGenerator<readonly ArchiveLine[], void, void> {
  yield headLines(account, snapshot);
  for (const { id: mailbox } of snapshot.mailboxes) {
    for await (const slice of snapshot.messages(mailbox)) {
      yield slice.map(({ sizeBytes: size, sha256 = null, ...message }): MessageLine => ({
        kind: 'message',
        mailbox,
        ...message,
        size,
        sha256,
      }));
    }
    for await (const slice of snapshot.tombstones(mailbox)) {
      yield slice.map((each): TombstoneLine => ({ kind: 'tombstone', mailbox, ...each }));
    }
  }
  for await (const slice of snapshot.deletedMessages()) {
    yield slice.map(({ sizeBytes: size, ...message }): DeletedLine => ({
      kind: 'deleted',
      ...message,
      size,
    }));
  }
  for await (const slice of snapshot.deliveryIds()) {
    yield slice.map(({ deliveryId: id, ...answer }): DeliveryLine => ({
      kind: 'delivery',
      id,
      ...answer,
    }));
  }
}

/** The first lines of an account: itself, its mailboxes and subscriptions. */
function headLines(account: Account, snapshot: AccountSnapshot): ArchiveLine[] {
  const { seq, lastUidValidity, nextMailbox, mailboxes } = snapshot;
  const messages = mailboxes.reduce((sum, mailbox) => sum + mailbox.messages, 0);
  const numbers = { seq, lastUidValidity, nextMailbox, messages };
  return [
    { kind: 'account', format: archiveFormat, ...accountFields(account), ...numbers },
    ...mailboxes.map((mailbox): MailboxLine => ({
      kind: 'mailbox',
      id: mailbox.id,
      name: mailbox.name,
      uidValidity: mailbox.uidValidity,
      uidNext: mailbox.uidNext,
      highestModSeq: mailbox.highestModSeq,
      specialUse: mailbox.specialUse,
      selectable: mailbox.selectable,
      keywords: mailbox.keywords,
      forgottenUpTo: mailbox.forgottenUpTo,
      messages: mailbox.messages,
    })),
    ...snapshot.subscriptions.map((name): SubscriptionLine => ({ kind: 'subscription', name })),
    ...snapshot.deletedMailboxes.map(({ name = null, ...mailbox }): DeletedMailboxLine => ({
      kind: 'deleted-mailbox',
      ...mailbox,
      name,
    })),
  ];
}

/** What an account line says besides the numbers of its snapshot. */
export function accountFields(
  account: Account,
): Omit<AccountLine, 'kind' | 'format' | 'seq' | 'lastUidValidity' | 'nextMailbox' | 'messages'> {
  const { address, canonical, status, credentials, quota, createdAt, owner } = account;
  return {
    address,
    canonical,
    status,
    credentials,
    quota,
    createdAt,
    ...(owner !== undefined && { owner }),
  };
}
