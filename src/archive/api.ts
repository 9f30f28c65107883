import type {
  AccountOwner,
  AccountStatus,
  AuditEntry,
  Credentials,
  EnvelopeRecipient,
  FlagSet,
  MailStore,
  QuotaLimits,
} from '../store/api.ts';

/*
 * A backup is a folder that any program can read; docs/backup.md describes it:
 *   backup.json                  what and when, and whether it is complete
 *   accounts/<address>.jsonl     an account as of one commit, one JSON value a line, the last with the digest of all before
 *   letters/ab/<sha256>.eml      each letter's octets as received, once
 *   records.jsonl                small facts that are no mail: the registry, applications
 *   outbox.jsonl                 what waited to be sent
 *   audit/<number>.jsonl         the audit log, so many records a file
 * A file has its name only when it is whole and on the disk.
 */

/** 1 had neither deleted messages, delivery ids, the outbox nor the audit log; 2 had no records and no owners. */
export const archiveFormats = [1, 2, 3] as const;
export type ArchiveFormat = (typeof archiveFormats)[number];
export const archiveFormat = 3;

/** What archives are made from and restored into. */
export type ArchiveStore = Pick<
  MailStore,
  | 'accounts'
  | 'upkeep'
  | 'receive'
  | 'content'
  | 'append'
  | 'quota'
  | 'mailboxes'
  | 'findMailbox'
  | 'createMailbox'
  | 'subscribe'
>;

export interface BackupFile {
  readonly format: ArchiveFormat;
  /** `UpkeepStore.storeId`: one folder is of one store. */
  readonly store?: string;
  /** 'complete' only when everything below is on the disk. */
  readonly state: 'running' | 'complete';
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** Address when it was asked for one account; the others in the folder are older. */
  readonly account?: string;
  /** Files of accounts in the folder, when it was complete. */
  readonly accounts?: number;
  /** In `records.jsonl`. */
  readonly records?: number;
  /** Letters that could not be read whole, and are not in the backup. */
  readonly damaged?: number;
}

export interface AccountLine {
  readonly kind: 'account';
  readonly format: ArchiveFormat;
  readonly address: string;
  readonly canonical: string;
  readonly status: AccountStatus;
  readonly credentials: Credentials;
  readonly quota: QuotaLimits;
  readonly createdAt: number;
  readonly owner?: AccountOwner | undefined;
  readonly seq: number;
  readonly lastUidValidity: number;
  readonly nextMailbox: number;
  readonly messages: number;
}
export interface MailboxLine {
  readonly kind: 'mailbox';
  readonly id: number;
  readonly name: string;
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly highestModSeq: number;
  readonly specialUse?: string | undefined;
  readonly selectable: boolean;
  readonly keywords: readonly string[];
  readonly forgottenUpTo: number;
  readonly messages: number;
}
export interface SubscriptionLine {
  readonly kind: 'subscription';
  readonly name: string;
}
export interface MessageLine {
  readonly kind: 'message';
  readonly mailbox: number;
  readonly uid: number;
  readonly modSeq: number;
  /** Bits as in `flagBits`, and keywords. */
  readonly flags: FlagSet;
  readonly internalDate: number;
  readonly savedAt: number;
  readonly size: number;
  /** Null: the store had lost the letter. */
  readonly sha256: string | null;
  /** The store's own number of the letter; of no use elsewhere. */
  readonly email: number;
}
export interface TombstoneLine {
  readonly kind: 'tombstone';
  readonly mailbox: number;
  readonly uid: number;
  readonly modSeq: number;
  readonly deletedAt: number;
}
export interface DeletedMailboxLine {
  readonly kind: 'deleted-mailbox';
  readonly id: number;
  /** Null: not known any more. */
  readonly name: string | null;
  readonly keywords: readonly string[];
  readonly deletedAt: number;
}
/** A message that can be undeleted; one of a mailbox that is there has its tombstone too. */
export interface DeletedLine {
  readonly kind: 'deleted';
  readonly mailbox: number;
  readonly uid: number;
  /** Of the expunge; 0 for a message of a deleted mailbox. */
  readonly modSeq: number;
  readonly deletedAt: number;
  readonly flags: FlagSet;
  readonly internalDate: number;
  readonly size: number;
  readonly sha256: string;
  readonly email: number;
}
/** A delivery id with the answer that its repetition gets. */
export interface DeliveryLine {
  readonly kind: 'delivery';
  readonly id: string;
  readonly lasting: boolean;
  readonly uidValidity: number;
  readonly uid: number;
}
export interface RecordLine {
  readonly kind: 'record';
  /** Its kind in the store. */
  readonly of: string;
  readonly key: string;
  readonly version: number;
  readonly value: string;
}
export interface OutboxLine {
  readonly kind: 'relay' | 'delivered';
  readonly key: string;
  readonly reversePath: string;
  readonly recipients: readonly EnvelopeRecipient[];
  readonly envelopeId?: string | undefined;
  readonly returnContent?: 'FULL' | 'HDRS' | undefined;
  readonly smtpUtf8: boolean;
  /** Canonical address of who submitted it. */
  readonly account?: string | undefined;
  readonly attempts: number;
  readonly acceptedAt: number;
  readonly nextAttemptAt: number;
  readonly size: number;
  readonly sha256: string;
}
export interface AuditLine extends AuditEntry {
  readonly kind: 'audit';
  readonly id: number;
  readonly at: number;
  /** Canonical address. */
  readonly account?: string | undefined;
}
export interface EndLine {
  readonly kind: 'end';
  readonly lines: number;
  /** Of all octets before this line. */
  readonly sha256: string;
}
/** Of an account. */
export type ArchiveLine =
  | AccountLine
  | MailboxLine
  | SubscriptionLine
  | DeletedMailboxLine
  | MessageLine
  | TombstoneLine
  | DeletedLine
  | DeliveryLine;
/** A line that names a letter. */
export type LetterLine = MessageLine | DeletedLine | OutboxLine;

/** Where a long operation stands. */
export interface ArchiveProgress {
  readonly account?: string;
  readonly accounts: number;
  readonly messages: number;
  readonly bytes: number;
  /** Of all, as far as it is known. */
  readonly messagesExpected?: number;
  readonly remark?: string;
}
