import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
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
import { wholeSeconds } from '../common/seconds.ts';
import type {
  KeptRecord,
  NewRecord,
  RecordKind,
  RecordRange,
  RecordStore,
  StoredRecord,
} from '../records.ts';
import type { Change, Database, Document } from './database.ts';
import {
  batchDocuments,
  changesKept,
  commitPatienceMs,
  recordsAtOnce,
  recordsAtOnceBytes,
} from './limits.ts';
import type { RecordDocument } from './record-document.ts';
import { unknownOutcome } from './unknown-outcome.ts';
import { systemWaits, type Waits } from './waits.ts';

/** A document that is a record, not the mark of a removed one. */
type LiveDocument = RecordDocument & { readonly v: number; readonly j: string };
type NewDocument = LiveDocument & Document;

/**
 * Records are documents; each change is a write on the condition that the document is as the last change left it, and
 * leaves its own name there. Who gets no answer looks for that name, and tries the same write again until it is there or
 * can come no more.
 */
export class MongoRecords implements RecordStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #waits: Waits;

  constructor(db: Database, clock: Clock, waits: Waits = systemWaits) {
    this.#db = db;
    this.#clock = clock;
    this.#waits = waits;
  }

  async get(kind: RecordKind, key: string): Promise<StoredRecord | undefined> {
    checkRecordKind(kind);
    if (!isRecordKey(key)) return undefined;
    const document = await this.#find(recordId(kind, key));
    return document !== undefined && isLive(document) ? recordFrom(document) : undefined;
  }

  async list(kind: RecordKind, options: RecordRange): Promise<readonly StoredRecord[]> {
    checkRecordKind(kind);
    checkListed(options.limit);
    const { limit, newestFirst = false } = options;
    const records: StoredRecord[] = [];
    let range = recordRange(kind, options);
    for (;;) {
      const wanted = Math.min(limit - records.length, batchDocuments);
      const found = await this.#db.find<LiveDocument>(
        'records',
        { _id: { $gte: range.from, $lt: range.below }, v: { $gte: 1 } },
        { sort: { _id: newestFirst ? -1 : 1 }, limit: wanted },
      );
      records.push(...found.map(recordFrom));
      const last = records.at(-1);
      if (found.length < wanted || records.length === limit || last === undefined) return records;
      range = recordRange(kind, { ...options, after: last.key });
    }
  }

  async insert(kind: RecordKind, records: readonly NewRecord[]): Promise<number> {
    checkRecordKind(kind);
    for (const record of records) checkRecord(record);
    let inserted = 0;
    for (const { key, value } of records) {
      if (!(await this.#put(newDocument(recordId(kind, key), 1, value)))) break;
      inserted++;
    }
    return inserted;
  }

  async replace(kind: RecordKind, key: string, version: number, value: string): Promise<boolean> {
    checkRecordKind(kind);
    checkRecordValue(value);
    if (!isRecordKey(key)) return false;
    return this.#change(recordId(kind, key), version, { $set: { v: version + 1, j: value } });
  }

  async remove(kind: RecordKind, key: string, version: number): Promise<boolean> {
    checkRecordKind(kind);
    if (!isRecordKey(key)) return false;
    const change = { $set: { xt: wholeSeconds(this.#clock.now()) }, $unset: { v: 1, j: 1 } };
    return this.#change(recordId(kind, key), version, change);
  }

  /** See `UpkeepStore.records`. */
  async *all(): AsyncGenerator<readonly KeptRecord[], void, void> {
    for (let after: string | undefined; ;) {
      const { from, below } = recordsAfter(after);
      const found = await this.#db.find<LiveDocument>(
        'records',
        { _id: { $gte: from, $lt: below }, v: { $gte: 1 } },
        { sort: { _id: 1 }, limit: recordsAtOnce },
      );
      after = found.at(-1)?._id;
      if (after === undefined) return;
      yield found.map((each) => ({ kind: recordNameOf(each._id).kind, ...recordFrom(each) }));
    }
  }

  /** See `UpkeepStore.restoreRecords`. */
  async restore(records: readonly KeptRecord[]): Promise<number> {
    for (const record of records) checkKeptRecord(record);
    let restored = 0;
    for (const slice of recordSlices(records, batchDocuments, recordsAtOnceBytes)) {
      restored += await this.#restoreSome(slice);
    }
    return restored;
  }

  /** In one write as far as their ids are free; one by one those that are not, or all when its answer was lost. */
  async #restoreSome(records: readonly KeptRecord[]): Promise<number> {
    const documents = records.map(({ kind, key, version, value }) =>
      newDocument(recordId(kind, key), version, value),
    );
    let taken: ReadonlySet<number>;
    try {
      taken = await this.#db.insert('records', documents);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      taken = new Set(documents.keys());
    }
    let restored = documents.length - taken.size;
    for (const i of taken) if (await this.#put(documents[i] as NewDocument)) restored++;
    return restored;
  }

  /** Adds a record whose id is free, or that of a removed one. */
  #put(document: NewDocument): Promise<boolean> {
    const { _id, v, j, w } = document;
    return this.#make(_id, w, (found) => {
      if (found === undefined) return this.#add(document);
      if (isLive(found)) return undefined;
      return this.#write(found, w, { $set: { v, j }, $unset: { xt: 1 } });
    });
  }

  #change(_id: string, version: number, change: Change): Promise<boolean> {
    const w = newName();
    return this.#make(_id, w, (found) =>
      found?.v === version ? this.#write(found, w, change) : undefined,
    );
  }

  async #add(document: NewDocument): Promise<boolean> {
    return (await this.#db.insert('records', [document])).size === 0;
  }

  /** False: another change came first. */
  #write(found: RecordDocument, w: string, change: Change): Promise<boolean> {
    return this.#db.update(
      'records',
      { _id: found._id, w: found.w },
      {
        ...change,
        $set: { ...change.$set, w },
        $push: { ws: { $each: [w], $slice: -changesKept } },
      },
    );
  }

  /**
   * Makes a change by its name. `write` tries it on what was found, and answers whether it was made; undefined:
   * it is not to be made. `unavailable`: nobody knows.
   */
  async #make(
    _id: string,
    w: string,
    write: (found: RecordDocument | undefined) => Promise<boolean> | undefined,
  ): Promise<boolean> {
    const until = this.#waits.now() + commitPatienceMs;
    // What the write was tried on: it may come true as long as the document is so, whatever was answered. An answer may
    // be lost, and a request may come twice, so that the second time it finds what the first one made.
    let tried: { readonly on: RecordDocument | undefined } | undefined;
    for (let attempt = 1; ; attempt++) {
      const found = await this.#findUntil(_id, until);
      if (found?.ws.includes(w) === true) return true;
      const moved = tried !== undefined && tried.on?.w !== found?.w;
      if (moved && !remembers(found, tried?.on)) throw unknownOutcome();
      const written = write(found);
      if (written === undefined) return false;
      tried = { on: found };
      try {
        if (await written) return true;
        if (this.#waits.now() > until) throw busy();
      } catch (error) {
        if (!isUnavailable(error) || this.#waits.now() > until) throw error;
      }
      await this.#backOff(attempt);
    }
  }

  async #findUntil(_id: string, until: number): Promise<RecordDocument | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#find(_id);
      } catch (error) {
        if (!isUnavailable(error) || this.#waits.now() > until) throw error;
        await this.#backOff(attempt);
      }
    }
  }

  async #backOff(attempt: number): Promise<void> {
    await this.#waits.pause(this.#waits.random() * Math.min(250, 2 ** attempt));
  }

  async #find(_id: string): Promise<RecordDocument | undefined> {
    const [found] = await this.#db.find<RecordDocument>('records', { _id });
    return found;
  }
}

/** Of a change: nobody else makes one by it. */
function newName(): string {
  return randomBytes(9).toString('base64url');
}

function newDocument(_id: string, v: number, j: string): NewDocument {
  const w = newName();
  return { _id, v, j, w, ws: [w] };
}

function isLive(document: RecordDocument): document is LiveDocument {
  return document.v !== undefined;
}

/** Whether the document names every change that was made since it was as `before`, or since it was made. */
function remembers(now: RecordDocument | undefined, before: RecordDocument | undefined): boolean {
  if (now === undefined) return false;
  return before === undefined ? now.ws.length < changesKept : now.ws.includes(before.w);
}

function busy(): MailError {
  return new MailError('unavailable', 'The record is changed by too many at once');
}

function isUnavailable(error: unknown): boolean {
  return error instanceof MailError && error.failure === 'unavailable';
}

function recordFrom({ _id, v, j }: LiveDocument): StoredRecord {
  return { key: recordNameOf(_id).key, version: v, value: j };
}
