import { MailError } from '../core/errors.ts';
import type { EmailId } from '../core/values.ts';
import type { Account } from '../store/api.ts';
import { archiveFormat, type ArchiveLine, type ArchiveProgress, type ArchiveStore } from './api.ts';
import {
  ArchiveFolder,
  LineWriter,
  type NewFile,
  readLines,
  syncFolder,
} from './archive-folder.ts';
import { writeAudit, writeOutbox, writeRecords } from './backup-rest.ts';
import { LetterWriter, type WantedLetter } from './letter-writer.ts';
import { accountFields, snapshotLines } from './snapshot-lines.ts';

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
    await folder.begin(store.upkeep.storeId);
    const before = await folder.state().catch(() => undefined);
    const about = {
      format: archiveFormat,
      store: store.upkeep.storeId,
      startedAt: new Date(now()).toISOString(),
      ...(only !== undefined && { account: only.canonical }),
    } as const;
    // Those of the last backup of all, when this is of one account.
    const kept = before?.records !== undefined && { records: before.records };
    await folder.writeState({ ...about, ...kept, state: 'running' });
    const writer = new BackupWriter(store, folder);
    try {
      if (only === undefined) yield* writer.writeAll();
      else yield* writer.writeAccount(only);
    } finally {
      await writer.close();
    }
    await syncFolder(folder.accountsPath);
    const { damaged } = writer.result;
    const { records } = writer;
    const written = records === undefined ? kept : { records };
    // All that the folder holds, also those of earlier runs.
    const accounts = (await folder.accounts()).length;
    const finishedAt = new Date(now()).toISOString();
    await folder.writeState({
      ...about,
      state: 'complete',
      finishedAt,
      accounts,
      ...written,
      damaged,
    });
    return writer.result;
  } finally {
    busy.delete(path);
  }
}

class BackupWriter {
  readonly #store: ArchiveStore;
  readonly #folder: ArchiveFolder;
  readonly #letters: LetterWriter;
  #expected: number | undefined;
  #accounts = 0;
  #unchanged = 0;
  #messages = 0;
  #damaged = 0;
  /** How many were written; undefined while none were to be. */
  records: number | undefined;

  constructor(store: ArchiveStore, folder: ArchiveFolder) {
    this.#store = store;
    this.#folder = folder;
    this.#letters = new LetterWriter(folder);
  }

  get result(): BackupResult {
    return {
      accounts: this.#accounts,
      unchanged: this.#unchanged,
      messages: this.#messages,
      letters: this.#letters.letters,
      bytes: this.#letters.bytes,
      damaged: this.#damaged,
    };
  }

  async *writeAll(): AsyncGenerator<ArchiveProgress, void, void> {
    let expected = 0;
    for await (const { id } of allAccounts(this.#store)) {
      expected += (await this.#store.quota(id)).usedMessages;
    }
    this.#expected = expected;
    // Before the accounts: whoever makes an account for a record finds one that is there already, and never misses one.
    this.records = await writeRecords(this.#store, this.#folder);
    for await (const account of allAccounts(this.#store)) yield* this.writeAccount(account);
    this.#damaged += await writeOutbox(this.#store, this.#folder, this.#letters);
    await writeAudit(this.#store, this.#folder);
  }

  close(): Promise<void> {
    return this.#letters.close();
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
      bytes: this.#letters.bytes,
      ...(this.#expected !== undefined && { messagesExpected: this.#expected }),
    };
  }

  async #isUnchanged(account: Account): Promise<boolean> {
    const before = await this.#folder.firstLine(account.canonical).catch(() => undefined);
    if (before?.kind !== 'account') return false;
    const now = { ...before, ...accountFields(account), seq: before.seq };
    return (
      JSON.stringify(now) === JSON.stringify(before) &&
      before.format === archiveFormat &&
      before.seq === (await this.#store.upkeep.changeNumber(account.id))
    );
  }

  async #writeLines(account: Account, file: NewFile): Promise<void> {
    const snapshot = await this.#store.upkeep.snapshot(account.id);
    const lines = new LineWriter(file);
    try {
      for await (const slice of snapshotLines(account, snapshot)) await lines.write(slice);
    } finally {
      await snapshot.close();
    }
    await lines.end();
  }

  async *#writeLetters(
    account: Account,
    path: string,
  ): AsyncGenerator<ArchiveProgress, void, void> {
    let batch = new Map<string, WantedLetter>();
    for await (const text of readLines(path)) {
      const line = JSON.parse(text) as ArchiveLine;
      if (line.kind !== 'message' && line.kind !== 'deleted') continue;
      if (line.kind === 'message') this.#messages++;
      const { sha256, email } = line;
      if (sha256 === null) this.#damaged++;
      else {
        const open = (): ReturnType<ArchiveStore['content']> =>
          this.#store.content(account.id, email as EmailId);
        batch.set(sha256, { sha256, open });
      }
      if (batch.size < lettersAtOnce) continue;
      this.#damaged += await this.#letters.write([...batch.values()]);
      batch = new Map();
      yield this.#progress(account);
    }
    this.#damaged += await this.#letters.write([...batch.values()]);
    await this.#letters.sync();
  }
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
