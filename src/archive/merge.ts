import type { AccountId, MailboxId, MailboxName } from '../core/values.ts';
import type { SnapshotMailbox } from '../store/api.ts';
import type { ArchivedAccount } from './account-layout.ts';
import type { ArchiveStore, MessageLine } from './api.ts';
import type { ArchiveFolder } from './archive-folder.ts';
import type { LetterReader } from './letter-reader.ts';
import { LineBatch } from './line-batch.ts';
import { presentMessages } from './present-messages.ts';
import type { RestoredStep } from './restore-account.ts';

export interface MergeTarget {
  readonly id: AccountId;
  /** Mailboxes come below this name. */
  readonly under: MailboxName | undefined;
}

/** Messages of an archived account into one that has mail of its own, as new ones; those that are there are skipped. */
export async function* merge(
  store: ArchiveStore,
  folder: ArchiveFolder,
  letters: LetterReader,
  { account: { canonical }, layout, messages }: ArchivedAccount,
  { id, under }: MergeTarget,
): AsyncGenerator<RestoredStep, void, void> {
  const targets = new Map<number, MailboxId>();
  for (const mailbox of layout.mailboxes) {
    if (mailbox.selectable) targets.set(mailbox.id, await targetOf(store, id, mailbox, under));
  }
  const isThere = await presentMessages(store, folder, { id, canonical }, { targets, messages });
  let step = { messages: 0, present: 0 };
  const batch = new LineBatch<MessageLine>((mailbox, lines) =>
    letters.use(lines, async (received) => {
      if (received.length === 0) return;
      await store.append(
        id,
        targets.get(mailbox) as MailboxId,
        received.map(([{ flags, internalDate }, content]) => ({ content, flags, internalDate })),
      );
      step.messages += received.length;
    }),
  );
  let number = 0;
  for await (const line of folder.lines(canonical)) {
    if (line.kind !== 'message') continue;
    if (isThere(number++)) step.present++;
    else if (await batch.add(line)) {
      yield step;
      step = { messages: 0, present: 0 };
    }
  }
  await batch.flush();
  yield step;
}

async function targetOf(
  store: ArchiveStore,
  id: AccountId,
  mailbox: SnapshotMailbox,
  under: MailboxName | undefined,
): Promise<MailboxId> {
  const name = (under === undefined ? mailbox.name : `${under}/${mailbox.name}`) as MailboxName;
  const found = await store.findMailbox(id, name);
  if (found?.selectable) return found.id;
  const made = await store.createMailbox(id, name);
  await store.subscribe(id, name, true);
  return made.id;
}
