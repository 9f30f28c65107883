import type { AccountId, MailboxId } from '../core/values.ts';
import type { ArchiveStore, MessageLine } from './api.ts';
import type { ArchiveFolder } from './archive-folder.ts';

/** Identities of messages that are in memory at a time; some 150 octets each. */
const identitiesAtOnce = 50_000;

export interface PresentMessagesOptions {
  /** Where the messages of each archived mailbox come. */
  readonly targets: ReadonlyMap<number, MailboxId>;
  /** Messages in the archive of the account. */
  readonly messages: number;
  readonly atOnce?: number;
  /** Told how many identities a pass held. */
  readonly onPass?: (identities: number) => void;
}

/**
 * Which messages of an archived account are in their target mailboxes already: the same letter with the same date, as
 * many times. Answers a question by the number of the message line, from 0. Memory: one bit a message, and a share of
 * the identities at a time. Each pass takes the letters whose digests fall into its share.
 */
export async function presentMessages(
  store: ArchiveStore,
  folder: ArchiveFolder,
  { id, canonical }: { readonly id: AccountId; readonly canonical: string },
  options: PresentMessagesOptions,
): Promise<(number: number) => boolean> {
  const { targets, messages, atOnce = identitiesAtOnce, onPass } = options;
  const bits = new Uint8Array(Math.ceil(messages / 8));
  const { usedMessages } = await store.quota(id);
  const passes = Math.max(1, Math.ceil(usedMessages / atOnce));
  for (let pass = 0; pass < passes; pass++) {
    const isOfPass = (sha256: string | null | undefined): sha256 is string =>
      typeof sha256 === 'string' && Number.parseInt(sha256.slice(0, 8), 16) % passes === pass;
    const there = await identities(store, id, targets, isOfPass);
    onPass?.(there.size);
    let number = 0;
    for await (const line of folder.lines(canonical)) {
      if (line.kind !== 'message') continue;
      const target = isOfPass(line.sha256) ? targets.get(line.mailbox) : undefined;
      if (target !== undefined && take(there, identity(target, line))) {
        bits[number >>> 3] = (bits[number >>> 3] ?? 0) | (1 << (number & 7));
      }
      number++;
    }
  }
  return (number) => ((bits[number >>> 3] ?? 0) & (1 << (number & 7))) !== 0;
}

/** What the mailboxes hold of a share, and how many times. */
async function identities(
  store: ArchiveStore,
  id: AccountId,
  targets: ReadonlyMap<number, MailboxId>,
  isOfPass: (sha256: string | undefined) => boolean,
): Promise<Map<string, number>> {
  const there = new Map<string, number>();
  const snapshot = await store.upkeep.snapshot(id);
  try {
    for (const mailbox of new Set(targets.values())) {
      for await (const slice of snapshot.messages(mailbox)) {
        for (const message of slice) {
          if (!isOfPass(message.sha256)) continue;
          const key = identity(mailbox, message);
          there.set(key, (there.get(key) ?? 0) + 1);
        }
      }
    }
    return there;
  } finally {
    await snapshot.close();
  }
}

function take(there: Map<string, number>, key: string): boolean {
  const count = there.get(key) ?? 0;
  if (count === 0) return false;
  there.set(key, count - 1);
  return true;
}

function identity(
  mailbox: number,
  {
    sha256,
    internalDate,
  }: Pick<MessageLine, 'internalDate'> & { readonly sha256?: string | null | undefined },
): string {
  return `${mailbox} ${(sha256 ?? '').slice(0, 24)} ${Math.floor(internalDate / 1000)}`;
}
