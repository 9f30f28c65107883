import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { MailError } from '../../core/errors.ts';
import { damageText, isDamage } from './damaged-files.ts';
import { directoryPath } from './paths.ts';

/** What the whole folder agrees on, written once when it is made. */
export interface StoreFacts {
  /** Of the folder's layout; the schemas of the files have versions of their own. */
  readonly format: 1;
  readonly shards: number;
  readonly id: string;
}

const format = 1;

/**
 * Takes a folder for this process alone. The lock is the operating system's, so that it ends with the process
 * however that ends. `in-use` when another process, or another store of this one, has it; `invalid`: it is damaged.
 */
export function lockFolder(folder: string): () => void {
  makeFolder(resolve(folder));
  const path = join(folder, 'lock.sqlite');
  const lock = new Database(path, { timeout: 0 });
  try {
    lock.pragma('journal_mode = DELETE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if (isDamage(cause)) {
      const text = `${path} is damaged; there is nothing in it: remove it when no server runs`;
      throw new MailError('invalid', text, { cause });
    }
    throw new MailError('in-use', `The data folder ${folder} is in use by another process`, {
      cause,
    });
  }
  return () => {
    lock.close();
  };
}

/** Reads what the folder was made with, or makes it. Rejects a damaged one, or one of a newer program: `invalid`. */
export function storeFacts(folder: string, shards: number): StoreFacts {
  const path = join(folder, 'store.json');
  if (existsSync(path)) {
    const facts = readFacts(path);
    if (facts.format !== format || facts.shards === undefined || facts.id === undefined) {
      throw new MailError('invalid', `${path} was written by another version of the program`);
    }
    return { format, shards: facts.shards, id: facts.id };
  }
  if (existsSync(directoryPath(folder))) {
    throw new MailError('invalid', `${path} is missing, but the folder holds a store`);
  }
  const facts: StoreFacts = { format, shards, id: randomUUID() };
  writeDurably(folder, path, `${JSON.stringify(facts)}\n`);
  return facts;
}

function readFacts(path: string): Partial<StoreFacts> {
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text) as Partial<StoreFacts>;
  } catch (cause) {
    throw new MailError('invalid', damageText(path, 'it is not what was written'), { cause });
  }
}

function writeDurably(folder: string, path: string, text: string): void {
  const file = openSync(`${path}.new`, 'w', 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  syncFolderNow(folder);
}

/** Makes a folder with those above it, so that a power cut does not take their names away. */
function makeFolder(folder: string): void {
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  for (let path = folder; path.length >= made.length; path = dirname(path)) {
    syncFolderNow(dirname(path));
  }
}

/** Makes the names in a folder durable. Blocks: for the open. */
export function syncFolderNow(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
