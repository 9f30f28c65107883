import {
  checkKeptRecord,
  checkListed,
  checkRecord,
  checkRecordKind,
  checkRecordValue,
  isRecordKey,
} from '../common/record-checks.ts';
import { recordId, recordNameOf } from '../common/record-id.ts';
import { recordRange, recordsAfter } from '../common/record-range.ts';
import { recordSlices } from '../common/record-slices.ts';
import type {
  KeptRecord,
  NewRecord,
  RecordKind,
  RecordRange,
  RecordStore,
  StoredRecord,
} from '../records.ts';
import { collectSlice, recordSliceBytes } from './limits.ts';
import { directoryFile, type NewRecordRow, type RecordRow } from './protocol.ts';
import type { Threads } from './threads.ts';

/** Records are rows of the directory: its one writer compares versions, so that nobody else can come in between. */
export class Records implements RecordStore {
  readonly #threads: Threads;

  constructor(threads: Threads) {
    this.#threads = threads;
  }

  async get(kind: RecordKind, key: string): Promise<StoredRecord | undefined> {
    checkRecordKind(kind);
    if (!isRecordKey(key)) return undefined;
    const row = await this.#threads.read('getRecord', { id: recordId(kind, key) });
    return row && recordFrom(row);
  }

  async list(kind: RecordKind, options: RecordRange): Promise<readonly StoredRecord[]> {
    checkRecordKind(kind);
    checkListed(options.limit);
    const { limit, newestFirst = false } = options;
    const records: StoredRecord[] = [];
    let range = recordRange(kind, options);
    for (;;) {
      const wanted = limit - records.length;
      const args = { ...range, limit: wanted, newestFirst };
      const rows = await this.#threads.read('listRecords', args);
      records.push(...rows.map(recordFrom));
      const last = records.at(-1);
      if (rows.length === 0 || rows.length === wanted || last === undefined) return records;
      range = recordRange(kind, { ...options, after: last.key });
    }
  }

  async insert(kind: RecordKind, records: readonly NewRecord[]): Promise<number> {
    checkRecordKind(kind);
    for (const record of records) checkRecord(record);
    let inserted = 0;
    for (const slice of recordSlices(records, collectSlice, recordSliceBytes)) {
      const rows = slice.map(({ key, value }): NewRecordRow => ({
        id: recordId(kind, key),
        value,
      }));
      const args = { records: rows };
      const came = await this.#threads.write(directoryFile, 'insertRecords', args, weightOf(rows));
      inserted += came;
      if (came < slice.length) break;
    }
    return inserted;
  }

  async replace(kind: RecordKind, key: string, version: number, value: string): Promise<boolean> {
    checkRecordKind(kind);
    checkRecordValue(value);
    if (!isRecordKey(key)) return false;
    const row = { id: recordId(kind, key), version, value };
    return this.#threads.write(directoryFile, 'replaceRecord', row, value.length);
  }

  async remove(kind: RecordKind, key: string, version: number): Promise<boolean> {
    checkRecordKind(kind);
    if (!isRecordKey(key)) return false;
    return this.#threads.write(directoryFile, 'removeRecord', { id: recordId(kind, key), version });
  }

  /** See `UpkeepStore.records`. */
  async *all(): AsyncGenerator<readonly KeptRecord[], void, void> {
    for (let after: string | undefined; ;) {
      const range = { ...recordsAfter(after), limit: collectSlice, newestFirst: false };
      const rows = await this.#threads.read('listRecords', range);
      after = rows.at(-1)?.id;
      if (after === undefined) return;
      yield rows.map((row) => ({ kind: recordNameOf(row.id).kind, ...recordFrom(row) }));
    }
  }

  /** See `UpkeepStore.restoreRecords`. */
  async restore(records: readonly KeptRecord[]): Promise<number> {
    for (const record of records) checkKeptRecord(record);
    let restored = 0;
    for (const slice of recordSlices(records, collectSlice, recordSliceBytes)) {
      const rows = slice.map(({ kind, key, version, value }): RecordRow => ({
        id: recordId(kind, key),
        version,
        value,
      }));
      const args = { records: rows };
      restored += await this.#threads.write(directoryFile, 'restoreRecords', args, weightOf(rows));
    }
    return restored;
  }
}

function weightOf(rows: readonly NewRecordRow[]): number {
  return rows.reduce((sum, { value }) => sum + value.length, 0);
}

function recordFrom({ id, version, value }: RecordRow): StoredRecord {
  return { key: recordNameOf(id).key, version, value };
}
