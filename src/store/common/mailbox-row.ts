import type { MailboxId, MailboxName, ModSeq, SpecialUse, Uid } from '../../core/values.ts';
import type { Mailbox } from '../api.ts';

/** A mailbox as its row holds it. */
export interface MailboxRow {
  readonly m: number;
  readonly name: string;
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly modSeq: number;
  readonly total: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly bytes: number;
  readonly deletedBytes: number;
  readonly use: SpecialUse | null;
  readonly selectable: boolean;
  readonly keywords: readonly string[];
  readonly vanFloor: number;
}

/** A mailbox as the API shows it. */
export function mailboxFrom(row: MailboxRow): Mailbox {
  return {
    id: row.m as MailboxId,
    name: row.name as MailboxName,
    uidValidity: row.uidValidity,
    uidNext: row.uidNext as Uid,
    highestModSeq: row.modSeq as ModSeq,
    specialUse: row.use ?? undefined,
    messages: row.total,
    unseen: row.unseen,
    deleted: row.deleted,
    sizeBytes: row.bytes,
    deletedBytes: row.deletedBytes,
    selectable: row.selectable,
  };
}
