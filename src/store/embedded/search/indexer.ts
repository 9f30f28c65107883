import type { TextPart } from '../../api.ts';
import { readBodyFile } from '../body-files.ts';
import { type Connection, openForReading, type Statement } from '../database.ts';
import { emailOf, placeOf } from '../email-place.ts';
import { collectSlice, indexedChars, indexedContents } from '../limits.ts';
import { unpackParts } from '../../common/part-pack.ts';
import { shardPath } from '../paths.ts';
import type { IndexOps } from '../protocol.ts';
import { ShardReader } from '../reader/shard-reader.ts';
import { type LetterText, letterText, unreadableText } from '../../common/texts/letter-text.ts';
import {
  accountOfRow,
  emailOfRow,
  makeAnew,
  openSearchFile,
  removeSearchFile,
  rowOf,
  searchPath,
  texts,
} from './search-schema.ts';

type Results = { readonly [K in keyof IndexOps]: IndexOps[K]['result'] };

/** One letter, with a row for each account that has it. */
interface Indexed {
  readonly c: number;
  readonly text: LetterText;
  readonly rows: readonly bigint[];
}

export interface IndexerOptions {
  readonly folder: string;
  readonly shards: number;
  /** The id of the store. */
  readonly store: string;
  /** Whether the store closes, and waits for the step at hand. */
  readonly isStopped: () => boolean;
}

/** The index of one shard's contents: follows what the shard has committed, in steps that are commits of their own. */
export class Indexer {
  readonly #folder: string;
  readonly #shard: number;
  readonly #shards: number;
  readonly #store: string;
  readonly #isStopped: () => boolean;
  readonly #source: ShardSource;
  #file: SearchFile | undefined;

  constructor({ folder, shards, store, isStopped }: IndexerOptions, shard: number) {
    this.#folder = folder;
    this.#shard = shard;
    this.#shards = shards;
    this.#store = store;
    this.#isStopped = isStopped;
    this.#source = ShardSource.open(folder, shard);
  }

  /** Takes the next contents; answers whether there may be more. One that is stopped has taken none. */
  async index(): Promise<Results['index']> {
    const file = this.#opened();
    const next = this.#source.next();
    let mark = file.mark();
    // The shard is older than its index: it was put back from a copy.
    if (mark > next) {
      file.makeAnew(this.#store);
      mark = 1;
    }
    const letters: Indexed[] = [];
    let chars = 0;
    let to = mark;
    for (const c of this.#source.contents(mark, next, indexedContents)) {
      if (chars > indexedChars) break;
      if (this.#isStopped()) return { mark, more: true };
      const indexed = await this.#read(c);
      if (indexed !== undefined) {
        letters.push(indexed);
        // Each account's row carries the text once more.
        chars += indexed.rows.length * textChars(indexed.text);
      }
      to = c + 1;
    }
    const last = this.#source.contents(to, next, 1).length === 0;
    // Numbers without a content stay so.
    if (last) to = next;
    if (to !== mark && !file.add(letters, to, this.#isStopped)) return { mark, more: true };
    return { mark: to, more: !last };
  }

  /** Removes a slice of rows whose contents are gone. */
  sweep({ after }: IndexOps['sweep']['args']): Results['sweep'] {
    const file = this.#opened();
    const ids = file.ids(after === undefined ? -1n : BigInt(after), collectSlice);
    const stray = ids.filter((id) => !this.#isLinked(id));
    file.remove(stray);
    return { removed: stray.length, next: ids.at(-1)?.toString() };
  }

  /** Removes a slice of texts whose contents are gone. */
  sweepTexts({ after }: IndexOps['sweepTexts']['args']): Results['sweepTexts'] {
    const file = this.#opened();
    const contents = file.contents(after, collectSlice);
    file.removeTexts(contents.filter((c) => this.#source.accounts(c).length === 0));
    return { next: contents.at(-1) };
  }

  /** Compares a slice of the shard with the rows. Changes nothing. */
  check({ after }: IndexOps['check']['args']): Results['check'] {
    const file = this.#opened();
    const problems = after === undefined ? file.integrity() : [];
    const mark = file.mark();
    const contents = this.#source.contents(after ?? 1, mark, collectSlice);
    let missing = 0;
    for (const c of contents) {
      const e = emailOf({ s: this.#shard, c }, this.#shards);
      const kept = file.hasTexts(c);
      for (const a of this.#source.accounts(c)) if (!kept || !file.has(rowOf(a, e))) missing++;
    }
    const last = contents.at(-1);
    return { missing, problems, next: last === undefined ? undefined : last + 1 };
  }

  /** Forgets everything indexed. The readers must have closed the file when it is damaged. */
  rebuild(): Results['rebuild'] {
    try {
      this.#opened().makeAnew(this.#store);
    } catch {
      this.#closeFile();
      removeSearchFile(searchPath(this.#folder, this.#shard));
      this.#opened();
    }
  }

  close(): void {
    this.#closeFile();
    this.#source.close();
  }

  #opened(): SearchFile {
    this.#file ??= new SearchFile(searchPath(this.#folder, this.#shard), this.#store);
    return this.#file;
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  async #read(c: number): Promise<Indexed | undefined> {
    const accounts = this.#source.accounts(c);
    const content = accounts.length === 0 ? undefined : this.#source.content(c);
    if (content === undefined) return undefined;
    const { size, octets } = content;
    const read = (offset: number, length: number): Promise<Uint8Array> =>
      typeof octets === 'string'
        ? readBodyFile(this.#folder, octets, offset, Math.max(0, Math.min(length, size - offset)))
        : Promise.resolve(octets.subarray(offset, offset + length));
    const source = { parts: unpackParts(content.parts), sizeBytes: size, read };
    // A body that cannot be read does not keep the others from being indexed.
    const text = await letterText(source).catch(() => unreadableText);
    const e = emailOf({ s: this.#shard, c }, this.#shards);
    return { c, text, rows: accounts.map((a) => rowOf(a, e)) };
  }

  #isLinked(id: bigint): boolean {
    return this.#source.isLinked(placeOf(emailOfRow(id), this.#shards).c, accountOfRow(id));
  }
}

function textChars({ header, body }: LetterText): number {
  return (header.indexed?.length ?? 0) + (body.indexed?.length ?? 0);
}

/** What the index asks of its shard. Damage of the shard is not the index's, which would be made anew for nothing. */
class ShardSource {
  readonly #reader: ShardReader;
  readonly #db: Connection;
  readonly #contents: Statement;
  readonly #accounts: Statement;

  private constructor(folder: string, shard: number) {
    this.#reader = new ShardReader(folder, shard);
    this.#db = openForReading(shardPath(folder, shard));
    this.#contents = this.#db
      .prepare('SELECT c FROM content WHERE c >= ? AND c < ? ORDER BY c LIMIT ?')
      .pluck();
    this.#accounts = this.#db.prepare('SELECT a FROM link WHERE c = ? AND a > 0').pluck();
  }

  static open(folder: string, shard: number): ShardSource {
    return ofShard(() => new ShardSource(folder, shard));
  }

  next(): number {
    return ofShard(() => this.#reader.nextContent());
  }

  contents(from: number, before: number, limit: number): number[] {
    return ofShard(() => this.#contents.all(from, before, limit) as number[]);
  }

  accounts(c: number): number[] {
    return ofShard(() => this.#accounts.all(c) as number[]);
  }

  isLinked(c: number, a: number): boolean {
    return ofShard(() => this.#reader.uses(c, a));
  }

  content(c: number): ReturnType<ShardReader['content']> {
    return ofShard(() => this.#reader.content(c));
  }

  close(): void {
    this.#reader.close();
    this.#db.close();
  }
}

/** Takes the code of SQLite off an error, by which a damaged index would be known. */
function ofShard<T>(ask: () => T): T {
  try {
    return ask();
  } catch (cause) {
    throw new Error(`the shard cannot be read: ${String(cause)}`, { cause });
  }
}

/** Takes back a commit that is not to be waited for. */
const stopped = new Error('stopped');

/** `search-N.sqlite` as its writer sees it. */
class SearchFile {
  readonly #db: Connection;

  constructor(path: string, store: string) {
    this.#db = openSearchFile(path, store);
  }

  mark(): number {
    return this.#db.prepare('SELECT c FROM mark').pluck().get() as number;
  }

  /** The letters and the mark behind them, in one commit; false when it was stopped before that. */
  add(letters: readonly Indexed[], mark: number, isStopped: () => boolean): boolean {
    const rows = letters.flatMap(({ text, rows: ids }) => ids.map((id) => ({ id, text })));
    // FTS5 gathers rows in memory as long as their numbers ascend.
    rows.sort((a, b) => (a.id < b.id ? -1 : 1));
    const db = this.#db;
    const write = db.transaction(() => {
      for (const part of texts) {
        const insert = db.prepare(`INSERT INTO ${part} (rowid, t) VALUES (?, ?)`);
        for (const { id, text } of rows) {
          if (isStopped()) throw stopped;
          insert.run(id, text[part].indexed ?? '');
        }
        const keep = db.prepare(`INSERT OR REPLACE INTO ${part}_text VALUES (?, ?, ?)`);
        for (const { c, text } of letters) {
          const { kept } = text[part];
          keep.run(c, kept?.wide === true ? 1 : 0, kept?.octets ?? null);
        }
      }
      const unbounded = db.prepare('INSERT INTO unbounded VALUES (?)');
      for (const { id, text } of rows) {
        if (texts.some((part) => text[part].indexed === undefined)) unbounded.run(id);
      }
      db.prepare('UPDATE mark SET c = ?').run(mark);
    });
    try {
      write.immediate();
      return true;
    } catch (error) {
      if (error === stopped) return false;
      throw error;
    }
  }

  ids(after: bigint, limit: number): bigint[] {
    return this.#db
      .prepare('SELECT id FROM body_docsize WHERE id > ? ORDER BY id LIMIT ?')
      .pluck()
      .safeIntegers()
      .all(after, limit) as bigint[];
  }

  has(id: bigint): boolean {
    const has = (part: TextPart): boolean =>
      this.#db.prepare(`SELECT 1 FROM ${part}_docsize WHERE id = ?`).get(id) !== undefined;
    return texts.every(has);
  }

  remove(ids: readonly bigint[]): void {
    if (ids.length === 0) return;
    const db = this.#db;
    db.transaction(() => {
      for (const table of [...texts, 'unbounded']) {
        const drop = db.prepare(`DELETE FROM ${table} WHERE rowid = ?`);
        for (const id of ids) drop.run(id);
      }
    }).immediate();
  }

  /** Contents whose texts are kept, or whose letters are to be looked at instead. */
  contents(after: number, limit: number): number[] {
    return this.#db
      .prepare('SELECT c FROM body_text WHERE c > ? ORDER BY c LIMIT ?')
      .pluck()
      .all(after, limit) as number[];
  }

  hasTexts(c: number): boolean {
    const has = (part: TextPart): boolean =>
      this.#db.prepare(`SELECT 1 FROM ${part}_text WHERE c = ?`).get(c) !== undefined;
    return texts.every(has);
  }

  removeTexts(contents: readonly number[]): void {
    if (contents.length === 0) return;
    const db = this.#db;
    db.transaction(() => {
      for (const part of texts) {
        const drop = db.prepare(`DELETE FROM ${part}_text WHERE c = ?`);
        for (const c of contents) drop.run(c);
      }
    }).immediate();
  }

  /** What SQLite finds wrong with the file. */
  integrity(): string[] {
    const problems = (this.#db.pragma('quick_check(20)') as { quick_check: string }[])
      .map(({ quick_check: line }) => line)
      .filter((line) => line !== 'ok');
    // Only looks, although it is written as an insert. Throws what says that the file is damaged.
    for (const part of texts)
      this.#db.exec(`INSERT INTO ${part} (${part}) VALUES ('integrity-check')`);
    return problems;
  }

  makeAnew(store: string): void {
    makeAnew(this.#db, store);
  }

  close(): void {
    this.#db.close();
  }
}
