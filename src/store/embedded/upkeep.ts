import type { Clock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
import type { AccountId, EmailId, MailboxId, MailboxName, ModSeq, Uid } from '../../core/values.ts';
import type {
  AccountLayout,
  AccountSnapshot,
  AuditRecord,
  CheckStep,
  Content,
  DeletedMessage,
  Finding,
  FlagSet,
  KeptOutboxEntry,
  Projection,
  RestoredDeleted,
  RestoredMessage,
  RestoredOutboxEntry,
  SnapshotDeleted,
  TakenDeliveryId,
  Tombstone,
  UpkeepStore,
} from '../api.ts';
import type { KeptRecord } from '../records.ts';
import type { AccountStates } from './account-states.ts';
import { mailboxFrom, type MailboxRow } from '../common/mailbox-row.ts';
import type { Activity } from '../common/activity.ts';
import { auditRecord, auditRow } from './audit-log.ts';
import type { BodyFiles } from './body-files.ts';
import { type CheckParts, checkAccount, checkStore } from './checks.ts';
import { EmbeddedContent } from './content.ts';
import type { StoreFacts } from './folder.ts';
import { garbageHours, tombstoneDays } from '../common/limits.ts';
import type { Outbox } from './outbox.ts';
import { type Flags, namedFlags } from '../common/flag-bits.ts';
import { type Letter } from '../common/letter-row.ts';
import { directoryFile } from './protocol.ts';
import type { Records } from './records.ts';
import { repair } from './repair.ts';
import { wholeSeconds } from '../common/seconds.ts';
import { idRows, messageRows, openHead, tombstoneRows } from './snapshot-slices.ts';
import type { AskReader, Threads } from './threads.ts';
import type { EndedRow, SnapshotHead } from './upkeep-protocol.ts';

export interface UpkeepParts extends CheckParts {
  readonly facts: StoreFacts;
  readonly states: AccountStates;
  readonly activity: Activity;
  readonly outbox: Outbox;
  readonly records: Records;
  readonly clock: Clock;
  /** To be told that there are new contents. */
  readonly onContents: () => void;
}

const hourMs = 3600 * 1000;

/** Snapshots, restore, undelete and checks over the store's threads. */
export class Upkeep implements UpkeepStore {
  readonly projections: Projection[] = [];
  readonly #threads: Threads;
  readonly #files: BodyFiles;
  readonly #states: AccountStates;
  readonly #activity: Activity;
  readonly #parts: UpkeepParts;

  constructor(parts: UpkeepParts) {
    this.#threads = parts.threads;
    this.#files = parts.files;
    this.#states = parts.states;
    this.#activity = parts.activity;
    this.#parts = parts;
  }

  get storeId(): string {
    return this.#parts.facts.id;
  }

  async changeNumber(account: AccountId): Promise<ModSeq> {
    this.#activity.check();
    const figures = await this.#threads.read('quota', { a: account });
    if (figures === undefined) throw new MailError('not-found', 'No such account');
    return figures.seq as ModSeq;
  }

  // ---------------------------------------------------------------- snapshots

  async snapshot(account: AccountId): Promise<AccountSnapshot> {
    this.#activity.check();
    const ask = this.#threads.reader();
    const head = await openHead(ask, account);
    const keywords = new Map(head.mailboxes.map((mailbox) => [mailbox.m, mailbox.keywords]));
    const since = this.#parts.clock.now() - (tombstoneDays * 24 - garbageHours) * hourMs;
    return {
      ...layoutFrom(head),
      messages: (m) => messagesOf(ask, head.id, m, keywords.get(m) ?? []),
      tombstones: (m) => tombstonesOf(ask, head.id, m),
      deletedMessages: () => deletedSince(ask, head, since),
      deliveryIds: () => idsOf(ask, head.id),
      close: async () => {
        await ask('closeSnapshot', { id: head.id });
      },
    };
  }

  // ---------------------------------------------------------------- restore

  async beginRestore(
    account: AccountId,
    source: string,
    layout: AccountLayout,
  ): Promise<'begun' | 'resumed'> {
    return this.#unseen(account, () =>
      this.#threads.write(this.#states.shardOf(account), 'beginRestore', {
        a: account,
        source,
        layout: {
          seq: layout.seq,
          lastUidValidity: layout.lastUidValidity,
          nextMailbox: layout.nextMailbox,
          subscriptions: [...layout.subscriptions],
          ended: layout.deletedMailboxes.map(({ id, name, keywords, deletedAt }) => ({
            m: id,
            name: name ?? null,
            keywords: [...keywords],
            xt: wholeSeconds(deletedAt),
          })),
          mailboxes: layout.mailboxes.map((mailbox) => ({
            m: mailbox.id,
            name: mailbox.name,
            uidValidity: mailbox.uidValidity,
            uidNext: mailbox.uidNext,
            modSeq: mailbox.highestModSeq,
            use: mailbox.specialUse ?? null,
            selectable: mailbox.selectable,
            keywords: [...mailbox.keywords],
            vanFloor: mailbox.forgottenUpTo,
          })),
        },
      }),
    );
  }

  async restoreMessages(
    account: AccountId,
    mailbox: MailboxId,
    messages: readonly RestoredMessage[],
  ): Promise<number> {
    if (messages.length === 0) return 0;
    return this.#withLetters(account, messages, (letters, weight) => {
      const rows = messages.map((message, i) => ({
        letter: letters[i] as Letter,
        u: message.uid,
        ms: message.modSeq,
        flags: flagsRow(message.flags),
        idate: wholeSeconds(message.internalDate),
        sdate: wholeSeconds(message.savedAt),
      }));
      const args = { a: account, m: mailbox, messages: rows };
      return this.#threads.write(this.#states.shardOf(account), 'restoreMessages', args, weight);
    });
  }

  async restoreDeleted(account: AccountId, messages: readonly RestoredDeleted[]): Promise<number> {
    if (messages.length === 0) return 0;
    return this.#withLetters(account, messages, (letters, weight) => {
      const rows = messages.map((message, i) => ({
        letter: letters[i] as Letter,
        m: message.mailbox,
        u: message.uid,
        x: message.modSeq,
        xt: wholeSeconds(message.deletedAt),
        flags: flagsRow(message.flags),
        idate: wholeSeconds(message.internalDate),
      }));
      const args = { a: account, messages: rows };
      return this.#threads.write(this.#states.shardOf(account), 'restoreDeleted', args, weight);
    });
  }

  async restoreDeliveryIds(account: AccountId, ids: readonly TakenDeliveryId[]): Promise<void> {
    const rows = ids.map(({ deliveryId, lasting, uidValidity, uid }) => ({
      id: deliveryId,
      lasting,
      uidValidity,
      u: uid,
    }));
    await this.#unseen(account, () =>
      this.#threads.write(this.#states.shardOf(account), 'restoreIds', { a: account, ids: rows }),
    );
  }

  async restoreTombstones(
    account: AccountId,
    mailbox: MailboxId,
    tombstones: readonly Tombstone[],
  ): Promise<void> {
    await this.#unseen(account, () =>
      this.#threads.write(this.#states.shardOf(account), 'restoreTombstones', {
        a: account,
        m: mailbox,
        tombstones: tombstones.map(({ uid, modSeq, deletedAt }) => ({
          u: uid,
          x: modSeq,
          xt: wholeSeconds(deletedAt),
        })),
      }),
    );
  }

  async finishRestore(account: AccountId): Promise<void> {
    this.#parts.onContents();
    await this.#unseen(account, () =>
      this.#threads.write(this.#states.shardOf(account), 'finishRestore', { a: account }),
    );
  }

  // ---------------------------------------------------------------- what belongs to no account

  async *auditRecords(after: number): AsyncGenerator<readonly AuditRecord[], void, void> {
    this.#activity.check();
    for (let last = after; ;) {
      const rows = await this.#threads.read('auditAfter', { after: last });
      if (rows.length === 0) return;
      yield rows.map(auditRecord);
      last = rows.at(-1)?.id ?? last;
    }
  }

  restoreAudit(storeId: string, records: readonly AuditRecord[]): Promise<number> {
    const rows = records.map((record) => {
      const { id, at, account = null } = record;
      return { ...auditRow(record), id, at, account };
    });
    return this.#activity.run(() =>
      this.#threads.write(directoryFile, 'restoreAudit', { store: storeId, records: rows }),
    );
  }

  records(): AsyncGenerator<readonly KeptRecord[], void, void> {
    this.#activity.check();
    return this.#parts.records.all();
  }

  restoreRecords(records: readonly KeptRecord[]): Promise<number> {
    return this.#activity.run(() => this.#parts.records.restore(records));
  }

  outboxEntries(): AsyncGenerator<KeptOutboxEntry, void, void> {
    this.#activity.check();
    return this.#parts.outbox.entries();
  }

  async restoreOutboxEntry(entry: RestoredOutboxEntry): Promise<boolean> {
    const content = this.#received(entry.content);
    const added = await this.#activity.run(async () => {
      await content.keep();
      return this.#parts.outbox.restore(entry, content.letter, content.weight);
    });
    if (added) this.#parts.outbox.added();
    return added;
  }

  // ---------------------------------------------------------------- undelete

  async *deletedMessages(
    account: AccountId,
  ): AsyncGenerator<readonly DeletedMessage[], void, void> {
    this.#activity.check();
    const ask = this.#threads.reader();
    const head = await openHead(ask, account);
    const names = new Map([...head.mailboxes, ...head.ended].map(({ m, name }) => [m, name]));
    const ended = new Set(head.ended.map(({ m }) => m));
    try {
      for await (const rows of deletedOf(ask, head)) {
        yield rows.map(({ mailbox, uid, modSeq, deletedAt, email, sizeBytes }) => ({
          mailbox,
          mailboxName: (names.get(mailbox) ?? undefined) as MailboxName | undefined,
          mailboxDeleted: ended.has(mailbox),
          ...{ uid, modSeq, deletedAt, email, sizeBytes },
        }));
      }
    } finally {
      await ask('closeSnapshot', { id: head.id });
    }
  }

  undelete(
    account: AccountId,
    messages: readonly DeletedMessage[],
    to: MailboxId,
  ): Promise<number> {
    const rows = messages.map((message) => ({
      m: message.mailbox,
      u: message.uid,
      x: message.modSeq,
      size: message.sizeBytes,
      at: wholeSeconds(message.deletedAt),
    }));
    return this.#activity.run(() =>
      this.#threads.write(this.#states.shardOf(account), 'undelete', {
        a: account,
        to,
        messages: rows,
      }),
    );
  }

  // ---------------------------------------------------------------- checks

  async *checkAccount(account: AccountId): AsyncGenerator<CheckStep, void, void> {
    this.#activity.check();
    yield* checkAccount(this.#parts, account);
  }

  async *checkStore(): AsyncGenerator<CheckStep, void, void> {
    this.#activity.check();
    yield* checkStore(this.#parts);
    for (const projection of this.projections) yield* projection.check();
  }

  async repair(finding: Finding): Promise<boolean> {
    if (!finding.repairable) return false;
    if (finding.kind === 'projection') {
      const projection = this.projections.find(({ name }) => name === finding.projection);
      if (projection === undefined) return false;
      await projection.rebuild();
      return true;
    }
    return this.#activity.run(() => repair(this.#parts, finding));
  }

  /** A restore of messages whose letters are made durable first. */
  #withLetters<T>(
    account: AccountId,
    messages: readonly { readonly content: Content }[],
    write: (letters: readonly Letter[], weight: number) => Promise<T>,
  ): Promise<T> {
    const contents = messages.map(({ content }) => this.#received(content));
    return this.#unseen(account, async () => {
      await Promise.all(contents.map((content) => content.keep()));
      const weight = contents.reduce((sum, content) => sum + content.weight, 0);
      return write(
        contents.map(({ letter }) => letter),
        weight,
      );
    });
  }

  #received(content: Content): EmbeddedContent {
    if (content instanceof EmbeddedContent && content.isFor(this.#files)) return content;
    throw new TypeError('a content of another store');
  }

  /** A change that no event tells of, since nobody may use the account yet. */
  async #unseen<T>(account: AccountId, change: () => Promise<T>): Promise<T> {
    if (this.#states.isOpen(account)) {
      throw new MailError('in-use', 'A mailbox of the account is open');
    }
    const result = await this.#activity.run(change);
    this.#states.forget(account);
    return result;
  }
}

function layoutFrom(head: SnapshotHead): AccountLayout {
  return {
    seq: head.seq as ModSeq,
    lastUidValidity: head.lastUidValidity,
    nextMailbox: head.nextMailbox,
    mailboxes: head.mailboxes.map((row) => ({
      ...mailboxFrom(row),
      keywords: row.keywords,
      forgottenUpTo: row.vanFloor as ModSeq,
    })),
    subscriptions: head.subscriptions as MailboxName[],
    deletedMailboxes: head.ended.map(({ m, name, keywords, xt }) => ({
      id: m as MailboxId,
      name: (name ?? undefined) as MailboxName | undefined,
      keywords,
      deletedAt: xt * 1000,
    })),
  };
}

function flagsRow({ system, keywords }: FlagSet): Flags {
  return { system, keywords: [...keywords] };
}

async function* messagesOf(
  ask: AskReader,
  id: number,
  m: number,
  keywords: readonly string[],
): ReturnType<AccountSnapshot['messages']> {
  for await (const rows of messageRows(ask, id, m)) {
    yield rows.map(([u, ms, f, f2, size, idate, sdate, e, digest]) => ({
      uid: u as Uid,
      modSeq: ms as ModSeq,
      flags: namedFlags(keywords, f, f2),
      sizeBytes: size,
      internalDate: idate * 1000,
      savedAt: sdate * 1000,
      email: e as EmailId,
      sha256: digest ?? undefined,
    }));
  }
}

async function* tombstonesOf(
  ask: AskReader,
  id: number,
  m: number,
): ReturnType<AccountSnapshot['tombstones']> {
  for await (const rows of tombstoneRows(ask, id, m)) {
    yield rows.map(([x, u, , xt]) => ({
      uid: u as Uid,
      modSeq: x as ModSeq,
      deletedAt: xt * 1000,
    }));
  }
}

/** Messages that can be undeleted: tombstones with their letters, then what is in deleted mailboxes. */
async function* deletedOf(
  ask: AskReader,
  head: SnapshotHead,
): AsyncGenerator<readonly SnapshotDeleted[], void, void> {
  for (const box of [...head.mailboxes, ...head.ended]) {
    for await (const rows of tombstoneRows(ask, head.id, box.m)) {
      const deleted = rows.flatMap((row): SnapshotDeleted[] => {
        const [x, u, e, xt, lives, , f, f2, idate, size, digest] = row;
        if (lives !== 0 || e === 0 || size === null || digest === null) return [];
        const facts = { u, x, xt, f: f ?? 0, f2: f2 ?? 0, idate: idate ?? xt, e, size, digest };
        return [deletedFrom(box, facts)];
      });
      if (deleted.length > 0) yield deleted;
    }
  }
  for (const box of head.ended) {
    for await (const rows of messageRows(ask, head.id, box.m)) {
      yield rows.flatMap(([u, , f, f2, size, idate, , e, digest]): SnapshotDeleted[] => {
        if (digest === null) return [];
        return [deletedFrom(box, { u, x: 0, xt: box.xt, f, f2, idate, e, size, digest })];
      });
    }
  }
}

function deletedFrom(
  { m, keywords }: Pick<MailboxRow | EndedRow, 'm' | 'keywords'>,
  row: Record<'u' | 'x' | 'xt' | 'f' | 'f2' | 'idate' | 'e' | 'size', number> & {
    readonly digest: string;
  },
): SnapshotDeleted {
  return {
    mailbox: m as MailboxId,
    uid: row.u as Uid,
    modSeq: row.x as ModSeq,
    deletedAt: row.xt * 1000,
    flags: namedFlags(keywords, row.f, row.f2),
    internalDate: row.idate * 1000,
    email: row.e as EmailId,
    sizeBytes: row.size,
    sha256: row.digest,
  };
}

async function* deletedSince(
  ask: AskReader,
  head: SnapshotHead,
  since: number,
): ReturnType<AccountSnapshot['deletedMessages']> {
  for await (const rows of deletedOf(ask, head)) {
    const young = rows.filter(({ deletedAt }) => deletedAt >= since);
    if (young.length > 0) yield young;
  }
}

async function* idsOf(ask: AskReader, id: number): ReturnType<AccountSnapshot['deliveryIds']> {
  for await (const rows of idRows(ask, id)) {
    yield rows.map(({ id: deliveryId, lasting, uidValidity, u }) => ({
      deliveryId,
      lasting,
      uidValidity,
      uid: u as Uid,
    }));
  }
}
