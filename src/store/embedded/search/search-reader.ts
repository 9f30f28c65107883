import { existsSync } from 'node:fs';
import type { TextPart } from '../../api.ts';
import { type Connection, openForReading, type Statement } from '../database.ts';
import type { FoundRows } from '../protocol.ts';
import { textVersion } from './letter-text.ts';
import { emailOfRow, isDamage, rowOf, searchPath, texts } from './search-schema.ts';

/** A search file as a reader sees it. */
export class SearchReader {
  readonly #path: string;
  readonly #store: string;
  #open: { readonly db: Connection; readonly statements: Statements } | undefined;

  constructor(folder: string, shard: number, store: string) {
    this.#path = searchPath(folder, shard);
    this.#store = store;
  }

  /**
   * Emails of the account with these trigrams, and the mark below which all contents are indexed: both of one commit.
   * A file that is missing or not of this program tells nothing: its mark is 0.
   */
  find(a: number, part: TextPart, query: string): FoundRows {
    return this.#ask((statements) => {
      const mark = statements.mark.get(this.#store, textVersion) as number | undefined;
      if (mark === undefined) return undefined;
      const range = [rowOf(a, 0), rowOf(a, 0xffff_ffff)] as const;
      const rows = statements[part].all(query, ...range) as bigint[];
      const always = part === 'body' ? (statements.unbounded.all(...range) as bigint[]) : [];
      return { mark, emails: Uint32Array.from([...rows, ...always], emailOfRow), damaged: false };
    });
  }

  /** 0 when there is no index. */
  mark(): number {
    return this.#ask((statements) => {
      const mark = statements.mark.get(this.#store, textVersion) as number | undefined;
      return mark === undefined ? undefined : { ...nothing(false), mark };
    }).mark;
  }

  close(): void {
    this.#open?.db.close();
    this.#open = undefined;
  }

  #ask(ask: (statements: Statements) => FoundRows | undefined): FoundRows {
    if (this.#open === undefined && !existsSync(this.#path)) return nothing(false);
    try {
      this.#open ??= this.#openFile();
      const { db, statements } = this.#open;
      db.exec('BEGIN');
      try {
        return ask(statements) ?? nothing(false);
      } finally {
        if (db.inTransaction) db.exec('COMMIT');
      }
    } catch (error) {
      // The search goes on without the index; whoever asked has a damaged one made anew.
      this.close();
      return nothing(isDamage(error));
    }
  }

  #openFile(): { readonly db: Connection; readonly statements: Statements } {
    const db = openForReading(this.#path);
    try {
      return { db, statements: prepare(db) };
    } catch (error) {
      db.close();
      throw error;
    }
  }
}

type Statements = Readonly<Record<TextPart | 'mark' | 'unbounded', Statement>>;

function prepare(db: Connection): Statements {
  const [header, body] = texts.map((part) =>
    db
      .prepare(`SELECT rowid FROM ${part} WHERE ${part} MATCH ? AND rowid BETWEEN ? AND ?`)
      .pluck()
      .safeIntegers(),
  ) as [Statement, Statement];
  return {
    header,
    body,
    mark: db.prepare('SELECT c FROM mark WHERE store = ? AND version = ?').pluck(),
    unbounded: db
      .prepare('SELECT id FROM unbounded WHERE id BETWEEN ? AND ?')
      .pluck()
      .safeIntegers(),
  };
}

function nothing(damaged: boolean): FoundRows {
  return { mark: 0, emails: new Uint32Array(), damaged };
}
