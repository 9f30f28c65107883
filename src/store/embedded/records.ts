import {
  checkListed,
  checkRecord,
  checkRecordKind,
  checkRecordValue,
  isRecordKey,
} from '../common/record-checks.ts';
import { recordId, recordNameOf } from '../common/record-id.ts';
import { recordRange } from '../common/record-range.ts';
import type { NewRecord, RecordKind, RecordRange, RecordStore, StoredRecord } from '../records.ts';
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
    for (const slice of slices(records)) {
      const rows = slice.map(({ key, value }): NewRecordRow => ({
        id: recordId(kind, key),
        value,
      }));
      const came = await this.#threads.write(
        directoryFile,
        'insertRecords',
        { records: rows },
        weightOf(slice),
      );
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
}

/** What one commit may carry without others waiting for it. */
function* slices(records: readonly NewRecord[]): Generator<readonly NewRecord[]> {
  let slice: NewRecord[] = [];
  for (const record of records) {
    slice.push(record);
    if (slice.length < collectSlice && weightOf(slice) < recordSliceBytes) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

function weightOf(records: readonly NewRecord[]): number {
  return records.reduce((sum, { value }) => sum + value.length, 0);
}

function recordFrom({ id, version, value }: RecordRow): StoredRecord {
  return { key: recordNameOf(id).key, version, value };
}
