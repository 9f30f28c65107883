import type * as z from 'zod';
import { canonicalJson } from '../../core/canonical-json.ts';
import { MailError } from '../../core/errors.ts';
import type { RecordRange, RecordStore, StoredRecord } from '../../store/records.ts';
import { limits } from './limits.ts';

/** A record as it was read: its version is what a change of it is compared with. */
export interface Kept<Value> {
  readonly key: string;
  readonly version: number;
  readonly value: Value;
  /** As it is stored. */
  readonly text: string;
}

/** The format of all records so far; it stands in each of them. */
const format = 1;

/**
 * Records of one kind, checked when they are read: canonical JSON (RFC 8785) that names its format. Rejects with
 * `MailError` `internal`, without anything of the record, when one is not what its kind has, or was written by a newer
 * program.
 */
export class TypedRecords<Value extends object> {
  readonly kind: string;
  readonly #records: RecordStore;
  readonly #schema: z.ZodType<Value>;

  constructor(records: RecordStore, kind: string, schema: z.ZodType<Value>) {
    this.#records = records;
    this.kind = kind;
    this.#schema = schema;
  }

  async get(key: string): Promise<Kept<Value> | undefined> {
    const stored = await this.raw(key);
    return stored && this.read(stored);
  }

  /** The same, unread: for those who look for what is wrong with it. */
  raw(key: string): Promise<StoredRecord | undefined> {
    return this.#records.get(this.kind, key);
  }

  async list(range: RecordRange): Promise<readonly Kept<Value>[]> {
    const stored = await this.#records.list(this.kind, range);
    return stored.map((one) => this.read(one));
  }

  /** All with the prefix, in order of their keys, a page in memory at a time. */
  async *all(prefix = ''): AsyncGenerator<Kept<Value>, void, void> {
    for await (const stored of this.stored(prefix)) yield this.read(stored);
  }

  /** The same, unread. */
  async *stored(prefix = ''): AsyncGenerator<StoredRecord, void, void> {
    let after: string | undefined;
    for (;;) {
      const page = await this.#records.list(this.kind, {
        prefix,
        limit: limits.pageRecords,
        ...(after !== undefined && { after }),
      });
      yield* page;
      if (page.length < limits.pageRecords) return;
      after = page.at(-1)?.key;
    }
  }

  /** False: the key is taken. */
  async insert(key: string, value: Value): Promise<boolean> {
    return (await this.#records.insert(this.kind, [{ key, value: this.write(value) }])) === 1;
  }

  /** Adds one after the other up to the first whose key is taken; answers how many came. */
  insertRun(rows: readonly (readonly [key: string, value: Value])[]): Promise<number> {
    return this.#records.insert(
      this.kind,
      rows.map(([key, value]) => ({ key, value: this.write(value) })),
    );
  }

  /** Adds those whose keys are not there yet. */
  async insertMissing(rows: readonly (readonly [key: string, value: Value])[]): Promise<void> {
    for (let done = 0; done < rows.length;) done += (await this.insertRun(rows.slice(done))) + 1;
  }

  /** False: somebody else changed or removed it. */
  replace(kept: Kept<Value>, value: Value): Promise<boolean> {
    return this.#records.replace(this.kind, kept.key, kept.version, this.write(value));
  }

  /** False: somebody else changed or removed it. */
  remove(kept: Pick<StoredRecord, 'key' | 'version'>): Promise<boolean> {
    return this.#records.remove(this.kind, kept.key, kept.version);
  }

  /**
   * Makes a record from what it was (undefined: there was none), again when somebody else was faster; `decide` answers
   * undefined to leave it. Resolves with what is there then. `unavailable` when others are always faster.
   */
  async change(
    key: string,
    decide: (value: Value | undefined) => Value | undefined,
  ): Promise<Value | undefined> {
    for (let attempt = 0; attempt < limits.changeAttempts; attempt++) {
      const kept = await this.get(key);
      const value = decide(kept?.value);
      if (value === undefined) return kept?.value;
      const done =
        kept === undefined ? await this.insert(key, value) : await this.replace(kept, value);
      if (done) return value;
    }
    throw new MailError('unavailable', 'Too many change the same record; try again');
  }

  read({ key, version, value: text }: StoredRecord): Kept<Value> {
    return { key, version, value: this.#parse(text), text };
  }

  /** The text that a record with this value has. */
  write(value: Value): string {
    return canonicalJson({ ...value, format });
  }

  #parse(text: string): Value {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      // The error would quote the record.
      throw this.#wrong('is not JSON');
    }
    if (typeof json !== 'object' || json === null) throw this.#wrong('is not an object');
    const { format: found, ...members } = json as Record<string, unknown>;
    if (typeof found === 'number' && found > format) {
      throw this.#wrong('was written by a newer version of Zhashik');
    }
    const parsed = this.#schema.safeParse(members);
    if (found === format && parsed.success) return parsed.data;
    const place = parsed.error?.issues[0]?.path.join('.') ?? 'format';
    throw this.#wrong(`is not what it should be, at ${place === '' ? 'its members' : place}`);
  }

  #wrong(what: string): MailError {
    return new MailError('internal', `A record of kind ${this.kind} ${what}`);
  }
}
