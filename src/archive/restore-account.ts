import type { AccountId, MailboxId, ModSeq, Uid } from '../core/values.ts';
import type {
  ArchiveLine,
  ArchiveStore,
  DeletedLine,
  DeliveryLine,
  MessageLine,
  TombstoneLine,
} from './api.ts';
import type { LetterReader } from './letter-reader.ts';
import { LineBatch } from './line-batch.ts';

const linesAtOnce = 500;

/** What one step of a restore did to messages. */
export interface RestoredStep {
  readonly messages: number;
  /** Those that were there. */
  readonly present: number;
}

/**
 * Everything of an account into the one that `beginRestore` was called for, with all its numbers: messages, tombstones,
 * deleted messages, delivery ids. What is there is skipped.
 */
export async function* restoreAccount(
  store: ArchiveStore,
  id: AccountId,
  lines: AsyncIterable<ArchiveLine>,
  letters: LetterReader<MessageLine | DeletedLine>,
): AsyncGenerator<RestoredStep, void, void> {
  let step = { messages: 0, present: 0 };
  const taken = (): RestoredStep => {
    const done = step;
    step = { messages: 0, present: 0 };
    return done;
  };
  const messages = new LineBatch<MessageLine>((mailbox, lines) =>
    letters.use(lines, async (received) => {
      const added = await store.upkeep.restoreMessages(
        id,
        mailbox as MailboxId,
        received.map(([line, content]) => ({ ...keptFrom(line), savedAt: line.savedAt, content })),
      );
      step.messages += added;
      step.present += received.length - added;
    }),
  );
  const deleted = new LineBatch<DeletedLine>((mailbox, lines) =>
    letters.use(lines, async (received) => {
      await store.upkeep.restoreDeleted(
        id,
        received.map(([line, content]) => ({
          ...keptFrom(line),
          mailbox: mailbox as MailboxId,
          deletedAt: line.deletedAt,
          content,
        })),
      );
    }),
  );
  let tombstones: TombstoneLine[] = [];
  let deliveries: DeliveryLine[] = [];
  const bury = async (): Promise<void> => {
    const lines = tombstones;
    tombstones = [];
    const [first] = lines;
    if (first !== undefined) await restoreTombstones(store, id, first.mailbox, lines);
  };
  const remember = async (): Promise<void> => {
    const lines = deliveries;
    deliveries = [];
    if (lines.length > 0) await restoreDeliveryIds(store, id, lines);
  };
  for await (const line of lines) {
    if (line.kind === 'message') {
      if (await messages.add(line)) yield taken();
    } else if (line.kind === 'deleted') {
      if (await deleted.add(line)) yield taken();
    } else if (line.kind === 'tombstone') {
      if (tombstones.length >= linesAtOnce || tombstones[0]?.mailbox !== line.mailbox) await bury();
      tombstones.push(line);
    } else if (line.kind === 'delivery') {
      if (deliveries.length >= linesAtOnce) await remember();
      deliveries.push(line);
    }
  }
  await messages.flush();
  await bury();
  await deleted.flush();
  await remember();
  yield taken();
}

function keptFrom({ uid, modSeq, flags, internalDate }: MessageLine | DeletedLine): {
  readonly uid: Uid;
  readonly modSeq: ModSeq;
  readonly flags: MessageLine['flags'];
  readonly internalDate: number;
} {
  return { uid: uid as Uid, modSeq: modSeq as ModSeq, flags, internalDate };
}

function restoreTombstones(
  store: ArchiveStore,
  id: AccountId,
  mailbox: number,
  lines: readonly TombstoneLine[],
): Promise<void> {
  return store.upkeep.restoreTombstones(
    id,
    mailbox as MailboxId,
    lines.map(({ uid, modSeq, deletedAt }) => ({
      uid: uid as Uid,
      modSeq: modSeq as ModSeq,
      deletedAt,
    })),
  );
}

function restoreDeliveryIds(
  store: ArchiveStore,
  id: AccountId,
  lines: readonly DeliveryLine[],
): Promise<void> {
  return store.upkeep.restoreDeliveryIds(
    id,
    lines.map((line) => ({
      deliveryId: line.id,
      lasting: line.lasting,
      uidValidity: line.uidValidity,
      uid: line.uid as Uid,
    })),
  );
}
