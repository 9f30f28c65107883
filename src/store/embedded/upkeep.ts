import { MailError } from '../../core/errors.ts';
import type { AccountId, EmailId, MailboxId, MailboxName, ModSeq, Uid } from '../../core/values.ts';
import type {
  AccountLayout,
  AccountSnapshot,
  CheckStep,
  DeletedMessage,
  Finding,
  Projection,
  RestoredMessage,
  Tombstone,
  UpkeepStore,
} from '../api.ts';
import { keywordNames } from '../mailbox-view.ts';
import type { AccountStates } from './account-states.ts';
import { mailboxFrom } from './account-state.ts';
import type { Activity } from './activity.ts';
import type { BodyFiles } from './body-files.ts';
import { type CheckParts, checkAccount, checkStore } from './checks.ts';
import { EmbeddedContent } from './content.ts';
import type { StoreFacts } from './folder.ts';
import { repair } from './repair.ts';
import { wholeSeconds } from './seconds.ts';
import { messageRows, openHead, tombstoneRows } from './snapshot-slices.ts';
import type { AskReader, Threads } from './threads.ts';
import type { SnapshotHead } from './upkeep-protocol.ts';

export interface UpkeepParts extends CheckParts {
  readonly facts: StoreFacts;
  readonly states: AccountStates;
  readonly activity: Activity;
  /** To be told that there are new contents. */
  readonly onContents: () => void;
}

const systemBits = 31;

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
    return {
      ...layoutFrom(head),
      messages: (m) => messagesOf(ask, head.id, m, keywords.get(m) ?? []),
      tombstones: (m) => tombstonesOf(ask, head.id, m),
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
    const contents = messages.map(({ content }) => {
      if (content instanceof EmbeddedContent && content.isFor(this.#files)) return content;
      throw new TypeError('a content of another store');
    });
    return this.#unseen(account, async () => {
      await Promise.all(contents.map((content) => content.keep()));
      const rows = messages.map((message, i) => ({
        letter: (contents[i] as EmbeddedContent).letter,
        u: message.uid,
        ms: message.modSeq,
        flags: { system: message.flags.system, keywords: [...message.flags.keywords] },
        idate: wholeSeconds(message.internalDate),
        sdate: wholeSeconds(message.savedAt),
      }));
      const weight = contents.reduce((sum, content) => sum + content.weight, 0);
      const args = { a: account, m: mailbox, messages: rows };
      return this.#threads.write(this.#states.shardOf(account), 'restoreMessages', args, weight);
    });
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

  // ---------------------------------------------------------------- undelete

  async *deletedMessages(
    account: AccountId,
  ): AsyncGenerator<readonly DeletedMessage[], void, void> {
    this.#activity.check();
    const ask = this.#threads.reader();
    const head = await openHead(ask, account);
    try {
      const ended = new Set(head.ended.map(({ m }) => m));
      for (const box of [...head.mailboxes, ...head.ended]) {
        const mailbox = {
          mailbox: box.m as MailboxId,
          mailboxName: (box.name ?? undefined) as MailboxName | undefined,
          mailboxDeleted: ended.has(box.m),
        };
        for await (const rows of tombstoneRows(ask, head.id, box.m)) {
          const deleted = rows.flatMap(([x, u, e, xt, lives, size]): DeletedMessage[] => {
            if (lives !== 0 || e === 0 || size === null) return [];
            const where = { uid: u as Uid, modSeq: x as ModSeq, deletedAt: xt * 1000 };
            return [{ ...mailbox, ...where, email: e as EmailId, sizeBytes: size }];
          });
          if (deleted.length > 0) yield deleted;
        }
      }
      for (const { m, name, xt } of head.ended) {
        for await (const rows of messageRows(ask, head.id, m)) {
          yield rows.map(([u, , , , size, , , e]) => ({
            mailbox: m as MailboxId,
            mailboxName: (name ?? undefined) as MailboxName | undefined,
            mailboxDeleted: true,
            uid: u as Uid,
            modSeq: 0 as ModSeq,
            deletedAt: xt * 1000,
            email: e as EmailId,
            sizeBytes: size,
          }));
        }
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
  };
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
      flags: { system: f & systemBits, keywords: keywordNames(keywords, f, f2) },
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
