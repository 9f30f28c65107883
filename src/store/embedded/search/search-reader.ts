import { existsSync } from 'node:fs';
import type { TextPart } from '../../api.ts';
import { type Connection, openForReading, type Statement } from '../database.ts';
import { type FoundRows, verdict } from '../protocol.ts';
import type { Budget } from './compare-texts.ts';
import { type Comparison, isInField } from '../../common/texts/comparison.ts';
import { textVersion } from '../../common/texts/letter-text.ts';
import { emailOfRow, isDamage, rowOf, searchPath } from './search-schema.ts';

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
    const { value, damaged } = this.#ask((statements, mark): Omit<FoundRows, 'damaged'> => {
      const range = [rowOf(a, 0), rowOf(a, 0xffff_ffff)] as const;
      const rows = statements.find[part].all(query, ...range) as bigint[];
      const always = statements.unbounded.all(...range) as bigint[];
      return {
        mark,
        emails: Uint32Array.from(rows, emailOfRow),
        always: Uint32Array.from(always, emailOfRow),
      };
    });
    const nothing = { mark: 0, emails: new Uint32Array(), always: new Uint32Array() };
    return { ...(value ?? nothing), damaged };
  }

  /** A verdict for each content; those beyond the budget are for later, but for the first. */
  compare(
    comparison: Comparison,
    contents: readonly number[],
    budget: Budget,
  ): { readonly verdicts: Uint8Array; readonly damaged: boolean } {
    const { value, damaged } = this.#ask(({ compare }) => {
      const { wide, narrow } = comparison.needle;
      const statement = compare[comparison.name === undefined ? comparison.part : 'field'];
      const rows = statement.iterate({
        contents: JSON.stringify(contents),
        wide,
        narrow,
      }) as IterableIterator<ComparedRow>;
      const verdicts = new Uint8Array(contents.length).fill(verdict.unknown);
      for (const row of rows) {
        const [i, found, octets, wide, text] = row;
        if (budget.octets < 0) return verdicts.fill(verdict.later, i);
        budget.octets -= octets;
        const isElsewhere = found === verdict.holds && !isInField(text, wide === 1, comparison);
        verdicts[i] = isElsewhere ? verdict.lacks : found;
      }
      return verdicts;
    });
    const unknown = (): Uint8Array => new Uint8Array(contents.length).fill(verdict.unknown);
    return { verdicts: value ?? unknown(), damaged };
  }

  /** 0 when there is no index. */
  mark(): number {
    return this.#ask((_, mark) => mark).value ?? 0;
  }

  close(): void {
    this.#open?.db.close();
    this.#open = undefined;
  }

  /** Asks as of one commit; without a value where there is no index of this store and version. */
  #ask<T>(ask: (statements: Statements, mark: number) => T): {
    readonly value?: T;
    readonly damaged: boolean;
  } {
    if (this.#open === undefined && !existsSync(this.#path)) return { damaged: false };
    try {
      this.#open ??= this.#openFile();
      const { db, statements } = this.#open;
      db.exec('BEGIN');
      try {
        const mark = statements.mark.get(this.#store, textVersion) as number | undefined;
        if (mark === undefined) return { damaged: false };
        return { value: ask(statements, mark), damaged: false };
      } finally {
        if (db.inTransaction) db.exec('COMMIT');
      }
    } catch (error) {
      // The search goes on without the index; whoever asked has a damaged one made anew.
      this.close();
      return { damaged: isDamage(error) };
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

interface Statements {
  readonly find: Readonly<Record<TextPart, Statement>>;
  readonly compare: Readonly<Record<TextPart | 'field', Statement>>;
  readonly mark: Statement;
  readonly unbounded: Statement;
}

/** The text only of a header that holds the needle somewhere, when the value of a field is asked for. */
type ComparedRow = readonly [i: number, found: number, octets: number, wide: number, text: Buffer];

function prepare(db: Connection): Statements {
  const find = (part: TextPart): Statement =>
    db
      .prepare(`SELECT rowid FROM ${part} WHERE ${part} MATCH ? AND rowid BETWEEN ? AND ?`)
      .pluck()
      .safeIntegers();
  const compare = (part: TextPart, more = ''): Statement =>
    db
      .prepare(
        `SELECT want.key, CASE WHEN t IS NULL THEN ${verdict.unknown} ELSE ${found} END,
           ifnull(length(t), 0)${more}
         FROM json_each(@contents) AS want CROSS JOIN ${part}_text ON c = want.value`,
      )
      .raw();
  return {
    find: { header: find('header'), body: find('body') },
    compare: {
      header: compare('header'),
      body: compare('body'),
      field: compare('header', `, wide, iif(${found}, t, NULL)`),
    },
    mark: db.prepare('SELECT c FROM mark WHERE store = ? AND version = ?').pluck(),
    unbounded: db
      .prepare('SELECT id FROM unbounded WHERE id BETWEEN ? AND ?')
      .pluck()
      .safeIntegers(),
  };
}

/** NULL for a needle that no narrow text can hold. */
const found = 'ifnull(instr(t, iif(wide, @wide, @narrow)), 0) > 0';
