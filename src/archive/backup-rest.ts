import type { AccountId } from '../core/values.ts';
import type { StoredContent } from '../store/api.ts';
import type { ArchiveStore, AuditLine, OutboxLine, RecordLine } from './api.ts';
import { type ArchiveFolder, LineWriter, syncFolder } from './archive-folder.ts';
import type { LetterWriter } from './letter-writer.ts';

/** Records in one file of the audit log: all but the last one never change again. */
export const auditRecordsPerFile = 10_000;
/** Addresses of accounts kept in memory. */
const addressesKept = 10_000;

/** Writes all records; answers how many. */
export async function writeRecords(store: ArchiveStore, folder: ArchiveFolder): Promise<number> {
  const file = await folder.create(folder.recordsPath);
  let count = 0;
  try {
    const lines = new LineWriter(file);
    for await (const slice of recordLines(store)) {
      await lines.write(slice);
      count += slice.length;
    }
    await lines.end();
    await file.finish();
    await syncFolder(folder.path);
    return count;
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

/** Writes what waits in the outbox, its letters first; answers how many could not be read. */
export async function writeOutbox(
  store: ArchiveStore,
  folder: ArchiveFolder,
  letters: LetterWriter,
): Promise<number> {
  const file = await folder.create(folder.outboxPath);
  let damaged = 0;
  try {
    const lines = new LineWriter(file);
    for await (const { line, content } of outboxLines(store)) {
      const { sha256 } = line;
      const missing = await letters.write([{ sha256, open: () => Promise.resolve(content) }]);
      damaged += missing;
      if (missing === 0) await lines.write([line]);
    }
    await lines.end();
    await letters.sync();
    await file.finish();
    await syncFolder(folder.path);
    return damaged;
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

/**
 * Writes the audit log from its last file on. When a file was begun, those before it held all of their records, so they
 * are left as they are.
 */
export async function writeAudit(
  store: ArchiveStore,
  folder: ArchiveFolder,
  perFile = auditRecordsPerFile,
): Promise<void> {
  const last = (await folder.auditFiles()).at(-1) ?? 0;
  let open: { readonly number: number; readonly lines: LineWriter } | undefined;
  const finish = async (): Promise<void> => {
    await open?.lines.end();
    await open?.lines.file.finish();
    // In this order, so that a file which has its name says that those before it have theirs.
    await syncFolder(folder.auditPath);
    open = undefined;
  };
  try {
    for await (const line of auditLines(store, last * perFile)) {
      const number = Math.floor((line.id - 1) / perFile);
      if (open?.number !== number) {
        if (open !== undefined) await finish();
        const file = await folder.create(folder.auditFilePath(number));
        open = { number, lines: new LineWriter(file) };
      }
      await open.lines.write([line]);
    }
    if (open !== undefined) await finish();
  } catch (error) {
    await open?.lines.file.abandon();
    throw error;
  }
}

/** All records, some at a time. */
export async function* recordLines(
  store: ArchiveStore,
): AsyncGenerator<readonly RecordLine[], void, void> {
  for await (const slice of store.upkeep.records()) {
    yield slice.map(({ kind: of, ...record }) => ({ kind: 'record', of, ...record }));
  }
}

/** What waits in the outbox, with its letters. */
export async function* outboxLines(
  store: ArchiveStore,
): AsyncGenerator<{ readonly line: OutboxLine; readonly content: StoredContent }, void, void> {
  const addresses = new Addresses(store);
  for await (const { content, account, ...entry } of store.upkeep.outboxEntries()) {
    const address = await addresses.of(account);
    yield { line: { ...entry, account: address, size: content.sizeBytes }, content };
  }
}

/** The records of the audit log after that one. */
export async function* auditLines(
  store: ArchiveStore,
  after: number,
): AsyncGenerator<AuditLine, void, void> {
  const addresses = new Addresses(store);
  for await (const records of store.upkeep.auditRecords(after)) {
    for (const { account, ...record } of records) {
      yield { kind: 'audit', ...record, account: await addresses.of(account) };
    }
  }
}

/** Canonical addresses of accounts. */
class Addresses {
  readonly #store: ArchiveStore;
  readonly #known = new Map<AccountId, string | undefined>();

  constructor(store: ArchiveStore) {
    this.#store = store;
  }

  async of(account: AccountId | undefined): Promise<string | undefined> {
    if (account === undefined) return undefined;
    if (!this.#known.has(account)) {
      if (this.#known.size >= addressesKept) this.#known.clear();
      this.#known.set(account, (await this.#store.accounts.get(account))?.canonical);
    }
    return this.#known.get(account);
  }
}
