import type { Clock } from '../../../core/clock.ts';
import { MailError } from '../../../core/errors.ts';
import type {
  AccountId,
  EmailId,
  MailboxId,
  MailboxName,
  ModSeq,
  Uid,
} from '../../../core/values.ts';
import type {
  AccountLayout,
  AccountSnapshot,
  AuditRecord,
  CheckStep,
  Content,
  DeletedMessage,
  Finding,
  KeptOutboxEntry,
  Projection,
  RestoredDeleted,
  RestoredMessage,
  RestoredOutboxEntry,
  TakenDeliveryId,
  Tombstone,
  UpkeepStore,
} from '../../api.ts';
import type { KeptRecord } from '../../records.ts';
import type { Activity } from '../../common/activity.ts';
import { garbageHours, tombstoneDays } from '../../common/limits.ts';
import type { AccountLog } from '../account-log.ts';
import type { AccountLogs } from '../account-logs.ts';
import type { MongoAudit } from '../audit.ts';
import { MongoContent } from '../content.ts';
import type { Database } from '../database.ts';
import type { Draft } from '../draft.ts';
import type { Emails } from '../emails.ts';
import { PendingLetter } from '../letters.ts';
import { commitPatienceMs } from '../limits.ts';
import type { MongoOutbox } from '../outbox.ts';
import type { MongoRecords } from '../records.ts';
import type { TextIndex } from '../search/text-index.ts';
import { AccountPicture } from './account-picture.ts';
import { checkAccount } from './check-account.ts';
import { checkStore } from './check-store.ts';
import { deletedRows, knownBox } from './deleted-rows.ts';
import { mendCounters } from './mend-counters.ts';
import { mendIdentity, mendNames, mendRenderings, mendTombstones } from './mend-projections.ts';
import {
  beginRestore,
  checkDeleted,
  restoreDeleted,
  restoreIds,
  restoreMessages,
  restoreTombstones,
} from './restore.ts';
import { MongoSnapshot } from './snapshot.ts';
import { undelete } from './undelete.ts';

export interface UpkeepParts {
  readonly storeId: string;
  readonly db: Database;
  readonly clock: Clock;
  readonly logs: AccountLogs;
  readonly emails: Emails;
  readonly audit: MongoAudit;
  readonly records: MongoRecords;
  readonly outbox: MongoOutbox;
  readonly activity: Activity;
  readonly texts: TextIndex;
}

const daySeconds = 86_400;

/** Snapshots, restore, undelete and checks. */
export class MongoUpkeep implements UpkeepStore {
  /** None of the store's own: the index of texts is an account's, and checked with it. */
  readonly projections: Projection[] = [];
  readonly #parts: UpkeepParts;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  get storeId(): string {
    return this.#parts.storeId;
  }

  async changeNumber(account: AccountId): Promise<ModSeq> {
    this.#parts.activity.check();
    const log = await this.#parts.logs.get(account);
    return (await log.fresh()).seq as ModSeq;
  }

  async snapshot(account: AccountId): Promise<AccountSnapshot> {
    const { db, emails, clock } = this.#parts;
    const now = Math.floor(clock.now() / 1000);
    const since = now - tombstoneDays * daySeconds + garbageHours * 3600;
    return new MongoSnapshot(db, emails, await this.#picture(account), since);
  }

  // ---------------------------------------------------------------- restore

  beginRestore(
    account: AccountId,
    source: string,
    layout: AccountLayout,
  ): Promise<'begun' | 'resumed'> {
    return this.#unseen(account, (log) =>
      log.run({ apply: (draft) => beginRestore(draft, source, layout) }),
    );
  }

  restoreMessages(
    account: AccountId,
    mailbox: MailboxId,
    messages: readonly RestoredMessage[],
  ): Promise<number> {
    const letters = this.#letters(messages);
    return this.#unseen(account, (log) =>
      log.run({
        rows: [mailbox],
        letters: letters.map(({ letter }) => letter),
        settled: (head) => head.restoring === undefined,
        apply: (draft) => restoreMessages(draft, mailbox, letters),
      }),
    );
  }

  async restoreTombstones(
    account: AccountId,
    mailbox: MailboxId,
    tombstones: readonly Tombstone[],
  ): Promise<void> {
    await this.#unseen(account, (log) =>
      log.run({
        apply: (draft) => {
          restoreTombstones(draft, mailbox, tombstones);
        },
      }),
    );
  }

  restoreDeleted(account: AccountId, messages: readonly RestoredDeleted[]): Promise<number> {
    const all = this.#letters(messages);
    return this.#unseen(account, (log) =>
      this.#onPicture(log, (picture) => {
        const there = deletedKeys(picture);
        const missing = all.filter(({ kept }) => !there.has(deletedKey(kept)));
        return {
          letters: missing.map(({ letter }) => letter),
          apply: (draft) => {
            checkDeleted(draft, messages);
            restoreDeleted(draft, missing);
            return missing.length;
          },
        };
      }),
    );
  }

  async restoreDeliveryIds(account: AccountId, ids: readonly TakenDeliveryId[]): Promise<void> {
    await this.#unseen(account, (log) =>
      log.run({
        lasting: ids.flatMap(({ deliveryId, lasting }) => (lasting ? [deliveryId] : [])),
        apply: (draft) => {
          restoreIds(draft, ids);
        },
      }),
    );
  }

  async finishRestore(account: AccountId): Promise<void> {
    await this.#unseen(account, (log) =>
      log.run({
        apply: (draft) => {
          draft.restoring = undefined;
        },
      }),
    );
    // Its messages came past the index.
    this.#parts.texts.wakeAll(account);
  }

  // ---------------------------------------------------------------- what belongs to no account

  auditRecords(after: number): AsyncGenerator<readonly AuditRecord[], void, void> {
    this.#parts.activity.check();
    return this.#parts.audit.after(after);
  }

  restoreAudit(storeId: string, records: readonly AuditRecord[]): Promise<number> {
    return this.#parts.activity.run(() => this.#parts.audit.restore(storeId, records));
  }

  records(): AsyncGenerator<readonly KeptRecord[], void, void> {
    this.#parts.activity.check();
    return this.#parts.records.all();
  }

  restoreRecords(records: readonly KeptRecord[]): Promise<number> {
    return this.#parts.activity.run(() => this.#parts.records.restore(records));
  }

  outboxEntries(): AsyncGenerator<KeptOutboxEntry, void, void> {
    this.#parts.activity.check();
    return this.#parts.outbox.entries();
  }

  async restoreOutboxEntry(entry: RestoredOutboxEntry): Promise<boolean> {
    const { activity, outbox } = this.#parts;
    const content = received(entry.content);
    const added = await activity.run(() => outbox.restore(entry, content));
    if (added) outbox.added();
    return added;
  }

  // ---------------------------------------------------------------- undelete

  async *deletedMessages(
    account: AccountId,
  ): AsyncGenerator<readonly DeletedMessage[], void, void> {
    const picture = await this.#picture(account);
    const { head } = picture;
    for (const rows of deletedRows(picture)) {
      yield rows.map((row) => ({
        mailbox: row.m as MailboxId,
        mailboxName: (knownBox(head, row.m)?.name ?? undefined) as MailboxName | undefined,
        mailboxDeleted: !head.boxes.has(row.m),
        uid: row.uid as Uid,
        modSeq: row.x as ModSeq,
        deletedAt: row.at * 1000,
        email: row.e as EmailId,
        sizeBytes: row.size,
      }));
    }
  }

  undelete(
    account: AccountId,
    messages: readonly DeletedMessage[],
    to: MailboxId,
  ): Promise<number> {
    const wanted = new Set(messages.map(deletedKey));
    return this.#with(account, (log) =>
      this.#onPicture(log, (picture) => {
        const rows = [...deletedRows(picture)]
          .flat()
          .filter(({ m, uid, x }) => wanted.has(deletedKey({ mailbox: m, uid, modSeq: x })));
        return {
          apply: (draft) => {
            undelete(draft, to, rows);
            return rows.length;
          },
        };
      }),
    );
  }

  // ---------------------------------------------------------------- checks

  async *checkAccount(account: AccountId): AsyncGenerator<CheckStep, void, void> {
    const { db, emails, texts, clock } = this.#parts;
    const picture = await this.#picture(account);
    yield* checkAccount(db, emails, picture, Math.floor(clock.now() / 1000));
    yield { messages: 0, bytes: 0, findings: await texts.check(account) };
  }

  async *checkStore(): AsyncGenerator<CheckStep, void, void> {
    const { db, outbox, activity } = this.#parts;
    activity.check();
    yield* checkStore(db, outbox);
    for (const projection of this.projections) yield* projection.check();
  }

  async repair(finding: Finding): Promise<boolean> {
    if (!finding.repairable) return false;
    const { account } = finding;
    if (account !== undefined) return this.#repair(account, finding);
    const projection = this.projections.find(({ name }) => name === finding.projection);
    await projection?.rebuild();
    return projection !== undefined;
  }

  async #repair(account: AccountId, { kind, email }: Finding): Promise<boolean> {
    const { db, emails, texts, activity } = this.#parts;
    switch (kind) {
      case 'counters':
      case 'uid':
      case 'modseq':
        await this.#mendCounters(account);
        return true;
      case 'account':
        await this.#mendCounters(account);
        return mendNames(db, account);
      case 'tombstone':
        await this.#with(account, (log) => mendTombstones(db, log));
        return true;
      case 'identity':
        return email !== undefined && mendIdentity(db, emails, account, email);
      case 'projection':
        await activity.run(() => texts.rebuild(account));
        return true;
      case 'renderings':
        return email !== undefined && mendRenderings(db, emails, account, email);
      case 'content':
      case 'database':
      case 'garbage':
      case 'keywords':
      case 'link':
      case 'octets':
        return false;
    }
  }

  async #mendCounters(account: AccountId): Promise<void> {
    await this.#with(account, (log) =>
      this.#onPicture(log, (picture) => ({
        apply: (draft) => {
          mendCounters(draft, picture);
        },
      })),
    );
  }

  // ---------------------------------------------------------------- ways to change an account

  #with<T>(account: AccountId, use: (log: AccountLog) => Promise<T>): Promise<T> {
    const { activity, logs } = this.#parts;
    return activity.run(() => logs.with(account, use));
  }

  #picture(account: AccountId): Promise<AccountPicture> {
    return this.#with(account, (log) => AccountPicture.read(this.#parts.db, log));
  }

  /** A change that no view follows, since nobody may use the account yet. */
  #unseen<T>(account: AccountId, change: (log: AccountLog) => Promise<T>): Promise<T> {
    return this.#with(account, async (log) => {
      if (await log.isOpen()) throw new MailError('in-use', 'A mailbox of the account is open');
      return change(log);
    });
  }

  /** Changes the account as a picture shows it; with another one when somebody was faster. */
  async #onPicture<T>(
    log: AccountLog,
    prepare: (picture: AccountPicture) => {
      readonly letters?: readonly PendingLetter[];
      readonly apply: (draft: Draft) => T;
    },
  ): Promise<T> {
    const until = performance.now() + commitPatienceMs;
    while (performance.now() < until) {
      const picture = await AccountPicture.read(this.#parts.db, log);
      const { letters = [], apply } = prepare(picture);
      const done = await log.run({
        letters,
        apply: (draft) => (draft.seq === picture.head.seq ? { value: apply(draft) } : undefined),
      });
      if (done !== undefined) return done.value;
    }
    throw new MailError('unavailable', 'The account is changed by too many at once');
  }

  #letters<K extends { readonly content: Content }>(
    messages: readonly K[],
  ): readonly { readonly letter: PendingLetter; readonly kept: K }[] {
    const letters = new Map<MongoContent, PendingLetter>();
    return messages.map((kept) => {
      const content = received(kept.content);
      const letter = letters.get(content) ?? new PendingLetter(content);
      letters.set(content, letter);
      return { letter, kept };
    });
  }
}

function received(content: Content): MongoContent {
  if (content instanceof MongoContent) return content;
  throw new TypeError('a content of another store');
}

function deletedKey(message: {
  readonly mailbox: number;
  readonly uid: number;
  readonly modSeq: number;
}): string {
  return `${message.mailbox} ${message.uid} ${message.modSeq}`;
}

function deletedKeys(picture: AccountPicture): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const rows of deletedRows(picture)) {
    for (const { m, uid, x } of rows) keys.add(deletedKey({ mailbox: m, uid, modSeq: x }));
  }
  return keys;
}
