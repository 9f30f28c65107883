import type { Flags } from '../common/flag-bits.ts';
import type { Letter, LetterBrief } from '../common/letter-row.ts';
import type { MailboxRow } from '../common/mailbox-row.ts';
import type { IdRange } from '../common/record-range.ts';
import type { Failure } from '../../core/errors.ts';
import type { UidRanges } from '../../core/uid-set.ts';
import type { SpecialUse } from '../../core/values.ts';
import type { FieldNames } from '../../mail/field-choice.ts';
import type { Envelope, EnvelopeRecipient, TextPart } from '../api.ts';
import type { Columns } from '../mailbox-view.ts';
import type { UpkeepReadOps, UpkeepShardOps } from './upkeep-protocol.ts';

/*
 * What the protocol thread and the store's threads say to each other: plain data that a structured clone carries.
 * Names of the members follow schema.ts.
 */

/** Where a content is kept: its shard and its number there. */
export interface ContentPlace {
  readonly s: number;
  readonly c: number;
}

export interface DeliveryRow {
  readonly a: number;
  readonly m: number;
  readonly id: string;
  readonly lasting: boolean;
  readonly flags: Flags;
  /** Seconds. */
  readonly idate: number;
  /** Its sender wants to be told. */
  readonly receipt: EnvelopeRecipient | undefined;
}

export type Outcome =
  | { readonly uidValidity: number; readonly uid: number; readonly duplicate: boolean }
  | { readonly failure: Failure };

/** What a shard's writer does; each is one atomic change, or refused with nothing written. */
export interface ShardOps extends UpkeepShardOps {
  /** Content, its deliveries in this shard, links for accounts elsewhere, and the relay, in one commit. */
  accept: {
    args: {
      readonly letter: Letter;
      readonly deliveries: readonly DeliveryRow[];
      readonly foreign: readonly number[];
      readonly relay: { readonly id: string; readonly json: string } | undefined;
      readonly sender: Envelope | undefined;
    };
    result: { readonly c: number; readonly outcomes: readonly Outcome[] };
  };
  /** Deliveries of a content that another shard holds durably. */
  deliver: {
    args: {
      readonly brief: LetterBrief;
      readonly place: ContentPlace;
      readonly deliveries: readonly DeliveryRow[];
      readonly sender: Envelope | undefined;
    };
    result: readonly Outcome[];
  };
  append: {
    args: {
      readonly a: number;
      readonly m: number;
      readonly messages: readonly {
        readonly letter: Letter;
        readonly flags: Flags;
        readonly idate: number;
      }[];
    };
    result: { readonly uidValidity: number; readonly first: number };
  };
  storeFlags: {
    args: {
      readonly a: number;
      readonly m: number;
      readonly uids: UidRanges;
      readonly mode: 'add' | 'remove' | 'replace';
      readonly flags: Flags;
      readonly unchangedSince: number | undefined;
    };
    result: UidRanges;
  };
  copy: {
    args: {
      readonly a: number;
      readonly from: number;
      readonly to: number;
      readonly uids: UidRanges;
      readonly move: boolean;
    };
    result: { readonly uidValidity: number; readonly from: Uint32Array; readonly first: number };
  };
  expunge: {
    args: { readonly a: number; readonly m: number; readonly uids: UidRanges | undefined };
    result: UidRanges;
  };
  createMailbox: {
    args: { readonly a: number; readonly name: string; readonly use: SpecialUse | undefined };
    result: number;
  };
  deleteMailbox: { args: { readonly a: number; readonly m: number }; result: undefined };
  renameMailbox: {
    args: { readonly a: number; readonly m: number; readonly name: string };
    result: undefined;
  };
  subscribe: {
    args: { readonly a: number; readonly name: string; readonly subscribed: boolean };
    result: undefined;
  };
  /** Makes the heads of accounts with their mailboxes where they are missing, and sets their limits. */
  settleAccounts: { args: { readonly accounts: readonly AccountLimits[] }; result: undefined };
  claim: {
    args: { readonly now: number; readonly leaseUntil: number; readonly limit: number };
    result: readonly OutboxRow[];
  };
  settle: {
    /** `left`: recipients as JSON; '' when there are none. */
    args: { readonly id: string; readonly left: string; readonly nextAt: number };
    result: undefined;
  };
  /** One slice of the collector's work on this shard; see collect.ts. */
  collect: { args: CollectArgs; result: CollectStep };
  /** Removes links of accounts elsewhere that were found to use the content no more. */
  unlink: { args: { readonly links: readonly ContentUse[] }; result: undefined };
}

export interface AccountLimits {
  readonly a: number;
  readonly maxBytes: number | null;
  readonly maxCount: number | null;
}

export interface OutboxRow {
  readonly id: string;
  /** 0 for a receipt: its letter is held by the account that it names. */
  readonly c: number;
  readonly relay: string;
  readonly attempts: number;
  /** Milliseconds. */
  readonly at: number;
}

export interface ContentUse {
  readonly c: number;
  readonly a: number;
}

export type CollectPhase = 'ended' | 'gone' | 'outbox';
export interface CollectArgs {
  readonly phase: CollectPhase;
  /** Where the last slice ended. */
  readonly after: readonly number[];
  /** Seconds: tombstones from before this are forgotten. */
  readonly tombstonesBefore: number;
  /** Seconds: garbage from before this is removed. */
  readonly garbageBefore: number;
}
export interface CollectStep {
  /** Undefined: the phase is done. */
  readonly next: readonly number[] | undefined;
  readonly removed: number;
  /** Emails that an account used for the last time and whose contents other shards hold. */
  readonly unused: readonly { readonly a: number; readonly e: number }[];
}

export interface NewAccountRow {
  readonly address: string;
  readonly canonical: string;
  readonly skeleton: string;
  readonly status: string;
  /** JSON. */
  readonly credentials: string;
  readonly maxBytes: number | null;
  readonly maxCount: number | null;
  /** Milliseconds; null: now. */
  readonly at: number | null;
  readonly subject: string | null;
  readonly level: string | null;
}
export type OwnerColumns = Pick<NewAccountRow, 'subject' | 'level'>;
export interface AccountRow extends Omit<NewAccountRow, 'skeleton' | 'at'> {
  readonly a: number;
  /** Milliseconds. */
  readonly at: number;
}
export interface AuditRow {
  readonly actor: string;
  readonly action: string;
  /** JSON. */
  readonly detail: string | null;
}

/** What the directory's writer does. */
export interface DirectoryOps {
  createAccounts: {
    args: { readonly accounts: readonly NewAccountRow[]; readonly audit: AuditRow };
    result: readonly (AccountRow | Failure)[];
  };
  updateAccount: {
    args: {
      readonly a: number;
      readonly status: string | undefined;
      readonly credentials: string | undefined;
      readonly limits: Omit<AccountLimits, 'a'> | undefined;
      readonly owner: OwnerColumns | undefined;
      readonly audit: AuditRow;
    };
    result: AccountRow;
  };
  settled: { args: { readonly accounts: readonly AccountLimits[] }; result: undefined };
  audit: {
    args: { readonly account: number | undefined; readonly record: AuditRow };
    result: undefined;
  };
  /** Records of another store, by its id; answers how many were not taken before. */
  restoreAudit: {
    args: { readonly store: string; readonly records: readonly AuditLogRow[] };
    result: number;
  };
  /** Stops at the first id that is taken; answers how many came. */
  insertRecords: { args: { readonly records: readonly NewRecordRow[] }; result: number };
  /** Passes over ids that are taken; answers how many came. */
  restoreRecords: { args: { readonly records: readonly RecordRow[] }; result: number };
  replaceRecord: { args: RecordRow; result: boolean };
  removeRecord: { args: Omit<RecordRow, 'value'>; result: boolean };
}
export interface NewRecordRow {
  /** See `recordId`. */
  readonly id: string;
  readonly value: string;
}
export interface RecordRow extends NewRecordRow {
  readonly version: number;
}
export interface AuditLogRow extends AuditRow {
  readonly id: number;
  readonly at: number;
  readonly account: number | null;
}

export type WriteOps = ShardOps & DirectoryOps;

/** The file an operation is for: a shard's number, or this for the directory. */
export const directoryFile = -1;

/** What a reader thread answers. */
export interface ReadOps extends UpkeepReadOps {
  /** Shards that are not to be opened: their writer could not. */
  leaveOut: { args: { readonly shards: readonly number[] }; result: undefined };
  /** An account's mailboxes as of one commit. */
  account: { args: { readonly a: number }; result: AccountSnapshot | undefined };
  /** The quota figures alone: asked for at each RCPT. */
  quota: { args: { readonly a: number }; result: QuotaSnapshot | undefined };
  view: { args: { readonly a: number; readonly m: number }; result: ViewSnapshot | undefined };
  vanished: {
    args: { readonly a: number; readonly m: number; readonly since: number };
    /** Undefined: `since` lies before what is still known. */
    result: Uint32Array | undefined;
  };
  /** Columns of many contents that the account has, read in one go. */
  columns: {
    args: {
      readonly a: number;
      readonly emails: readonly number[];
      readonly columns: readonly ContentColumn[];
      /** Of the column `header`: the fields to give of each header. */
      readonly fields?: FieldNames | undefined;
      /** Whether the conversation of each is asked for. */
      readonly thread?: boolean;
    };
    result: ContentTable;
  };
  /** A content that the account has. */
  content: {
    args: { readonly a: number; readonly e: number };
    result: ContentRow | undefined;
  };
  /** The content at a place, whoever holds it: for the outbox. */
  contentAt: { args: ContentPlace; result: ContentRow | undefined };
  findAccount: { args: { readonly canonical: string }; result: AccountRow | undefined };
  findSkeleton: { args: { readonly skeleton: string }; result: AccountRow | undefined };
  getAccount: { args: { readonly a: number }; result: AccountRow | undefined };
  listAccounts: {
    args: { readonly after: string; readonly limit: number };
    result: readonly AccountRow[];
  };
  unsettled: { args: object; result: readonly AccountLimits[] };
  listAudit: {
    args: { readonly account: number | undefined; readonly limit: number };
    result: readonly AuditLogRow[];
  };
  /** Oldest first. */
  auditAfter: { args: { readonly after: number }; result: readonly AuditLogRow[] };
  getRecord: { args: { readonly id: string }; result: RecordRow | undefined };
  /** Fewer than `limit` also when they are long, but never none that there are. */
  listRecords: {
    args: IdRange & { readonly limit: number; readonly newestFirst: boolean };
    result: readonly RecordRow[];
  };
  /** Those of the ids that the account took as lasting ones. */
  lasting: {
    args: { readonly a: number; readonly ids: readonly string[] };
    result: readonly string[];
  };
  outboxCount: { args: object; result: number };
  /** Which of these digests (hex) are contents kept in files. */
  filesKept: { args: { readonly digests: readonly string[] }; result: readonly string[] };
  /** Links of one shard to accounts elsewhere, older than `before` (seconds), whose account does not use them. */
  strayLinks: {
    args: { readonly s: number; readonly after: readonly number[]; readonly before: number };
    result: { readonly links: readonly ContentUse[]; readonly next: readonly number[] | undefined };
  };
  /** What the search index of each shard knows of an account's texts; `query` as FTS5 takes it. */
  findText: {
    args: { readonly a: number; readonly part: TextPart; readonly query: string };
    result: readonly FoundRows[];
  };
  /** Compares kept texts with a needle; reads a bounded number of octets, and leaves the rest for the next question. */
  compareTexts: {
    args: { readonly text: ComparedText; readonly emails: readonly number[] };
    result: ComparedTexts;
  };
  /** For each shard the number of its next content: all below are committed. */
  nextContents: { args: object; result: readonly number[] };
  /** Whether contents were committed that no index holds yet. */
  textsBehind: { args: object; result: boolean };
  /** Lets go of the search index of a shard, until the next question. */
  closeText: { args: { readonly s: number }; result: undefined };
}

export interface ComparedText {
  readonly part: TextPart;
  /** The value of header fields with this name, in small letters; undefined: the whole part. */
  readonly field: string | undefined;
  /** Case-folded. */
  readonly needle: string;
}

/** What is known of an email's text after a comparison. */
export const verdict = { lacks: 0, holds: 1, unknown: 2, later: 3 } as const;

export interface ComparedTexts {
  /** A `verdict` for each email; `later`: to be asked again. */
  readonly verdicts: Uint8Array;
  /** Shards whose files cannot be read. */
  readonly damaged: readonly number[];
}

export interface FoundRows {
  /** Contents from this number on are not in the index. */
  readonly mark: number;
  readonly emails: Uint32Array;
  /** Emails that every search looks at. */
  readonly always: Uint32Array;
  /** The file cannot be read. */
  readonly damaged: boolean;
}

/** What the index thread does, each for one shard. */
export interface IndexOps {
  /** Contents below `mark` are indexed. */
  index: { args: undefined; result: { readonly more: boolean; readonly mark: number } };
  /** Row numbers travel as text: they are longer than a number can be. */
  sweep: {
    args: { readonly after: string | undefined };
    result: { readonly removed: number; readonly next: string | undefined };
  };
  sweepTexts: {
    args: { readonly after: number };
    result: { readonly next: number | undefined };
  };
  check: {
    args: { readonly after: number | undefined };
    result: {
      readonly missing: number;
      readonly problems: readonly string[];
      readonly next: number | undefined;
    };
  };
  rebuild: { args: undefined; result: undefined };
}

export interface QuotaSnapshot {
  readonly seq: number;
  readonly bytes: number;
  readonly count: number;
  readonly maxBytes: number | null;
  readonly maxCount: number | null;
}
export interface AccountSnapshot extends QuotaSnapshot {
  readonly mailboxes: readonly MailboxRow[];
  readonly subscriptions: readonly string[];
}
export interface ViewSnapshot {
  readonly seq: number;
  readonly mailbox: MailboxRow;
  readonly columns: Columns;
}
export type ContentColumn =
  | 'size'
  | 'envelope'
  | 'envelope8'
  | 'structure'
  | 'structure8'
  | 'body'
  | 'body8'
  | 'parts'
  | 'preview'
  | 'sent'
  | 'header'
  /** Of a header that is too large for a row: the digest of its file in hex, ':' and its length. */
  | 'header_file'
  /** Of a content in a row: all octets. */
  | 'octets';

/**
 * Columns of many contents as octets (numbers as their digits) in one buffer, which moves between threads for the price
 * of one. `ContentRows` reads it.
 */
export interface ContentTable {
  /** The columns of a row in order, one row after another. */
  readonly octets: Uint8Array;
  /** For each email: where its row begins (`absent`: it is not kept), and the length of each column (`absent`: NULL). */
  readonly spans: Uint32Array;
  /** If asked for, the conversation of each email that is kept. */
  readonly threads: readonly (number | undefined)[] | undefined;
}
export const absent = 0xffff_ffff;

export interface ContentRow {
  readonly size: number;
  readonly parts: string;
  /** All octets, or the digest in hex when they are in a file. */
  readonly octets: Uint8Array | string;
}

/** What a commit did to a mailbox's messages, by column; UIDs ascend. */
export type MessageChange =
  | {
      readonly kind: 'added';
      readonly m: number;
      readonly uid: Uint32Array;
      readonly flags: Uint32Array;
      readonly moreFlags: Uint32Array;
      readonly size: Uint32Array;
      readonly internalDate: Uint32Array;
      readonly email: Uint32Array;
    }
  | {
      readonly kind: 'flagged';
      readonly m: number;
      readonly uid: Uint32Array;
      readonly flags: Uint32Array;
      readonly moreFlags: Uint32Array;
    }
  | { readonly kind: 'expunged'; readonly m: number; readonly uid: Uint32Array };

/** What a commit did to an account beyond one message delivered. */
export interface AccountDetail {
  /** Mailboxes that are new or changed, after the change. */
  readonly mailboxes?: readonly MailboxRow[];
  readonly removed?: readonly number[];
  readonly changes?: readonly MessageChange[];
  readonly subscription?: { readonly name: string; readonly subscribed: boolean };
  readonly limits?: { readonly maxBytes: number | null; readonly maxCount: number | null };
}

/**
 * The changes of one commit of a shard, in order. Most are one message delivered to one mailbox, so they travel as
 * numbers: `[deliveredEvent, a, seq, bytes, count, m, uid, f, f2, size, idate, e, total, unseen, deleted, mailbox bytes,
 * deleted bytes]` or `[detailEvent, a, seq, bytes, count, number of the detail]`.
 */
export interface Events {
  readonly numbers: Float64Array;
  readonly details: readonly AccountDetail[];
}
export const deliveredEvent = 1;
export const detailEvent = 2;
export const deliveredEventLength = 17;
export const detailEventLength = 6;

/** How an operation ended, by its number. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure; readonly message: string };

/** To a thread: operations of one turn of the event loop. */
export interface Batch {
  readonly ops: readonly Op[];
}
export interface Op {
  readonly id: number;
  readonly file: number;
  readonly kind: string;
  readonly args: unknown;
  /** Milliseconds, of the store's clock. */
  readonly now: number;
  /** Octets that count towards `groupBytes`. */
  readonly weight: number;
}

/** From a thread: what one commit brought. */
export interface Report {
  readonly answers: readonly Answer[];
  readonly events: Events | undefined;
  /** Files whose logs should be copied into their databases. */
  readonly longLogs?: readonly number[];
  /** For the log: an error that no client caused. */
  readonly trouble?: string;
  /** The file where the error shows that it is damaged. */
  readonly damaged?: FoundDamage | undefined;
}

/** A shard, or `directoryFile`, that was found damaged, and how that showed. */
export interface FoundDamage {
  readonly file: number;
  readonly reason: string;
}

/** The columns of an `AccountRow`. */
export const accountColumns =
  'a, address, canonical, status, credentials, max_bytes AS maxBytes, max_count AS maxCount, at, subject, level';
