import type { AccountId } from '../core/values.ts';
import type { ArchiveStore, AuditLine, OutboxLine } from './api.ts';
import { type ArchiveFolder, LineWriter, syncFolder } from './archive-folder.ts';
import type { LetterWriter } from './letter-writer.ts';

/** Records in one file of the audit log: all but the last one never change again. */
export const auditRecordsPerFile = 10_000;
/** Addresses of accounts kept in memory. */
const addressesKept = 10_000;

/** Writes what waits in the outbox, its letters first; answers how many could not be read. */
export async function writeOutbox(
  store: ArchiveStore,
  folder: ArchiveFolder,
  letters: LetterWriter,
): Promise<number> {
  const addresses = new Addresses(store);
  const file = await folder.create(folder.outboxPath);
  let damaged = 0;
  try {
    const lines = new LineWriter(file);
    for await (const { content, sha256, account, ...entry } of store.upkeep.outboxEntries()) {
      const missing = await letters.write([{ sha256, open: () => Promise.resolve(content) }]);
      damaged += missing;
      if (missing > 0) continue;
      const size = content.sizeBytes;
      const address = await addresses.of(account);
      const line: OutboxLine = { ...entry, account: address, size, sha256 };
      await lines.write([line]);
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
  const addresses = new Addresses(store);
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
    for await (const records of store.upkeep.auditRecords(last * perFile)) {
      for (const { account, ...record } of records) {
        const number = Math.floor((record.id - 1) / perFile);
        if (open?.number !== number) {
          if (open !== undefined) await finish();
          const file = await folder.create(folder.auditFilePath(number));
          open = { number, lines: new LineWriter(file) };
        }
        const line: AuditLine = {
          kind: 'audit',
          ...record,
          account: await addresses.of(account),
        };
        await open.lines.write([line]);
      }
    }
    if (open !== undefined) await finish();
  } catch (error) {
    await open?.lines.file.abandon();
    throw error;
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
