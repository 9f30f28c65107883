import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { TextPart } from '../../api.ts';
import type { Connection } from '../database.ts';
import { textVersion } from '../../common/texts/letter-text.ts';

/*
 * `search-N.sqlite`: which texts hold which trigrams, for the contents of shard N, and the texts. A projection: it may
 * be thrown away at any time and is never synced by a commit of mail. A row of trigrams is an email of an account:
 * `rowid` is a * 2^32 + e, so that a search reads the range of its account and nothing of others. Without positions
 * (`detail=none`) they take a quarter of the letters' size; what they find is compared with the texts, which are kept
 * once for each content.
 */
const schema = `
  CREATE TABLE mark (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store TEXT NOT NULL, -- the id of the store it was made from
    version INTEGER NOT NULL, -- of the texts, see letter-text.ts
    c INTEGER NOT NULL -- every content below this number is indexed, with this version
  ) STRICT;
  CREATE VIRTUAL TABLE header USING fts5(
    t, content='', contentless_delete=1, detail=none, tokenize='trigram case_sensitive 1');
  CREATE VIRTUAL TABLE body USING fts5(
    t, content='', contentless_delete=1, detail=none, tokenize='trigram case_sensitive 1');
  -- Emails with a text that has too many different trigrams, or could not be read: every search looks at them.
  CREATE TABLE unbounded (id INTEGER PRIMARY KEY) STRICT;
  -- What needles are compared with, see kept-text.ts; NULL: the letter itself.
  CREATE TABLE header_text (c INTEGER PRIMARY KEY, wide INTEGER NOT NULL, t BLOB) STRICT;
  CREATE TABLE body_text (c INTEGER PRIMARY KEY, wide INTEGER NOT NULL, t BLOB) STRICT;
`;

/** Texts of two to three kilobytes leave half of a page of 4 KB empty. */
const pageSizeBytes = 8192;
const pendingBytes = 16 * 1024 * 1024;
/** Segments of a level that FTS5 lets gather before it merges them: twice its own 4, a sixth less CPU for a tenth more room. */
const gatheredSegments = 8;
const cacheKiB = 8 * 1024;

export const texts = ['header', 'body'] as const satisfies readonly TextPart[];

const tables = ['mark', 'unbounded', ...texts, ...texts.map((part) => `${part}_text`)];

export function searchPath(folder: string, shard: number): string {
  return join(folder, `search-${shard}.sqlite`);
}

export function rowOf(a: number, e: number): bigint {
  return (BigInt(a) << 32n) | BigInt(e);
}

export function emailOfRow(row: bigint): number {
  return Number(row & 0xffff_ffffn);
}

export function accountOfRow(row: bigint): number {
  return Number(row >> 32n);
}

/**
 * The file as its one writer opens it, made anew when it is not there, of other texts, or of another store. Commits
 * are not synced: after a power cut the file is an older one of its own, and what is missing is indexed again.
 */
export function openSearchFile(path: string, store: string): Connection {
  const db = new Database(path, { timeout: 10_000 });
  try {
    db.pragma(`page_size = ${pageSizeBytes}`);
    if (db.pragma('page_size', { simple: true }) !== pageSizeBytes) {
      // Of an older layout, which no reader of this program keeps open.
      db.close();
      removeSearchFile(path);
      return openSearchFile(path, store);
    }
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma(`cache_size = -${cacheKiB}`);
    db.pragma('temp_store = MEMORY');
    if (!isCurrent(db, store)) makeAnew(db, store);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** In place, so that readers who have the file open see the new one. */
export function makeAnew(db: Connection, store: string): void {
  db.transaction(() => {
    for (const table of tables) db.exec(`DROP TABLE IF EXISTS ${table}`);
    db.exec(schema);
    for (const text of texts) {
      db.exec(`INSERT INTO ${text} (${text}, rank) VALUES ('hashsize', ${pendingBytes})`);
      db.exec(`INSERT INTO ${text} (${text}, rank) VALUES ('automerge', ${gatheredSegments})`);
    }
    db.prepare('INSERT INTO mark VALUES (1, ?, ?, 1)').run(store, textVersion);
  }).immediate();
}

/** Whether an error tells of a file that will not get better. */
export function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^SQLITE_(CORRUPT|NOTADB)/.test(code);
}

/** For a file that cannot be read: nobody may have it open. */
export function removeSearchFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) rmSync(path + suffix);
  }
}

function isCurrent(db: Connection, store: string): boolean {
  const made = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'mark'`).get();
  if (made === undefined) return false;
  const mark = db.prepare('SELECT store, version FROM mark').get() as
    { store: string; version: number } | undefined;
  return mark?.store === store && mark.version === textVersion;
}
