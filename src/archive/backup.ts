import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { MailError } from '../core/errors.ts';
import type { AccountId, EmailId } from '../core/values.ts';
import type { Account } from '../store/api.ts';
import {
  type AccountLine,
  archiveFormat,
  type ArchiveLine,
  type ArchiveProgress,
  type ArchiveStore,
  type MessageLine,
} from './api.ts';
import {
  ArchiveFolder,
  makeFolder,
  type NewFile,
  readLines,
  syncFolder,
} from './archive-folder.ts';

export interface BackupResult {
  readonly accounts: number;
  /** Nothing had changed since their last backup. */
  readonly unchanged: number;
  readonly messages: number;
  readonly letters: number;
  readonly bytes: number;
  /** Letters that are not what was received: they are not in the backup. */
  readonly damaged: number;
}

/** Letters that are written at once, so that their syncs share the disk's time. */
const lettersAtOnce = 16;
const pieceBytes = 128 * 1024;
const pageSize = 200;
/** Folders that a backup is being written to by this process. */
const busy = new Set<string>();

/**
 * Backs up all accounts, or one, beside the running mail: each account as of one commit. What the folder holds already
 * is not written again, and a run that was cut off is taken up by the next.
 */
export async function* backUp(
  store: ArchiveStore,
  path: string,
  only: Account | undefined,
  now: () => number,
): AsyncGenerator<ArchiveProgress, BackupResult, void> {
  if (busy.has(path)) throw new MailError('in-use', `${path} is being written already`);
  busy.add(path);
  try {
    const folder = new ArchiveFolder(path);
    await folder.begin();
    const about = {
      format: archiveFormat,
      startedAt: new Date(now()).toISOString(),
      ...(only !== undefined && { account: only.canonical }),
    } as const;
    await folder.writeState({ ...about, state: 'running' });
    const writer = new BackupWriter(store, folder);
    if (only === undefined) yield* writer.writeAll();
    else yield* writer.writeAccount(only);
    await syncFolder(folder.accountsPath);
    const { damaged } = writer.result;
    // All that the folder holds, also those of earlier runs.
    const accounts = (await folder.accounts()).length;
    const finishedAt = new Date(now()).toISOString();
    await folder.writeState({ ...about, state: 'complete', finishedAt, accounts, damaged });
    return writer.result;
  } finally {
    busy.delete(path);
  }
}

class BackupWriter {
  readonly #store: ArchiveStore;
  readonly #folder: ArchiveFolder;
  readonly #prefixes = new Set<string>();
  #expected: number | undefined;
  #accounts = 0;
  #unchanged = 0;
  #messages = 0;
  #letters = 0;
  #bytes = 0;
  #damaged = 0;

  constructor(store: ArchiveStore, folder: ArchiveFolder) {
    this.#store = store;
    this.#folder = folder;
  }

  get result(): BackupResult {
    return {
      accounts: this.#accounts,
      unchanged: this.#unchanged,
      messages: this.#messages,
      letters: this.#letters,
      bytes: this.#bytes,
      damaged: this.#damaged,
    };
  }

  async *writeAll(): AsyncGenerator<ArchiveProgress, void, void> {
    let expected = 0;
    for await (const { id } of allAccounts(this.#store)) {
      expected += (await this.#store.quota(id)).usedMessages;
    }
    this.#expected = expected;
    for await (const account of allAccounts(this.#store)) yield* this.writeAccount(account);
  }

  async *writeAccount(account: Account): AsyncGenerator<ArchiveProgress, void, void> {
    this.#accounts++;
    if (await this.#isUnchanged(account)) {
      this.#unchanged++;
      this.#messages += (await this.#store.quota(account.id)).usedMessages;
      yield this.#progress(account);
      return;
    }
    const file = await this.#folder.create(this.#folder.accountPath(account.canonical));
    try {
      await this.#writeLines(account, file);
      await file.close();
      // Letters never change, so they are read when the snapshot is closed: the log does not wait for them.
      yield* this.#writeLetters(account, file.unfinishedPath);
      await file.name();
    } catch (error) {
      await file.abandon();
      throw error;
    }
    yield this.#progress(account);
  }

  #progress({ canonical }: Account): ArchiveProgress {
    return {
      account: canonical,
      accounts: this.#accounts,
      messages: this.#messages,
      bytes: this.#bytes,
      ...(this.#expected !== undefined && { messagesExpected: this.#expected }),
    };
  }

  async #isUnchanged(account: Account): Promise<boolean> {
    const before = await this.#folder.firstLine(account.canonical).catch(() => undefined);
    if (before?.kind !== 'account') return false;
    const now = { ...before, ...accountFields(account), seq: before.seq };
    return (
      JSON.stringify(now) === JSON.stringify(before) &&
      before.seq === (await this.#store.upkeep.changeNumber(account.id))
    );
  }

  async #writeLines(account: Account, file: NewFile): Promise<void> {
    const snapshot = await this.#store.upkeep.snapshot(account.id);
    const hash = createHash('sha256');
    let lines = 0;
    const write = async (values: readonly ArchiveLine[]): Promise<void> => {
      const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
      hash.update(text);
      lines += values.length;
      await file.write(Buffer.from(text));
    };
    try {
      const { seq, lastUidValidity, nextMailbox, mailboxes } = snapshot;
      const messages = mailboxes.reduce((sum, mailbox) => sum + mailbox.messages, 0);
      const numbers = { seq, lastUidValidity, nextMailbox, messages };
      await write([
        { kind: 'account', format: archiveFormat, ...accountFields(account), ...numbers },
      ]);
      await write(
        mailboxes.map((mailbox) => ({
          kind: 'mailbox',
          id: mailbox.id,
          name: mailbox.name,
          uidValidity: mailbox.uidValidity,
          uidNext: mailbox.uidNext,
          highestModSeq: mailbox.highestModSeq,
          specialUse: mailbox.specialUse,
          selectable: mailbox.selectable,
          keywords: mailbox.keywords,
          forgottenUpTo: mailbox.forgottenUpTo,
          messages: mailbox.messages,
        })),
      );
      await write(snapshot.subscriptions.map((name) => ({ kind: 'subscription', name })));
      for (const { id: mailbox } of mailboxes) {
        for await (const slice of snapshot.messages(mailbox)) {
          await write(
            slice.map(({ sizeBytes: size, sha256 = null, ...message }) => ({
              kind: 'message',
              mailbox,
              ...message,
              size,
              sha256,
            })),
          );
        }
        for await (const slice of snapshot.tombstones(mailbox)) {
          await write(slice.map((tombstone) => ({ kind: 'tombstone', mailbox, ...tombstone })));
        }
      }
    } finally {
      await snapshot.close();
    }
    const end: ArchiveLine = { kind: 'end', lines, sha256: hash.digest('hex') };
    await file.write(Buffer.from(`${JSON.stringify(end)}\n`));
  }

  async *#writeLetters(
    account: Account,
    path: string,
  ): AsyncGenerator<ArchiveProgress, void, void> {
    let batch = new Map<string, MessageLine>();
    this.#prefixes.clear();
    for await (const line of readLines(path)) {
      const value = JSON.parse(line) as ArchiveLine;
      if (value.kind !== 'message') continue;
      this.#messages++;
      if (value.sha256 === null) this.#damaged++;
      else if (!batch.has(value.sha256)) batch.set(value.sha256, value);
      if (batch.size < lettersAtOnce) continue;
      await this.#writeBatch(account.id, batch);
      batch = new Map();
      yield this.#progress(account);
    }
    await this.#writeBatch(account.id, batch);
    for (const prefix of this.#prefixes) await syncFolder(prefix);
    if (this.#prefixes.size > 0) await syncFolder(this.#folder.lettersPath);
  }

  async #writeBatch(account: AccountId, batch: ReadonlyMap<string, MessageLine>): Promise<void> {
    await Promise.all([...batch].map(([sha256, line]) => this.#writeLetter(account, sha256, line)));
  }

  async #writeLetter(account: AccountId, sha256: string, line: MessageLine): Promise<void> {
    const path = this.#folder.letterPath(sha256);
    const prefix = dirname(path);
    // Also for one that is there: an earlier run may have been cut off before it synced the folder.
    this.#prefixes.add(prefix);
    await makeFolder(prefix);
    if (await this.#folder.has(path)) return;
    const content = await this.#store.content(account, line.email as EmailId);
    if (content === undefined) {
      this.#damaged++;
      return;
    }
    const file = await this.#folder.create(path);
    try {
      const hash = createHash('sha256');
      for (let at = 0; at < content.sizeBytes;) {
        const piece = await content.read(at, pieceBytes);
        if (piece.length === 0) break;
        hash.update(piece);
        await file.write(piece);
        at += piece.length;
      }
      if (hash.digest('hex') !== sha256)
        throw new MailError('unavailable', 'Not what was received');
      await file.finish();
      this.#letters++;
      this.#bytes += content.sizeBytes;
    } catch (error) {
      await file.abandon();
      // A letter that cannot be read does not keep the others from being saved; a full disk does.
      if (!(error instanceof MailError)) throw error;
      this.#damaged++;
    }
  }
}

function accountFields(
  account: Account,
): Omit<AccountLine, 'kind' | 'format' | 'seq' | 'lastUidValidity' | 'nextMailbox' | 'messages'> {
  const { address, canonical, status, credentials, quota, createdAt } = account;
  return { address, canonical, status, credentials, quota, createdAt };
}

export async function* allAccounts(
  store: Pick<ArchiveStore, 'accounts'>,
): AsyncGenerator<Account, void, void> {
  for (let after: string | undefined; ;) {
    const page = await store.accounts.list({
      limit: pageSize,
      ...(after !== undefined && { after }),
    });
    yield* page;
    after = page.at(-1)?.canonical;
    if (after === undefined || page.length < pageSize) return;
  }
}
