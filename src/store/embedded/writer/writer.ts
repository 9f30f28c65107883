import { MailError } from '../../../core/errors.ts';
import { diskFull } from '../../common/cannot-write.ts';
import { cannotOpen, type DamagedShard, isDamage, reasonOf } from '../damaged-files.ts';
import { type Connection, migrate, openForWriting } from '../database.ts';
import { checkpointForcedPages, checkpointPages } from '../limits.ts';
import { directoryPath, shardPath } from '../paths.ts';
import {
  type Answer,
  directoryFile,
  type DirectoryOps,
  type Op,
  type Report,
  type ShardOps,
} from '../protocol.ts';
import { directoryMigrations, shardMigrations } from '../schema.ts';
import { Directory } from './directory.ts';
import { settleAccounts } from './ops/accounts.ts';
import { append } from './ops/append.ts';
import { collect, unlink } from './ops/collect.ts';
import { copy } from './ops/copy.ts';
import { accept, deliver } from './ops/deliver.ts';
import { expunge } from './ops/expunge.ts';
import { createMailbox, deleteMailbox, renameMailbox, subscribe } from './ops/mailboxes.ts';
import { claim, settle } from './ops/outbox.ts';
import { storeFlags } from './ops/store-flags.ts';
import { mendContent, mendCounters, mendIdentity, mendLink } from './ops/mend.ts';
import {
  beginRestore,
  finishRestore,
  restoreDeleted,
  restoreIds,
  restoreMessages,
  restoreRelay,
  restoreTombstones,
} from './ops/restore.ts';
import { undelete } from './ops/undelete.ts';
import { Shard } from './shard.ts';

const shardOps: {
  readonly [K in keyof ShardOps]: (
    shard: Shard,
    args: ShardOps[K]['args'],
  ) => ShardOps[K]['result'];
} = {
  accept,
  deliver,
  append,
  storeFlags,
  copy,
  expunge,
  createMailbox,
  deleteMailbox,
  renameMailbox,
  subscribe,
  settleAccounts,
  claim,
  settle,
  collect,
  unlink,
  beginRestore,
  restoreMessages,
  restoreTombstones,
  restoreDeleted,
  restoreIds,
  restoreRelay,
  finishRestore,
  undelete,
  mendCounters,
  mendLink,
  mendIdentity,
  mendContent,
};

const directoryOps: {
  readonly [K in keyof DirectoryOps]: (
    directory: Directory,
    args: DirectoryOps[K]['args'],
  ) => DirectoryOps[K]['result'];
} = {
  createAccounts: (directory, args) => directory.createAccounts(args),
  updateAccount: (directory, args) => directory.updateAccount(args),
  settled: (directory, args) => {
    directory.settled(args);
  },
  audit: (directory, args) => {
    directory.audit(args);
  },
  restoreAudit: (directory, args) => directory.restoreAudit(args),
  insertRecords: (directory, args) => directory.insertRecords(args),
  restoreRecords: (directory, args) => directory.restoreRecords(args),
  replaceRecord: (directory, args) => directory.replaceRecord(args),
  removeRecord: (directory, args) => directory.removeRecord(args),
};

/** How often a busy writer looks how long its logs are. */
const commitsBetweenLooks = 32;

/** A file with its writer: what one transaction works on. */
interface Target {
  readonly db: Connection;
  run(op: Op): unknown;
  flush(): void;
  /** After a rollback. */
  forget(): void;
  takeEvents(): Report['events'];
  /** Commits since somebody looked how long the log is. */
  unlooked: number;
}

/**
 * Runs operations in groups: one transaction for each file of a group, one fsync for all of its operations.
 * Owns its files: no other writer has them open.
 */
export class Writer {
  readonly #targets = new Map<number, Target>();

  /** Shards that could not be opened: the others go on. */
  readonly damaged: readonly DamagedShard[];

  /** Throws for a file of a newer program, and for the directory: without it nothing can be done. */
  constructor(folder: string, shards: number, files: readonly number[]) {
    const damaged: DamagedShard[] = [];
    for (const file of files) {
      try {
        const target =
          file === directoryFile ? openDirectory(folder) : openShard(folder, shards, file);
        this.#targets.set(file, target);
      } catch (error) {
        if (error instanceof MailError) throw error;
        if (file === directoryFile) throw cannotOpen(directoryPath(folder), error);
        damaged.push({ shard: file, reason: reasonOf(error) });
      }
    }
    this.damaged = damaged;
  }

  /** Runs a group; there is a report for each file, after its commit. */
  *run(ops: readonly Op[]): Generator<Report> {
    const byFile = new Map<number, Op[]>();
    for (const op of ops) {
      const list = byFile.get(op.file);
      if (list === undefined) byFile.set(op.file, [op]);
      else list.push(op);
    }
    for (const [file, list] of byFile) {
      const target = this.#targets.get(file);
      if (target === undefined) throw new Error(`file ${file} is not of this writer`);
      yield* commit(target, list);
    }
  }

  /**
   * Files whose logs have grown enough to be copied by the checkpoint thread. A log that outgrows all bounds because
   * commits never pause is copied here, to its end, so that the next commit can begin it anew.
   */
  longLogs(idle: boolean): number[] {
    const long: number[] = [];
    for (const [file, target] of this.#targets) {
      if (target.unlooked < (idle ? 1 : commitsBetweenLooks)) continue;
      target.unlooked = 0;
      const { log, checkpointed } = lookAt(target.db, 'NOOP');
      if (log >= checkpointForcedPages) lookAt(target.db, 'PASSIVE');
      else if (log - checkpointed >= checkpointPages) long.push(file);
    }
    return long;
  }

  close(): void {
    for (const { db } of this.#targets.values()) {
      try {
        db.pragma('wal_checkpoint(TRUNCATE)');
      } catch {
        // The log keeps what it has, and the next open copies it; the other files must not wait for that.
      }
      db.close();
    }
    this.#targets.clear();
  }
}

/** Pages in the log, and how many of them are in the database already. */
function lookAt(
  db: Connection,
  mode: 'NOOP' | 'PASSIVE',
): { readonly log: number; readonly checkpointed: number } {
  const [state] = db.pragma(`wal_checkpoint(${mode})`) as [{ log: number; checkpointed: number }];
  return state;
}

/** One transaction for all; when one operation breaks it, one for each, so that it cannot fail the others. */
function* commit(target: Target, ops: readonly Op[]): Generator<Report> {
  try {
    yield transaction(target, ops);
    return;
  } catch (error) {
    if (ops.length === 1) {
      yield broken(ops, error);
      return;
    }
  }
  for (const op of ops) {
    let report: Report;
    try {
      report = transaction(target, [op]);
    } catch (error) {
      report = broken([op], error);
    }
    yield report;
  }
}

/** All operations and one commit. An operation that is refused has written nothing; any other error undoes all. */
function transaction(target: Target, ops: readonly Op[]): Report {
  const { db } = target;
  target.unlooked++;
  try {
    db.exec('BEGIN IMMEDIATE');
    const answers = ops.map((op): Answer => {
      try {
        return { id: op.id, value: target.run(op) };
      } catch (error) {
        if (!(error instanceof MailError)) throw error;
        return { id: op.id, failure: error.failure, message: error.message };
      }
    });
    target.flush();
    db.exec('COMMIT');
    return { answers, events: target.takeEvents() };
  } catch (error) {
    // First of all: whatever becomes of the rollback, memory must not keep what was not committed.
    target.forget();
    // SQLite ends the transaction by itself on some errors, such as a full disk.
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function broken(ops: readonly Op[], error: unknown): Report {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // A full or failing disk is the machine's state; anything else is a mistake of ours.
  const machine = /^SQLITE_(FULL|IOERR|BUSY|NOMEM|CANTOPEN|READONLY|CORRUPT|NOTADB)/.test(code);
  const full = code === 'SQLITE_FULL';
  const message = full ? diskFull : machine ? 'The store cannot write now' : 'Internal error';
  const failure = full ? 'disk-full' : machine ? 'unavailable' : 'internal';
  const answers = ops.map(({ id }): Answer => ({ id, failure, message }));
  const kinds = ops.map(({ kind }) => kind).join(' ');
  const trouble = `${kinds}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  const file = ops[0]?.file;
  const damaged =
    file !== undefined && isDamage(error) ? { file, reason: reasonOf(error) } : undefined;
  return { answers, events: undefined, trouble, damaged };
}

function openShard(folder: string, shards: number, number: number): Target {
  const file = shardPath(folder, number);
  const db = openForWriting(file);
  const shard = openOrClose(db, () => {
    migrate(db, file, shardMigrations);
    const opened = new Shard(number, shards, db);
    opened.outbox.releaseAll();
    return opened;
  });
  return {
    db,
    unlooked: 0,
    run(op) {
      shard.now = op.now;
      const run = shardOps[op.kind as keyof ShardOps] as (shard: Shard, args: unknown) => unknown;
      return run(shard, op.args);
    },
    flush() {
      shard.flush();
    },
    forget() {
      shard.forget();
    },
    takeEvents: () => shard.events.take(),
  };
}

function openDirectory(folder: string): Target {
  const file = directoryPath(folder);
  const db = openForWriting(file);
  const directory = openOrClose(db, () => {
    migrate(db, file, directoryMigrations);
    return new Directory(db);
  });
  return {
    db,
    unlooked: 0,
    run(op) {
      directory.now = op.now;
      const run = directoryOps[op.kind as keyof DirectoryOps] as (
        directory: Directory,
        args: unknown,
      ) => unknown;
      return run(directory, op.args);
    },
    flush: () => undefined,
    forget: () => undefined,
    takeEvents: () => undefined,
  };
}

/** A file that cannot be worked with is not kept open: it is to be replaced. */
function openOrClose<T>(db: Connection, open: () => T): T {
  try {
    return open();
  } catch (error) {
    db.close();
    throw error;
  }
}
