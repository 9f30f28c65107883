import type { UidRanges } from '../core/uid-set.ts';
import { type AccountId, inboxName, type MailboxId, type MailboxName } from '../core/values.ts';
import type { DeletedMessage, MailStore } from '../store/api.ts';

export type UndeleteStore = Pick<
  MailStore,
  'upkeep' | 'findMailbox' | 'createMailbox' | 'subscribe'
>;

export interface UndeleteOptions {
  /** Only of this mailbox, by the name it has or had. */
  readonly mailbox?: MailboxName | undefined;
  /** Only what was deleted at or after this, milliseconds. */
  readonly since?: number | undefined;
  readonly uids?: UidRanges | undefined;
  readonly apply: boolean;
}
export interface UndeleteStep {
  readonly messages: readonly DeletedMessage[];
  /** Where they come, or would. */
  readonly to: MailboxName;
}

/** Where messages go whose mailbox has no name any more. */
const lostAndFound = 'Restored' as MailboxName;
const atOnce = 200;

/**
 * Brings deleted messages back into the mailbox they were in, which is made again when it was deleted; step by step,
 * each in one commit. Run again, it finds only what is still deleted. Returns how many there were.
 */
export async function* undelete(
  store: UndeleteStore,
  account: AccountId,
  options: UndeleteOptions,
): AsyncGenerator<UndeleteStep, number, void> {
  const { mailbox, since = 0, uids, apply } = options;
  const targets = new Map<string, MailboxId>();
  let count = 0;
  for await (const slice of store.upkeep.deletedMessages(account)) {
    const wanted = slice.filter(
      (message) =>
        message.deletedAt >= since &&
        (mailbox === undefined || sameName(message.mailboxName, mailbox)) &&
        (uids === undefined || isIn(uids, message.uid)),
    );
    for (let i = 0; i < wanted.length; i += atOnce) {
      const messages = wanted.slice(i, i + atOnce);
      const to = messages[0]?.mailboxName ?? lostAndFound;
      if (apply) {
        let target = targets.get(to);
        target ??= await targetOf(store, account, to);
        targets.set(to, target);
        count += await store.upkeep.undelete(account, messages, target);
      } else count += messages.length;
      yield { messages, to };
    }
  }
  return count;
}

async function targetOf(
  store: UndeleteStore,
  account: AccountId,
  name: MailboxName,
): Promise<MailboxId> {
  const found = await store.findMailbox(account, name);
  if (found?.selectable) return found.id;
  const made = await store.createMailbox(account, name);
  await store.subscribe(account, name, true);
  return made.id;
}

function sameName(one: MailboxName | undefined, other: MailboxName): boolean {
  return one === (other.toUpperCase() === inboxName ? inboxName : other);
}

function isIn(ranges: UidRanges, uid: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (uid >= (ranges[i] as number) && uid <= (ranges[i + 1] as number)) return true;
  }
  return false;
}
