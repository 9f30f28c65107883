import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hints } from '../../bus/api.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
import { type Log, silentLog } from '../../core/log.ts';
import type { UidRanges } from '../../core/uid-set.ts';
import type {
  AccountId,
  EmailId,
  MailboxId,
  MailboxName,
  SpecialUse,
  Uid,
} from '../../core/values.ts';
import type { FieldNames } from '../../mail/field-choice.ts';
import type {
  AccountStatus,
  Appended,
  Content,
  ContentWriter,
  Copied,
  Delivery,
  DeliveryOutcome,
  Description,
  Envelope,
  FlagChange,
  FlagsStored,
  Mailbox,
  MailStore,
  NewMessage,
  OpenMailbox,
  Quota,
  ReadContent,
  Relay,
  Rendering,
  StoredContent,
  TextLookup,
  TextMatcher,
  TextPart,
} from '../api.ts';
import { Activity } from '../common/activity.ts';
import { findName } from '../common/mailbox-names.ts';
import { mailboxFrom } from '../common/mailbox-row.ts';
import { inlineBodyBytes } from '../common/limits.ts';
import { wholeSeconds } from '../common/seconds.ts';
import type { AccountLog } from './account-log.ts';
import { AccountLogs } from './account-logs.ts';
import { MongoAccounts } from './accounts.ts';
import { MongoAudit } from './audit.ts';
import { collectGarbage } from './collector.ts';
import { MongoContent, MongoContentWriter } from './content.ts';
import type { Database } from './database.ts';
import { deliverTo } from './deliver.ts';
import { Emails } from './emails.ts';
import type { Box, Head } from './head.ts';
import { PendingLetter } from './letters.ts';
import { glanceMs } from './limits.ts';
import { noHints } from './no-hints.ts';
import { openMailbox } from './open-mailbox.ts';
import { createMailbox, deleteMailbox, renameMailbox, subscribe } from './ops/mailbox-ops.ts';
import { append, copy, expunge, storeFlags } from './ops/message-ops.ts';
import { MongoOutbox } from './outbox.ts';
import { MongoRecords } from './records.ts';
import { TextIndex } from './search/text-index.ts';
import { MongoUpkeep } from './upkeep/mongo-upkeep.ts';

export interface MongoStoreOptions {
  readonly db: Database;
  readonly clock?: Clock;
  readonly log?: Log;
  /** What the processes on the database tell each other; without it each looks for itself. */
  readonly hints?: Hints;
  /** Told when an account that is in use here was suspended, closed or made active by whichever process. */
  readonly onStatus?: (account: AccountId, status: AccountStatus) => void;
}

/** Opens the store of a database. */
export async function openMongoStore({
  db,
  clock = systemClock,
  log = silentLog,
  ...logs
}: MongoStoreOptions): Promise<MongoStore> {
  // Letters that are still coming in; nothing of it outlives the process.
  const folder = await mkdtemp(join(tmpdir(), 'zhashik-spool-'));
  return new MongoStore(db, await storeIdOf(db), clock, log, folder, logs);
}

/** The backend of many processes: a MongoDB-protocol server holds everything, a process only what it can read again. */
export class MongoStore implements MailStore {
  readonly inlineBodyBytes = inlineBodyBytes;
  readonly accounts: MongoAccounts;
  readonly audit: MongoAudit;
  readonly records: MongoRecords;
  readonly outbox: MongoOutbox;
  readonly upkeep: MongoUpkeep;
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #logs: AccountLogs;
  readonly #emails: Emails;
  readonly #texts: TextIndex;
  readonly #activity = new Activity();
  readonly #folder: string;
  #closing: Promise<void> | undefined;

  constructor(
    db: Database,
    storeId: string,
    clock: Clock,
    log: Log,
    folder: string,
    { hints = noHints, onStatus }: Pick<MongoStoreOptions, 'hints' | 'onStatus'> = {},
  ) {
    this.#db = db;
    this.#clock = clock;
    this.#folder = folder;
    this.#logs = new AccountLogs(db, clock, { hints, ...(onStatus && { onStatus }) });
    this.#emails = new Emails(db);
    this.#texts = new TextIndex(db, clock, this.#emails, log);
    this.audit = new MongoAudit(db, clock);
    this.records = new MongoRecords(db, clock);
    this.accounts = new MongoAccounts(db, clock, this.#logs, this.audit);
    this.outbox = new MongoOutbox(db, this.#emails, () => this.#logs.notesProjected());
    this.upkeep = new MongoUpkeep({
      storeId,
      db,
      clock,
      logs: this.#logs,
      emails: this.#emails,
      audit: this.audit,
      records: this.records,
      outbox: this.outbox,
      activity: this.#activity,
      texts: this.#texts,
    });
  }

  // ---------------------------------------------------------------- mailboxes

  async mailboxes(account: AccountId): Promise<readonly Mailbox[]> {
    const { boxes } = await this.#head(account);
    return [...boxes.values()].sort((x, y) => (x.name < y.name ? -1 : 1)).map(mailboxFrom);
  }

  async findMailbox(account: AccountId, name: MailboxName): Promise<Mailbox | undefined> {
    const { boxes } = await this.#head(account);
    const box = findName(boxes, name);
    return box && mailboxFrom(box);
  }

  async subscriptions(account: AccountId): Promise<ReadonlySet<MailboxName>> {
    return (await this.#head(account)).subscriptions as ReadonlySet<MailboxName>;
  }

  async createMailbox(
    account: AccountId,
    name: MailboxName,
    options: { readonly specialUse?: SpecialUse } = {},
  ): Promise<Mailbox> {
    return this.#with(account, (log) =>
      log.run({
        apply: (draft) => {
          const m = createMailbox(draft, name, options.specialUse ?? null);
          return mailboxFrom(draft.boxes.get(m) as Box);
        },
      }),
    );
  }

  async deleteMailbox(account: AccountId, id: MailboxId): Promise<void> {
    await this.#with(account, (log) =>
      log.run({
        apply: (draft) => {
          deleteMailbox(draft, id);
        },
      }),
    );
  }

  async renameMailbox(account: AccountId, id: MailboxId, name: MailboxName): Promise<void> {
    await this.#with(account, (log) =>
      log.run({
        rows: id === 1 ? [id] : [],
        apply: (draft) => {
          renameMailbox(draft, id, name);
        },
      }),
    );
  }

  async subscribe(account: AccountId, name: MailboxName, subscribed: boolean): Promise<void> {
    await this.#with(account, (log) =>
      log.run({
        apply: (draft) => {
          subscribe(draft, name, subscribed);
        },
      }),
    );
  }

  async quota(account: AccountId): Promise<Quota> {
    this.#activity.check();
    const log = await this.#logs.get(account);
    const { bytes, count, maxBytes, maxCount } = await log.fresh(glanceMs);
    return {
      usedBytes: bytes,
      usedMessages: count,
      limits: { bytes: maxBytes ?? undefined, messages: maxCount ?? undefined },
    };
  }

  async open(account: AccountId, id: MailboxId, onChange?: () => void): Promise<OpenMailbox> {
    this.#activity.check();
    return openMailbox(this.#db, await this.#logs.get(account), id, onChange);
  }

  watch(account: AccountId, onChange: () => void): () => void {
    return this.#logs.watch(account, onChange);
  }

  // ---------------------------------------------------------------- messages

  async append(
    account: AccountId,
    mailbox: MailboxId,
    messages: readonly NewMessage[],
  ): Promise<Appended> {
    const letters = new Map<MongoContent, PendingLetter>();
    const rows = messages.map(({ content, flags, internalDate }) => {
      const received = this.#received(content);
      const letter = letters.get(received) ?? new PendingLetter(received);
      letters.set(received, letter);
      return { letter, flags, idate: wholeSeconds(internalDate) };
    });
    const bytes = rows.reduce((sum, { letter }) => sum + letter.size, 0);
    const answer = await this.#with(account, (log) =>
      log.run({
        letters: [...letters.values()],
        settled: (head) => refused(head, mailbox, bytes, rows.length),
        apply: (draft) => append(draft, mailbox, rows),
      }),
    );
    this.#wakeTexts(account, letters.values());
    return {
      uidValidity: answer.uidValidity,
      uids: rows.map((_, i) => (answer.uid + i) as Uid),
    };
  }

  async storeFlags(
    account: AccountId,
    mailbox: MailboxId,
    uids: UidRanges,
    change: FlagChange,
  ): Promise<FlagsStored> {
    const modified = await this.#with(account, (log) =>
      log.run({ rows: [mailbox], apply: (draft) => storeFlags(draft, mailbox, uids, change) }),
    );
    return { modified };
  }

  copy(account: AccountId, from: MailboxId, uids: UidRanges, to: MailboxId): Promise<Copied> {
    return this.#copy(account, from, uids, to, false);
  }

  move(account: AccountId, from: MailboxId, uids: UidRanges, to: MailboxId): Promise<Copied> {
    return this.#copy(account, from, uids, to, true);
  }

  expunge(account: AccountId, mailbox: MailboxId, uids?: UidRanges): Promise<UidRanges> {
    return this.#with(account, (log) =>
      log.run({ rows: [mailbox], apply: (draft) => expunge(draft, mailbox, uids) }),
    );
  }

  async accept(
    content: Content,
    deliveries: readonly Delivery[],
    relay?: Relay,
    sender?: Envelope,
  ): Promise<readonly DeliveryOutcome[]> {
    const received = this.#received(content);
    const outcomes = await this.#activity.run(async () => {
      if (relay !== undefined) await this.outbox.add(relay, received, this.#clock.now());
      return deliverTo(this.#logs, received, deliveries, sender, this.#clock, (account, letter) => {
        this.#wakeTexts(account, [letter]);
      });
    });
    if (relay !== undefined || sender !== undefined) this.outbox.added();
    return outcomes;
  }

  async delivered(
    account: AccountId,
    deliveryIds: readonly string[],
  ): Promise<ReadonlySet<string>> {
    this.#activity.check();
    const log = await this.#logs.get(account);
    return log.lastingOf(deliveryIds);
  }

  async describe(
    account: AccountId,
    emails: readonly EmailId[],
    want: readonly Rendering[],
    fields?: FieldNames,
  ): Promise<readonly (Description | undefined)[]> {
    this.#activity.check();
    return this.#emails.describe(account, emails, want, fields);
  }

  async content(account: AccountId, email: EmailId): Promise<StoredContent | undefined> {
    this.#activity.check();
    return this.#emails.content(account, email);
  }

  async contents(
    account: AccountId,
    emails: readonly EmailId[],
  ): Promise<readonly (ReadContent | undefined)[]> {
    this.#activity.check();
    return this.#emails.contents(account, emails);
  }

  async findText(
    account: AccountId,
    part: TextPart,
    needle: string,
  ): Promise<TextMatcher | undefined> {
    this.#activity.check();
    const { head } = await this.#logs.get(account);
    return this.#texts.find(account, part, needle, head.nextEmail);
  }

  async compareTexts(
    account: AccountId,
    emails: readonly EmailId[],
    text: TextLookup,
  ): Promise<readonly (boolean | undefined)[]> {
    this.#activity.check();
    return this.#texts.compare(account, emails, text);
  }

  // ---------------------------------------------------------------- content

  receive(): ContentWriter {
    this.#activity.check();
    return new MongoContentWriter(this.#folder);
  }

  /** Indexes the texts of all that this process committed before the call. */
  indexTexts(): Promise<void> {
    return this.#activity.run(() => this.#texts.settled());
  }

  /** Removes what nobody can see any more as of `now` (milliseconds); see `collectGarbage`. To be run once a day or so. */
  collect(now: number): Promise<void> {
    return this.#activity.run(() =>
      collectGarbage(this.#db, this.#logs, this.#texts, now, () => this.#activity.closed),
    );
  }

  /** What decoy salts are made from, see `StoreAuthenticator`: made with the first start, the same for all processes. */
  async loginSecret(): Promise<Uint8Array> {
    const _id = 'login-secret';
    for (;;) {
      const [kept] = await this.#db.find<{ readonly secret: Uint8Array }>('counters', { _id });
      if (kept !== undefined) return kept.secret;
      // Whoever is first: the others find it.
      await this.#db.insert('counters', [{ _id, secret: randomBytes(32) }]);
    }
  }

  close(): Promise<void> {
    this.#activity.close();
    this.#closing ??= (async () => {
      await this.#activity.settled();
      await this.#texts.close();
      await this.#logs.close();
      await this.#db.close();
      await rm(this.#folder, { recursive: true, force: true });
    })();
    return this.#closing;
  }

  /** Has new emails indexed behind the commit that brought them. */
  #wakeTexts(account: AccountId, letters: Iterable<PendingLetter>): void {
    const fresh = [...letters].filter((letter) => letter.fresh !== undefined);
    if (fresh.length > 0) {
      this.#texts.wake(
        account,
        fresh.map(({ email }) => email),
      );
    }
  }

  async #head(account: AccountId): Promise<Head> {
    this.#activity.check();
    return (await this.#logs.get(account)).fresh();
  }

  #with<T>(account: AccountId, use: (log: AccountLog) => Promise<T>): Promise<T> {
    return this.#activity.run(() => this.#logs.with(account, use));
  }

  async #copy(
    account: AccountId,
    from: MailboxId,
    uids: UidRanges,
    to: MailboxId,
    move: boolean,
  ): Promise<Copied> {
    const copied = await this.#with(account, (log) =>
      log.run({ rows: [from], apply: (draft) => copy(draft, from, uids, to, move) }),
    );
    return {
      uidValidity: copied.uidValidity,
      from: copied.from as readonly Uid[],
      to: copied.from.map((_, i) => (copied.first + i) as Uid),
    };
  }

  #received(content: Content): MongoContent {
    if (content instanceof MongoContent) return content;
    throw new MailError('internal', 'A content of another store');
  }
}

/** The name of the store in this database, made by whoever opens it first. */
async function storeIdOf(db: Database): Promise<string> {
  const _id = 'store';
  const [known] = await db.find<{ readonly name: string }>('counters', { _id });
  if (known !== undefined) return known.name;
  await db.insert('counters', [{ _id, name: randomUUID() }]);
  return storeIdOf(db);
}

/** Whether messages would be refused as things stand. */
export function refused(head: Head, m: number, bytes: number, count: number): boolean {
  const { maxBytes, maxCount } = head;
  return (
    head.boxes.get(m)?.selectable !== true ||
    (maxBytes !== null && head.bytes + bytes > maxBytes) ||
    (maxCount !== null && head.count + count > maxCount)
  );
}
