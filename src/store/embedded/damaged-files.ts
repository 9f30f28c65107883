import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { MailError } from '../../core/errors.ts';
import { directoryPath, shardPath } from './paths.ts';

/** A shard that cannot be used, and why: for the log, not for clients. */
export interface DamagedShard {
  readonly shard: number;
  readonly reason: string;
}

const remedy =
  'If the disk and the permissions are in order, the file is damaged: stop the server, put a copy in its place ' +
  '(without a -wal file of the damaged one) or restore a backup into a new data folder, and keep the damaged file ' +
  'until all is well';

/** What an operator is told of a file: its name, what was found, and what to do. */
export function damageText(file: string, reason: string): string {
  return `${file} cannot be used: ${reason}. ${remedy}`;
}

/** For a file without which nothing works: `invalid` when it is damaged, `unavailable` when it cannot be reached. */
export function cannotOpen(file: string, cause: unknown): MailError {
  const failure = isDamage(cause) ? 'invalid' : 'unavailable';
  return new MailError(failure, damageText(file, reasonOf(cause)), { cause });
}

/** Whether an error of SQLite tells of a file that will not get better by itself. */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error));
}

/** What an error says, with the code of SQLite or of the system. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  return code === '' ? message : `${message} (${code})`;
}

/** What becomes of a question to a shard that could not be opened. */
export function leftOut(): MailError {
  return new MailError('unavailable', 'A part of the store is not available');
}

/**
 * Shards whose file is missing or empty although accounts are in it. An empty one in its place would hide the loss,
 * and would give UIDs and sequence numbers again. `invalid`: the same of the directory, without which nothing works.
 */
export function missingShards(folder: string, shards: number): DamagedShard[] {
  const numbers = Array.from({ length: shards }, (_, number) => number);
  if (!isMade(directoryPath(folder))) {
    for (const number of numbers) {
      const file = shardPath(folder, number);
      if (isMade(file) && holds(file, 'mbx', 'SELECT 1 FROM mbx LIMIT 1')) {
        const text = damageText(directoryPath(folder), 'it is missing, but the folder holds mail');
        throw new MailError('invalid', text);
      }
    }
    return [];
  }
  const settled = `SELECT 1 FROM account WHERE a % ? = ? AND a NOT IN (SELECT a FROM unsettled) LIMIT 1`;
  return numbers
    .filter((number) => !isMade(shardPath(folder, number)))
    .filter((number) => holds(directoryPath(folder), 'unsettled', settled, shards, number))
    .map((shard) => ({ shard, reason: 'it is missing or empty, but accounts are in it' }));
}

/** The first thing that SQLite writes is a page. */
function isMade(file: string): boolean {
  return existsSync(file) && statSync(file).size > 0;
}

/** Whether the table is there and the query finds something. A file that cannot be asked is not a new one. */
function holds(file: string, table: string, query: string, ...args: number[]): boolean {
  try {
    const db = new Database(file, { fileMustExist: true });
    try {
      const made = db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table);
      return made !== undefined && db.prepare(query).get(...args) !== undefined;
    } finally {
      db.close();
    }
  } catch {
    return true;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
