import type { Failure } from '../core/errors.ts';
import type { UidRanges } from '../core/uid-set.ts';
import type {
  AccountId,
  EmailId,
  MailboxId,
  MailboxName,
  ModSeq,
  SpecialUse,
  ThreadId,
  Uid,
} from '../core/values.ts';
import type { MessageIndex, Part } from '../mail/api.ts';
import type { FieldNames } from '../mail/field-choice.ts';
import type { MailboxView } from './mailbox-view.ts';
import type { KeptRecord, RecordStore } from './records.ts';

/**
 * The whole promise of a message store. Each sentence that promises something has a test in
 * `test/store/contract.ts`, which every backend runs. Operations reject with `MailError`:
 * `not-found`, `already-exists`, `over-quota`, `limit`, `unavailable` and `disk-full` where they say so.
 *
 * The rules that hold everywhere:
 * - A promise that resolves speaks of something durable; one that rejects changed nothing.
 * - One account has one commit order. `seq` counts it and is the MODSEQ of all its mailboxes. UID, MODSEQ, counters
 *   and quota become visible together with the message, never before a smaller MODSEQ of the account.
 * - When an operation resolves, the open views of this process already show it.
 */
export interface MailStore extends MailboxStore, MessageStore, ContentStore {
  readonly accounts: AccountStore;
  readonly outbox: OutboxStore;
  readonly audit: AuditStore;
  readonly records: RecordStore;
  readonly upkeep: UpkeepStore;
  /** Finishes what was begun, writes projections, closes. Later calls reject with `unavailable`. */
  close(): Promise<void>;
}

// ---------------------------------------------------------------- accounts

export type AccountStatus = 'active' | 'suspended' | 'closed';

/** How sure the operator is of who owns an account: `official` once its data were confirmed with an EDS. */
export type AccountLevel = 'basic' | 'official';

/** Whose an account is. */
export interface AccountOwner {
  /** Finds the person in the registry; says nothing by itself. Text without a meaning for the store. */
  readonly subject: string;
  readonly level: AccountLevel;
}

export interface Account {
  readonly id: AccountId;
  /** As the owner writes it, for display: `Aigerim@example.kz`. */
  readonly address: string;
  /** The key of look-up: lower case, NFKC, A-label domain; see `src/account/address.ts`. */
  readonly canonical: string;
  readonly status: AccountStatus;
  readonly credentials: Credentials;
  readonly quota: QuotaLimits;
  readonly createdAt: number;
  /** Not there: nobody's of the registry, such as a role of the operator. */
  readonly owner?: AccountOwner;
}

/** Verifiers of one password; never the password. Undefined members: that mechanism cannot be used. */
export interface Credentials {
  /** `scrypt$N$r$p$salt$hash`, see docs/decisions. */
  readonly hash: string | undefined;
  readonly scram: ScramKeys | undefined;
}

/** SCRAM-SHA-256 verifier, RFC 5802 §3: base64 fields. */
export interface ScramKeys {
  readonly salt: string;
  readonly iterations: number;
  readonly storedKey: string;
  readonly serverKey: string;
}

/** Undefined: no limit. */
export interface QuotaLimits {
  readonly bytes: number | undefined;
  readonly messages: number | undefined;
}

export interface NewAccount {
  readonly address: string;
  readonly canonical: string;
  /** Look-alike form, unique over all accounts ever made, closed ones too. */
  readonly skeleton: string;
  readonly credentials: Credentials;
  readonly quota: QuotaLimits;
  /** Active unless it says so: one that is still to be restored begins suspended. */
  readonly status?: AccountStatus;
  /** Milliseconds; now unless it says so: one that comes from another store keeps the moment it was made. */
  readonly createdAt?: number;
  readonly owner?: AccountOwner;
}

export interface AccountChange {
  readonly status?: AccountStatus;
  readonly credentials?: Credentials;
  readonly quota?: QuotaLimits;
  /** From now on; an owner is never taken away. */
  readonly owner?: AccountOwner;
}

export interface AccountStore {
  /**
   * Makes the account with its mailboxes: INBOX and Sent, Drafts, Junk, Trash, Archive, Official with their special
   * uses, all subscribed. `already-exists` when the canonical form or the skeleton was ever given before. The audit
   * record is written in the same commit.
   */
  create(account: NewAccount, audit: AuditEntry): Promise<Account>;
  /** The same for many at once, in few commits; an outcome per account, in order. */
  createMany(
    accounts: readonly NewAccount[],
    audit: AuditEntry,
  ): Promise<readonly (Account | Failure)[]>;
  /** By canonical address; closed accounts are found too. Cheap: asked for at each RCPT. */
  find(canonical: string): Promise<Account | undefined>;
  /** By look-alike form; closed accounts are found too. For whoever asks whether an address can be given. */
  findSkeleton(skeleton: string): Promise<Account | undefined>;
  get(id: AccountId): Promise<Account | undefined>;
  /** In order of canonical address, after the given one. */
  list(options: { readonly after?: string; readonly limit: number }): Promise<readonly Account[]>;
  /** `not-found`; a closed account never changes again: `invalid`. */
  update(id: AccountId, change: AccountChange, audit: AuditEntry): Promise<Account>;
}

/** Who did what, to which account, why. Never holds a password or an identity number. */
export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}
export interface AuditRecord extends AuditEntry {
  readonly id: number;
  readonly at: number;
  readonly account: AccountId | undefined;
}
export interface AuditStore {
  /** Append-only; resolves when durable. */
  append(entry: AuditEntry, account?: AccountId): Promise<void>;
  /** Newest first. */
  list(options: {
    readonly account?: AccountId;
    readonly limit: number;
  }): Promise<readonly AuditRecord[]>;
}

// ---------------------------------------------------------------- mailboxes

export interface Mailbox {
  readonly id: MailboxId;
  readonly name: MailboxName;
  /** Non-zero, 32 bits, greater than any earlier one of the account; kept by RENAME. RFC 9051 §2.3.1.1. */
  readonly uidValidity: number;
  readonly uidNext: Uid;
  readonly highestModSeq: ModSeq;
  readonly specialUse: SpecialUse | undefined;
  /** Exact counters, so that STATUS and LIST-STATUS never look at messages. */
  readonly messages: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly sizeBytes: number;
  readonly deletedBytes: number;
  /** False for a name kept only because it has children: `\Noselect`. RFC 9051 §6.3.5. */
  readonly selectable: boolean;
}

export interface MailboxStore {
  /** All mailboxes, in order of name, with exact counters. */
  mailboxes(account: AccountId): Promise<readonly Mailbox[]>;
  /** Undefined when there is none. INBOX is found in any case, RFC 9051 §5.1. */
  findMailbox(account: AccountId, name: MailboxName): Promise<Mailbox | undefined>;
  /** Subscribed names, of mailboxes that exist or not: DELETE leaves the subscription. RFC 9051 §6.3.7. */
  subscriptions(account: AccountId): Promise<ReadonlySet<MailboxName>>;
  /** Missing superior names are made too. `already-exists`, `limit`. A `\Noselect` name becomes selectable. */
  createMailbox(
    account: AccountId,
    name: MailboxName,
    options?: { readonly specialUse?: SpecialUse },
  ): Promise<Mailbox>;
  /** With children: the name stays as `\Noselect`. `not-found`; INBOX, or `\Noselect` with children: `invalid`. */
  deleteMailbox(account: AccountId, id: MailboxId): Promise<void>;
  /**
   * Children move along, superior names are made; ids and UIDVALIDITY stay. INBOX: its messages move to the new name
   * and INBOX stays, empty. RFC 9051 §6.3.6. `already-exists`, `not-found`.
   */
  renameMailbox(account: AccountId, id: MailboxId, name: MailboxName): Promise<void>;
  subscribe(account: AccountId, name: MailboxName, subscribed: boolean): Promise<void>;
  quota(account: AccountId): Promise<Quota>;
  /**
   * A live view of the mailbox, shared by all who open it; close it to let it go. `not-found`.
   * `onChange` is called after each change of the account (any mailbox), from the store's own turn of the event loop.
   */
  open(account: AccountId, id: MailboxId, onChange?: () => void): Promise<OpenMailbox>;
  /** Calls back after each committed change of the account until the returned function is called. */
  watch(account: AccountId, onChange: () => void): () => void;
}

export interface Quota {
  readonly usedBytes: number;
  readonly usedMessages: number;
  readonly limits: QuotaLimits;
}

export interface OpenMailbox {
  readonly account: AccountId;
  readonly view: MailboxView;
  /**
   * Makes the view show what every process had committed before that time of `performance.now()`. Undefined when it
   * does already. `unavailable`
   */
  showAsOf(time: number): Promise<void> | undefined;
  /** UIDs expunged after `since`. When tombstones were purged: all UIDs below UIDNEXT that are not there. */
  vanishedSince(since: ModSeq): Promise<UidRanges>;
  close(): void;
}

// ---------------------------------------------------------------- messages

/** System flags as bits of `flagBits`, and keywords by name, in the spelling first seen in the mailbox. */
export interface FlagSet {
  readonly system: number;
  readonly keywords: readonly string[];
}

export interface NewMessage {
  readonly content: Content;
  readonly flags: FlagSet;
  /** Milliseconds; kept in whole seconds. */
  readonly internalDate: number;
}

export interface Appended {
  readonly uidValidity: number;
  readonly uids: readonly Uid[];
}

export interface FlagChange {
  readonly mode: 'add' | 'remove' | 'replace';
  readonly flags: FlagSet;
  /** Messages changed after this are left as they are and reported. RFC 7162 §3.1.3. */
  readonly unchangedSince?: ModSeq;
}

export interface FlagsStored {
  /** UIDs that `unchangedSince` kept from changing. */
  readonly modified: UidRanges;
}

export interface Copied {
  readonly uidValidity: number;
  /** Source and destination UIDs, pairwise, in order of source. */
  readonly from: readonly Uid[];
  readonly to: readonly Uid[];
}

export interface MessageStore {
  /** All or nothing. `not-found`, `over-quota`, `limit` (keywords). */
  append(
    account: AccountId,
    mailbox: MailboxId,
    messages: readonly NewMessage[],
  ): Promise<Appended>;
  /** One MODSEQ for all that changed; messages that already are so keep theirs. Missing UIDs are skipped. `limit`. */
  storeFlags(
    account: AccountId,
    mailbox: MailboxId,
    uids: UidRanges,
    change: FlagChange,
  ): Promise<FlagsStored>;
  /** All or nothing; flags and internal dates are kept. Missing UIDs are skipped. `not-found`, `over-quota`. */
  copy(account: AccountId, from: MailboxId, uids: UidRanges, to: MailboxId): Promise<Copied>;
  /** As `copy`, and the sources are gone in the same commit. The target may be the source. */
  move(account: AccountId, from: MailboxId, uids: UidRanges, to: MailboxId): Promise<Copied>;
  /** Removes the messages that have \Deleted at the commit; with `uids` only those among them. */
  expunge(account: AccountId, mailbox: MailboxId, uids?: UidRanges): Promise<UidRanges>;
  /**
   * Takes responsibility for a received message: every delivery and the relay are durable when it resolves. An
   * outcome per delivery, in order. A delivery id that this account took before is not stored twice and answers as
   * the first time. Content is kept once for all recipients. A delivery with a `receipt` brings, in the commit that
   * stores it, an outbox entry of kind `delivered` that tells `sender` of it; one that is not stored, or was before,
   * does not.
   */
  accept(
    content: Content,
    deliveries: readonly Delivery[],
    relay?: Relay,
    sender?: Envelope,
  ): Promise<readonly DeliveryOutcome[]>;
  /** Those of the ids that the account took as `lasting` ones: what an import need not read again. */
  delivered(account: AccountId, deliveryIds: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * What was rendered at delivery, in order of `emails`; undefined for one that is no longer kept. With `fields` a
   * header is what `FieldChoice` makes of it.
   */
  describe(
    account: AccountId,
    emails: readonly EmailId[],
    want: readonly Rendering[],
    fields?: FieldNames,
  ): Promise<readonly (Description | undefined)[]>;
  /** The content of a message, also of one that was expunged less than the tombstone time ago. */
  content(account: AccountId, email: EmailId): Promise<StoredContent | undefined>;
  /** Small contents (up to `inlineBodyBytes`) of many messages in one read; larger ones answer undefined `bytes`. */
  contents(
    account: AccountId,
    emails: readonly EmailId[],
  ): Promise<readonly (ReadContent | undefined)[]>;
  /**
   * Which messages may hold a text in their header or body, by an index that follows the commits: rules out most of
   * those that do not, without looking at each. `needle` is folded with `foldCase`; texts are those of
   * `src/mail/search-text.ts`. Undefined: the needle is too short (below three characters) to tell. Never waits for
   * the index and does not fail with it. To be asked after the messages are visible.
   */
  findText(account: AccountId, part: TextPart, needle: string): Promise<TextMatcher | undefined>;
  /**
   * Compares texts that the index keeps, for each email of the account in order: true, it holds the text; false, it
   * does not; undefined, the message itself is to be looked at (it is not indexed yet, or its text is very long).
   */
  compareTexts(
    account: AccountId,
    emails: readonly EmailId[],
    text: TextLookup,
  ): Promise<readonly (boolean | undefined)[]>;
}

export type TextPart = 'header' | 'body';

/** A text to look for. */
export interface TextLookup {
  readonly part: TextPart;
  /** Of the header, the values of the fields with this name, in small letters; undefined: every field as a line. */
  readonly field: string | undefined;
  /** Folded with `foldCase`. */
  readonly needle: string;
}

/** False only for a message without the text, true only for one that holds it, undefined where that is not known. */
export type TextMatcher = (email: EmailId) => boolean | undefined;

export interface Delivery {
  readonly account: AccountId;
  readonly mailbox: MailboxId;
  /** 16 octets, base64url; the same for a retry of the same delivery. */
  readonly deliveryId: string;
  /**
   * True: the id is remembered as long as the account, in the commit of the message (an import that may be given again
   * at any time); else as long as a retry may come. The two kinds of ids do not know each other.
   */
  readonly lasting?: boolean;
  readonly flags: FlagSet;
  readonly internalDate: number;
  /** The recipient as the envelope named it, when the sender asked to be told of the success. RFC 3461 §4.1. */
  readonly receipt?: EnvelopeRecipient;
}

export type DeliveryOutcome =
  | {
      readonly status: 'stored';
      readonly duplicate: boolean;
      readonly uidValidity: number;
      readonly uid: Uid;
    }
  | { readonly status: 'failed'; readonly failure: Failure };

/** What a letter's notifications need of its MailTransaction. DSN parameters as received, RFC 3461 §4. */
export interface Envelope {
  readonly reversePath: string;
  readonly envelopeId: string | undefined;
  readonly returnContent: 'FULL' | 'HDRS' | undefined;
  readonly smtpUtf8: boolean;
}
/** Recipients elsewhere. RFC 5321 §3.6. */
export interface Relay extends Envelope {
  readonly relayId: string;
  readonly recipients: readonly EnvelopeRecipient[];
  readonly account: AccountId | undefined;
}
export interface EnvelopeRecipient {
  readonly forwardPath: string;
  readonly notify: readonly string[] | undefined;
  readonly originalRecipient: string | undefined;
}

export type Rendering =
  'envelope' | 'bodyStructure' | 'body' | 'header' | 'parts' | 'preview' | 'sentAt' | 'thread';

/** Only what was asked for is there. */
export interface Description {
  readonly envelope?: string;
  readonly envelopeUtf8?: string | undefined;
  readonly bodyStructure?: string;
  readonly bodyStructureUtf8?: string | undefined;
  readonly body?: string;
  readonly bodyUtf8?: string | undefined;
  /** The header block with its empty line, as received; or the fields of it that were asked for. */
  readonly header?: Uint8Array;
  readonly parts?: Part;
  readonly preview?: string;
  readonly sentAt?: number | undefined;
  readonly thread?: ThreadId;
}

export interface StoredContent {
  readonly sizeBytes: number;
  /** The bytes as received, without copying more than `length` into memory; short only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
}
export interface ReadContent {
  readonly sizeBytes: number;
  readonly parts: Part;
  readonly bytes: Uint8Array | undefined;
}

// ---------------------------------------------------------------- content

export interface ContentStore {
  /** Bodies up to this many octets are read whole; larger ones are streamed. */
  readonly inlineBodyBytes: number;
  /** Starts to take a message's octets; they are indexed and digested as they come, in bounded memory. */
  receive(): ContentWriter;
}

export interface ContentWriter {
  /**
   * Takes the octets (which stay the caller's). A returned promise asks to wait before the next call; when it rejects
   * the caller ends with `abort`.
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** The whole message; not yet durable, `accept` and `append` make it so. When it rejects the octets are forgotten. */
  finish(): Promise<Content>;
  /** Forgets the octets. */
  abort(): Promise<void>;
}

/** A received message on its way into mailboxes. Release it in the end, whether it was stored or not. */
export interface Content {
  readonly sizeBytes: number;
  /** SHA-256 of the octets, hex. */
  readonly sha256: string;
  readonly index: MessageIndex;
  release(): Promise<void>;
}

// ---------------------------------------------------------------- outbox

export interface OutboxStore {
  /** Entries whose time has come, each leased until `leaseUntil` so that nobody else sends it. */
  claim(now: number, leaseUntil: number, limit: number): Promise<readonly OutboxEntry[]>;
  /** Keeps what is still to be sent with its next time; without recipients left the entry ends. */
  settle(id: string, left: readonly EnvelopeRecipient[], nextAttemptAt: number): Promise<void>;
  count(): Promise<number>;
  /** Calls back when `accept` may have added an entry. */
  onAdded(callback: () => void): void;
}
export interface OutboxEntry extends Envelope {
  readonly id: string;
  /** `relay`: a letter to send on. `delivered`: the sender is to be told that these recipients have it. */
  readonly kind: 'relay' | 'delivered';
  readonly recipients: readonly EnvelopeRecipient[];
  /** Who submitted the letter. */
  readonly account: AccountId | undefined;
  readonly attempts: number;
  readonly acceptedAt: number;
  readonly content: StoredContent;
}

// ---------------------------------------------------------------- upkeep: snapshots, restore, undelete, checks

/** What backups, checks and repairs are made of. All of it runs beside the mail, in bounded slices and memory. */
export interface UpkeepStore {
  /** Of this store and no other, as long as it lives. */
  readonly storeId: string;
  /** Two equal numbers: the mail of the account did not change in between. `not-found` */
  changeNumber(account: AccountId): Promise<ModSeq>;
  /** The account as of one commit, whatever is committed while it is read. Close it soon. `not-found` */
  snapshot(account: AccountId): Promise<AccountSnapshot>;

  /**
   * Gives an account without any messages the mailboxes, subscriptions and numbers of a snapshot (its own change number may
   * be higher in the end), and marks it as being restored from `source`. 'resumed' when it was so already. `already-exists`: it has or had messages, or is being
   * restored from another source. To be called for an account that nobody can use yet: `in-use` when a mailbox is open.
   */
  beginRestore(
    account: AccountId,
    source: string,
    layout: AccountLayout,
  ): Promise<'begun' | 'resumed'>;
  /**
   * Adds messages with their UIDs, flags, dates and MODSEQ, all or nothing; answers how many: those whose UID is
   * there are skipped. Quota is not asked. `invalid`: the account is not being restored, or the layout has no such UID.
   */
  restoreMessages(
    account: AccountId,
    mailbox: MailboxId,
    messages: readonly RestoredMessage[],
  ): Promise<number>;
  /** The same for tombstones; they answer VANISHED, and can be undeleted only with `restoreDeleted`. */
  restoreTombstones(
    account: AccountId,
    mailbox: MailboxId,
    tombstones: readonly Tombstone[],
  ): Promise<void>;
  /**
   * The same for deleted messages, of mailboxes that are there and of deleted ones: they can be undeleted as long as
   * they could have been before. Those that are there are skipped; answers how many came. `invalid`: the layout knows
   * neither such a mailbox nor such a deleted one.
   */
  restoreDeleted(account: AccountId, messages: readonly RestoredDeleted[]): Promise<number>;
  /** Remembers delivery ids with their answers, in this order; those that are known are skipped. */
  restoreDeliveryIds(account: AccountId, ids: readonly TakenDeliveryId[]): Promise<void>;
  /** Takes the mark off: the account is like any other. */
  finishRestore(account: AccountId): Promise<void>;

  /** The audit log after that id, oldest first, some hundreds at a time. */
  auditRecords(after: number): AsyncGenerator<readonly AuditRecord[], void, void>;
  /**
   * Adds records of another store's log, in order of their ids, with their times; `detail` says `restoredFrom` and
   * `restoredId`. Those up to the last that was taken from that store are skipped; answers how many came.
   */
  restoreAudit(storeId: string, records: readonly AuditRecord[]): Promise<number>;

  /**
   * Records of all kinds, some at a time, in an order that is the same in every store. Each as it was at some moment
   * meanwhile.
   */
  records(): AsyncGenerator<readonly KeptRecord[], void, void>;
  /**
   * Adds records with their versions; those whose kind and key are there are left as they are. Answers how many came.
   * `invalid`, `limit`: one of them is none; then none comes.
   */
  restoreRecords(records: readonly KeptRecord[]): Promise<number>;

  /** What waits in the outbox, leased or not, one by one; what is settled in the meantime may be left out. */
  outboxEntries(): AsyncGenerator<KeptOutboxEntry, void, void>;
  /** Adds an entry. False: one with its key is there, or was restored at any time and has ended. */
  restoreOutboxEntry(entry: RestoredOutboxEntry): Promise<boolean>;

  /** Messages that were expunged, or whose mailbox was deleted, less than the tombstone time ago; not moved ones. */
  deletedMessages(account: AccountId): AsyncGenerator<readonly DeletedMessage[], void, void>;
  /**
   * Brings them into a mailbox with new UIDs, without \Deleted, all or nothing; they are not deleted messages any
   * more, and those that are not (or no longer) are skipped. Answers how many came. `not-found`, `over-quota`, `limit`.
   */
  undelete(account: AccountId, messages: readonly DeletedMessage[], to: MailboxId): Promise<number>;

  /**
   * Holds an account against every promise: counters, quota, UIDs, MODSEQ, keywords, tombstones, identities, links,
   * and each letter's octets against its digest and renderings. `not-found`
   */
  checkAccount(account: AccountId): AsyncGenerator<CheckStep, void, void>;
  /** What belongs to no account: the files themselves, projections, what nobody uses, accounts without a head. */
  checkStore(): AsyncGenerator<CheckStep, void, void>;
  /** Makes a projection again, in one commit. False when it cannot: what is true (octets, UIDs, flags) is never touched. */
  repair(finding: Finding): Promise<boolean>;
  /**
   * Projections kept apart for the whole store (an index of texts in files of its own): checked with the store, made again
   * as a whole. One that is kept account by account is checked with the account.
   */
  readonly projections: Projection[];
}

export interface AccountLayout {
  readonly seq: ModSeq;
  readonly lastUidValidity: number;
  readonly nextMailbox: number;
  readonly mailboxes: readonly SnapshotMailbox[];
  readonly subscriptions: readonly MailboxName[];
  /** Those that deleted messages were in. */
  readonly deletedMailboxes: readonly DeletedMailbox[];
}
export interface DeletedMailbox {
  readonly id: MailboxId;
  /** Undefined when it is not known any more. */
  readonly name: MailboxName | undefined;
  readonly keywords: readonly string[];
  readonly deletedAt: number;
}
export interface SnapshotMailbox extends Mailbox {
  /** All that the mailbox ever knew, in order. */
  readonly keywords: readonly string[];
  /** Expunges up to this are no longer known one by one. */
  readonly forgottenUpTo: ModSeq;
}
export interface AccountSnapshot extends AccountLayout {
  /** In order of UID, some hundreds at a time. */
  messages(mailbox: MailboxId): AsyncGenerator<readonly SnapshotMessage[], void, void>;
  /** In order of MODSEQ. */
  tombstones(mailbox: MailboxId): AsyncGenerator<readonly Tombstone[], void, void>;
  /**
   * What `UpkeepStore.deletedMessages` tells of, but for those with less than a day left: they could be gone before
   * their letters are read.
   */
  deletedMessages(): AsyncGenerator<readonly SnapshotDeleted[], void, void>;
  /** Delivery ids that the account still knows, each kind in the order it was taken. */
  deliveryIds(): AsyncGenerator<readonly TakenDeliveryId[], void, void>;
  close(): Promise<void>;
}
export interface KeptMessage {
  readonly uid: Uid;
  readonly modSeq: ModSeq;
  readonly flags: FlagSet;
  /** Milliseconds, whole seconds. */
  readonly internalDate: number;
  /** When it came into the mailbox, RFC 8514; milliseconds. */
  readonly savedAt: number;
}
export interface SnapshotMessage extends KeptMessage {
  readonly sizeBytes: number;
  readonly email: EmailId;
  /** Hex; undefined when the store has lost the content. */
  readonly sha256: string | undefined;
}
export interface RestoredMessage extends KeptMessage {
  readonly content: Content;
}
/** A message of a mailbox, or of a deleted one, that can be undeleted. */
export interface KeptDeleted {
  readonly mailbox: MailboxId;
  readonly uid: Uid;
  /** Of the expunge; 0 for a message of a deleted mailbox. */
  readonly modSeq: ModSeq;
  readonly deletedAt: number;
  /** As they were; \Deleted among them. */
  readonly flags: FlagSet;
  readonly internalDate: number;
}
export interface SnapshotDeleted extends KeptDeleted {
  readonly sizeBytes: number;
  readonly email: EmailId;
  readonly sha256: string;
}
export interface RestoredDeleted extends KeptDeleted {
  readonly content: Content;
}
/** A delivery that was taken, and the answer a repetition gets. */
export interface TakenDeliveryId {
  readonly deliveryId: string;
  readonly lasting: boolean;
  readonly uidValidity: number;
  readonly uid: Uid;
}

interface OutboxEntryFacts extends Envelope {
  readonly kind: OutboxEntry['kind'];
  /** What a repeated submission is known by, in whichever store. */
  readonly key: string;
  readonly recipients: readonly EnvelopeRecipient[];
  readonly account: AccountId | undefined;
  readonly attempts: number;
  readonly acceptedAt: number;
  readonly nextAttemptAt: number;
}
export interface KeptOutboxEntry extends OutboxEntryFacts {
  readonly content: StoredContent;
  readonly sha256: string;
}
export interface RestoredOutboxEntry extends OutboxEntryFacts {
  readonly content: Content;
}

export interface Tombstone {
  readonly uid: Uid;
  readonly modSeq: ModSeq;
  readonly deletedAt: number;
}

export interface DeletedMessage {
  readonly mailbox: MailboxId;
  /** As it is called now, or was when it was deleted; undefined when that is not known. */
  readonly mailboxName: MailboxName | undefined;
  readonly mailboxDeleted: boolean;
  readonly uid: Uid;
  /** Of the expunge; 0 for a message of a deleted mailbox. */
  readonly modSeq: ModSeq;
  readonly deletedAt: number;
  readonly email: EmailId;
  readonly sizeBytes: number;
}

export interface CheckStep {
  /** How much was looked at since the last step. */
  readonly messages: number;
  readonly bytes: number;
  readonly findings: readonly Finding[];
}
export interface Finding {
  readonly kind:
    | 'counters'
    | 'uid'
    | 'modseq'
    | 'keywords'
    | 'tombstone'
    | 'account'
    | 'content'
    | 'octets'
    | 'renderings'
    | 'link'
    | 'identity'
    | 'database'
    | 'projection'
    /** No damage: what the collector, or nobody, will remove. */
    | 'garbage';
  /** For people: what should be, and what is. Never of a letter's text. */
  readonly detail: string;
  /** Whether `repair` can make it right. */
  readonly repairable: boolean;
  readonly account?: AccountId;
  readonly mailbox?: MailboxId;
  readonly uid?: Uid;
  readonly email?: EmailId;
  /** Of `kind` 'projection': which. */
  readonly projection?: string;
}

/** Of the whole store. */
export interface Projection {
  readonly name: string;
  /** Findings of kind 'projection' with this name. */
  check(): AsyncIterable<CheckStep>;
  rebuild(): Promise<void>;
}
