import Database from 'better-sqlite3';
import { MailError } from '../../core/errors.ts';

export type Connection = Database.Database;
export type Statement = Database.Statement;

/** How long a connection waits for another of this process; commits are milliseconds. */
const busyTimeoutMs = 10_000;
/** Measured with `bench/store.ts`: 4 KB pages write the least for letters of a few kilobytes. */
const pageSizeBytes = 4096;
const writerCacheKiB = 32 * 1024;
const readerCacheKiB = 4 * 1024;
const readerMapBytes = 1024 * 1024 * 1024;
/** A log that grew beyond this in a burst is cut back when it starts anew. */
const logKeptBytes = 64 * 1024 * 1024;

/**
 * The connection that writes: there is one for each file. A commit is on the disk when it returns. The log is copied
 * into the database by the writer between commits, never inside one.
 */
export function openForWriting(file: string): Connection {
  const db = new Database(file, { timeout: busyTimeoutMs });
  try {
    db.pragma(`page_size = ${pageSizeBytes}`);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('wal_autocheckpoint = 0');
    db.pragma(`journal_size_limit = ${logKeptBytes}`);
    db.pragma(`cache_size = -${writerCacheKiB}`);
    db.pragma('temp_store = MEMORY');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A connection that only copies a log into its database. */
export function openForCheckpoints(file: string): Connection {
  const db = new Database(file, { fileMustExist: true, timeout: busyTimeoutMs });
  // FULL would sync the log once more; the writer's commits have done that. The database is synced in either case.
  db.pragma('synchronous = NORMAL');
  db.pragma('wal_autocheckpoint = 0');
  return db;
}

/** A connection that reads what was committed, without waiting for writers. */
export function openForReading(file: string): Connection {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  db.pragma(`cache_size = -${readerCacheKiB}`);
  db.pragma(`mmap_size = ${readerMapBytes}`);
  return db;
}

/** One step forward of a schema; they are run in order and never edited after a release. */
export type Migration = string | ((db: Connection) => void);

/**
 * Brings a file to the newest schema, in one transaction: after a crash it has the old one or the new one.
 * A file from a newer program is refused with `invalid` rather than read in a wrong way.
 */
export function migrate(db: Connection, file: string, migrations: readonly Migration[]): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version === migrations.length) return;
  if (version > migrations.length) {
    throw new MailError(
      'invalid',
      `${file} has schema version ${version}, this program knows up to ${migrations.length}: use a newer program`,
    );
  }
  db.transaction(() => {
    for (const step of migrations.slice(version)) {
      if (typeof step === 'string') db.exec(step);
      else step(db);
    }
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}
