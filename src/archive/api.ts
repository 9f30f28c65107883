import type { AccountStatus, Credentials, FlagSet, MailStore, QuotaLimits } from '../store/api.ts';

/*
 * A backup is a folder that any program can read; docs/backup.md describes it:
 *   backup.json                  what and when, and whether it is complete
 *   accounts/<address>.jsonl     an account as of one commit, one JSON value a line, the last with the digest of all before
 *   letters/ab/<sha256>.eml      each letter's octets as received, once
 * A file has its name only when it is whole and on the disk.
 */
export const archiveFormat = 1;

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
  readonly format: typeof archiveFormat;
  /** 'complete' only when everything below is on the disk. */
  readonly state: 'running' | 'complete';
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** Address when it was asked for one account; the others in the folder are older. */
  readonly account?: string;
  /** Files of accounts in the folder, when it was complete. */
  readonly accounts?: number;
  /** Letters that could not be read whole, and are not in the backup. */
  readonly damaged?: number;
}

export interface AccountLine {
  readonly kind: 'account';
  readonly format: typeof archiveFormat;
  readonly address: string;
  readonly canonical: string;
  readonly status: AccountStatus;
  readonly credentials: Credentials;
  readonly quota: QuotaLimits;
  readonly createdAt: number;
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
export interface EndLine {
  readonly kind: 'end';
  readonly lines: number;
  /** Of all octets before this line. */
  readonly sha256: string;
}
export type ArchiveLine =
  AccountLine | MailboxLine | SubscriptionLine | MessageLine | TombstoneLine | EndLine;

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
