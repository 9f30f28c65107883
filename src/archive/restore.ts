import { canonicalAddress, skeleton } from '../account/address.ts';
import { MailError } from '../core/errors.ts';
import type { AccountId, MailboxId, MailboxName, ModSeq, SpecialUse, Uid } from '../core/values.ts';
import type { Account, AccountLayout, AuditEntry, Content, SnapshotMailbox } from '../store/api.ts';
import {
  type AccountLine,
  type ArchiveProgress,
  type ArchiveStore,
  type MailboxLine,
  type MessageLine,
  type SubscriptionLine,
  type TombstoneLine,
} from './api.ts';
import { ArchiveFolder } from './archive-folder.ts';

export interface RestoreOptions {
  /** Canonical address of the one account to restore; all when undefined. */
  readonly account?: string | undefined;
  /** The address, as it should be shown, of another account that its mail comes into; new or there already. */
  readonly into?: string | undefined;
  /** Mailboxes come below this name of an account that is there. */
  readonly under?: MailboxName | undefined;
  readonly apply: boolean;
  readonly actor: string;
}
export interface RestoreResult {
  readonly applied: boolean;
  /** Of which each is new with all its numbers, had mail added to it, or was left alone. */
  readonly accounts: number;
  readonly made: number;
  readonly merged: number;
  readonly skipped: number;
  readonly messages: number;
  /** Messages that were there already. */
  readonly present: number;
  readonly damaged: number;
}

const batchMessages = 64;
const batchBytes = 4 * 1024 * 1024;
const tombstonesAtOnce = 500;
const noRestore = 'is there already and was left alone; name another account to restore into';

/**
 * Restores accounts from a backup. An account that is not there is made with the UIDs, UIDVALIDITY, flags, MODSEQ and
 * mailbox ids it had; it is suspended until all is there. Into one that is there, messages come as new ones. Both go on
 * where an earlier run was cut off, and do nothing the second time. Without `apply` it is read and counted only.
 */
export async function* restore(
  store: ArchiveStore,
  path: string,
  options: RestoreOptions,
): AsyncGenerator<ArchiveProgress, RestoreResult, void> {
  const folder = new ArchiveFolder(path);
  const { state } = await folder.state();
  if (options.into !== undefined && options.account === undefined) {
    throw new MailError('invalid', 'Say which account comes into another');
  }
  const restorer = new Restorer(store, folder, options);
  if (options.account !== undefined) {
    if (!(await folder.has(folder.accountPath(options.account)))) {
      throw new MailError('not-found', `The backup has no account ${options.account}`);
    }
    yield* restorer.restoreAccount(options.account);
    return restorer.result;
  }
  if (state !== 'complete') {
    yield restorer.progress('the backup was cut off: accounts may be missing from it');
  }
  for (const canonical of await folder.accounts()) yield* restorer.restoreAccount(canonical);
  return restorer.result;
}

class Restorer {
  readonly #store: ArchiveStore;
  readonly #folder: ArchiveFolder;
  readonly #options: RestoreOptions;
  readonly #count = {
    accounts: 0,
    made: 0,
    merged: 0,
    skipped: 0,
    messages: 0,
    present: 0,
    damaged: 0,
  };
  #bytes = 0;

  constructor(store: ArchiveStore, folder: ArchiveFolder, options: RestoreOptions) {
    this.#store = store;
    this.#folder = folder;
    this.#options = options;
  }

  get result(): RestoreResult {
    return { applied: this.#options.apply, ...this.#count };
  }

  progress(remark?: string): ArchiveProgress {
    const { accounts, messages, present } = this.#count;
    return {
      accounts,
      messages: messages + present,
      bytes: this.#bytes,
      ...(remark !== undefined && { remark }),
    };
  }

  async *restoreAccount(canonical: string): AsyncGenerator<ArchiveProgress, void, void> {
    this.#count.accounts++;
    // All of it is read before any of it is believed.
    const layout = await readLayout(this.#folder, canonical);
    const address = this.#options.into ?? layout.account.address;
    const target = canonicalAddress(address);
    if (target === undefined) throw new MailError('invalid', `Not an address: ${address}`);
    const found = await this.#store.accounts.find(target);
    if (!this.#options.apply) {
      yield this.progress(this.#plan(canonical, target, found, layout.messages));
      return;
    }
    const made = found ?? (await this.#make(layout.account, address, target));
    if (made.status === 'suspended' && (await this.#begins(made.id, layout))) {
      this.#count.made++;
      yield* this.#restoreExactly(made.id, canonical);
      const { status } = layout.account;
      // In this order a crash in between leaves an account that can be used, and a mark that harms nobody.
      if (status !== 'suspended') {
        await this.#store.accounts.update(made.id, { status }, this.#audit('account.restored'));
      }
      await this.#store.upkeep.finishRestore(made.id);
      yield this.progress();
      return;
    }
    if (this.#options.into === undefined && this.#options.under === undefined) {
      this.#count.skipped++;
      yield this.progress(`${target} ${noRestore}`);
      return;
    }
    if (made.status === 'closed') throw new MailError('invalid', `${target} is closed`);
    this.#count.merged++;
    yield this.progress(
      `${target} has mail of its own: what comes gets new UIDs, as UIDs are never given twice`,
    );
    yield* this.#merge(made.id, canonical, layout);
    yield this.progress();
  }

  #plan(canonical: string, target: string, found: Account | undefined, messages: number): string {
    const what = `${canonical}: ${messages} messages`;
    if (found === undefined) {
      this.#count.made++;
      this.#count.messages += messages;
      return `${what} into ${target}, which is made, with its UIDs`;
    }
    if (this.#options.into === undefined && this.#options.under === undefined) {
      this.#count.skipped++;
      return `${target} ${noRestore}`;
    }
    this.#count.merged++;
    this.#count.messages += messages;
    return `${what} into ${target}, which is there, with new UIDs`;
  }

  #audit(action: string): AuditEntry {
    return { actor: this.#options.actor, action };
  }

  async #make(line: AccountLine, address: string, canonical: string): Promise<Account> {
    // Nobody may log in or send to it before it is whole.
    return this.#store.accounts.create(
      {
        address,
        canonical,
        skeleton: skeleton(canonical),
        credentials: { hash: line.credentials.hash, scram: line.credentials.scram },
        quota: { bytes: line.quota.bytes, messages: line.quota.messages },
        status: 'suspended',
      },
      { ...this.#audit('account.restore'), detail: { from: line.canonical, seq: line.seq } },
    );
  }

  /** Whether the account is empty, or being restored from this very snapshot. */
  async #begins(id: AccountId, { account, layout }: Layout): Promise<boolean> {
    const source = `${account.canonical} ${account.createdAt} ${account.seq}`;
    try {
      await this.#store.upkeep.beginRestore(id, source, layout);
      return true;
    } catch (error) {
      if (error instanceof MailError && error.failure === 'already-exists') return false;
      throw error;
    }
  }

  async *#restoreExactly(
    id: AccountId,
    canonical: string,
  ): AsyncGenerator<ArchiveProgress, void, void> {
    const batch = new Batch(async (mailbox, messages) => {
      const contents = await this.#receive(messages);
      try {
        const added = await this.#store.upkeep.restoreMessages(
          id,
          mailbox,
          contents.map(([{ uid, modSeq, flags, internalDate, savedAt }, content]) => ({
            uid: uid as Uid,
            modSeq: modSeq as ModSeq,
            flags,
            internalDate,
            savedAt,
            content,
          })),
        );
        this.#count.messages += added;
        this.#count.present += contents.length - added;
      } finally {
        await release(contents);
      }
    });
    let tombstones: TombstoneLine[] = [];
    const bury = async (): Promise<void> => {
      const [first] = tombstones;
      if (first === undefined) return;
      await this.#store.upkeep.restoreTombstones(
        id,
        first.mailbox as MailboxId,
        tombstones.map(({ uid, modSeq, deletedAt }) => ({
          uid: uid as Uid,
          modSeq: modSeq as ModSeq,
          deletedAt,
        })),
      );
      tombstones = [];
    };
    for await (const line of this.#folder.lines(canonical)) {
      if (line.kind === 'message' && (await batch.add(line))) yield this.progress();
      if (line.kind !== 'tombstone') continue;
      const full = tombstones.length >= tombstonesAtOnce;
      if (full || tombstones[0]?.mailbox !== line.mailbox) await bury();
      tombstones.push(line);
    }
    await batch.flush();
    await bury();
  }

  async *#merge(
    id: AccountId,
    canonical: string,
    { layout }: Layout,
  ): AsyncGenerator<ArchiveProgress, void, void> {
    const targets = new Map<number, MailboxId>();
    for (const mailbox of layout.mailboxes) {
      if (!mailbox.selectable) continue;
      targets.set(mailbox.id, await this.#target(id, mailbox));
    }
    let current = 0;
    let there = new Map<string, number>();
    const batch = new Batch(async (mailbox, messages) => {
      const missing = messages.filter((line) => {
        const key = identity(line.sha256 ?? '', line.internalDate);
        const count = there.get(key) ?? 0;
        if (count > 0) there.set(key, count - 1);
        return count === 0;
      });
      this.#count.present += messages.length - missing.length;
      const contents = await this.#receive(missing);
      try {
        if (contents.length === 0) return;
        await this.#store.append(
          id,
          targets.get(mailbox) as MailboxId,
          contents.map(([{ flags, internalDate }, content]) => ({ content, flags, internalDate })),
        );
        this.#count.messages += contents.length;
      } finally {
        await release(contents);
      }
    });
    for await (const line of this.#folder.lines(canonical)) {
      if (line.kind !== 'message') continue;
      if (line.mailbox !== current) {
        await batch.flush();
        current = line.mailbox;
        there = await this.#identities(id, targets.get(current) as MailboxId);
      }
      if (await batch.add(line)) yield this.progress();
    }
    await batch.flush();
  }

  async #target(id: AccountId, mailbox: SnapshotMailbox): Promise<MailboxId> {
    const { under } = this.#options;
    const name = (under === undefined ? mailbox.name : `${under}/${mailbox.name}`) as MailboxName;
    const found = await this.#store.findMailbox(id, name);
    if (found?.selectable) return found.id;
    const made = await this.#store.createMailbox(id, name);
    await this.#store.subscribe(id, name, true);
    return made.id;
  }

  /** What a mailbox holds: a letter with its date, and how many times. */
  async #identities(id: AccountId, mailbox: MailboxId): Promise<Map<string, number>> {
    const there = new Map<string, number>();
    const snapshot = await this.#store.upkeep.snapshot(id);
    try {
      for await (const slice of snapshot.messages(mailbox)) {
        for (const { sha256 = '', internalDate } of slice) {
          const key = identity(sha256, internalDate);
          there.set(key, (there.get(key) ?? 0) + 1);
        }
      }
    } finally {
      await snapshot.close();
    }
    return there;
  }

  /** Letters of the backup on their way into the store; those that are not what they should be are left out. */
  async #receive(lines: readonly MessageLine[]): Promise<(readonly [MessageLine, Content])[]> {
    const contents: (readonly [MessageLine, Content])[] = [];
    try {
      for (const line of lines) {
        const content = line.sha256 === null ? undefined : await this.#receiveOne(line.sha256);
        if (content === undefined) this.#count.damaged++;
        else {
          contents.push([line, content]);
          this.#bytes += content.sizeBytes;
        }
      }
      return contents;
    } catch (error) {
      await release(contents);
      throw error;
    }
  }

  async #receiveOne(sha256: string): Promise<Content | undefined> {
    const writer = this.#store.receive();
    try {
      for await (const piece of this.#folder.readLetter(sha256)) await writer.write(piece);
    } catch (error) {
      await writer.abort();
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const content = await writer.finish();
    if (content.sha256 === sha256) return content;
    await content.release();
    return undefined;
  }
}

/** Messages of one mailbox, handed on together. */
class Batch {
  readonly #write: (mailbox: MailboxId, messages: readonly MessageLine[]) => Promise<void>;
  #messages: MessageLine[] = [];
  #bytes = 0;

  constructor(write: (mailbox: MailboxId, messages: readonly MessageLine[]) => Promise<void>) {
    this.#write = write;
  }

  /** True when that had it written. */
  async add(line: MessageLine): Promise<boolean> {
    const [first] = this.#messages;
    const full =
      this.#messages.length >= batchMessages || (first && this.#bytes + line.size > batchBytes);
    const flushed = full === true || (first !== undefined && first.mailbox !== line.mailbox);
    if (flushed) await this.flush();
    this.#messages.push(line);
    this.#bytes += line.size;
    return flushed;
  }

  async flush(): Promise<void> {
    const [first] = this.#messages;
    if (first === undefined) return;
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    await this.#write(first.mailbox as MailboxId, messages);
  }
}

interface Layout {
  readonly account: AccountLine;
  readonly layout: AccountLayout;
  readonly messages: number;
}

/** Everything of an account but its messages. `invalid` */
async function readLayout(folder: ArchiveFolder, canonical: string): Promise<Layout> {
  let account: AccountLine | undefined;
  const mailboxes: MailboxLine[] = [];
  const subscriptions: SubscriptionLine[] = [];
  let messages = 0;
  for await (const line of folder.lines(canonical)) {
    if (line.kind === 'account') account = line;
    else if (line.kind === 'mailbox') mailboxes.push(line);
    else if (line.kind === 'subscription') subscriptions.push(line);
    else if (line.kind === 'message') messages++;
  }
  if (account === undefined) throw new MailError('invalid', `${canonical}: no account line`);
  const layout: AccountLayout = {
    seq: account.seq as ModSeq,
    lastUidValidity: account.lastUidValidity,
    nextMailbox: account.nextMailbox,
    subscriptions: subscriptions.map(({ name }) => name as MailboxName),
    mailboxes: mailboxes.map((line) => ({
      id: line.id as MailboxId,
      name: line.name as MailboxName,
      uidValidity: line.uidValidity,
      uidNext: line.uidNext as Uid,
      highestModSeq: line.highestModSeq as ModSeq,
      specialUse: line.specialUse as SpecialUse | undefined,
      selectable: line.selectable,
      keywords: line.keywords,
      forgottenUpTo: line.forgottenUpTo as ModSeq,
      messages: line.messages,
      unseen: 0,
      deleted: 0,
      sizeBytes: 0,
      deletedBytes: 0,
    })),
  };
  return { account, layout, messages };
}

function identity(sha256: string, internalDate: number): string {
  return `${sha256.slice(0, 24)}${Math.floor(internalDate / 1000)}`;
}

async function release(contents: readonly (readonly [MessageLine, Content])[]): Promise<void> {
  await Promise.all(contents.map(([, content]) => content.release()));
}
