import type * as z from 'zod';
import { MailError } from '../../core/errors.ts';
import type { RecordRange, RecordStore } from '../../store/records.ts';

export interface Row<T> {
  readonly key: string;
  readonly version: number;
  readonly value: T;
}

/** How often a change is tried against others that change the same record. */
const maxTries = 50;

/** Records of one kind as values: what comes from the store is checked, and what this version does not know is an error. */
export class RecordTable<T> {
  readonly kind: string;
  readonly #records: RecordStore;
  readonly #schema: z.ZodType<T>;

  constructor(records: RecordStore, kind: string, schema: z.ZodType<T>) {
    this.#records = records;
    this.kind = kind;
    this.#schema = schema;
  }

  async get(key: string): Promise<Row<T> | undefined> {
    const record = await this.#records.get(this.kind, key);
    return record && { key, version: record.version, value: this.#read(record.value) };
  }

  async list(range: RecordRange): Promise<readonly Row<T>[]> {
    const records = await this.#records.list(this.kind, range);
    return records.map(({ key, version, value }) => ({ key, version, value: this.#read(value) }));
  }

  /** False: the key is taken. */
  async insert(key: string, value: T): Promise<boolean> {
    const text = JSON.stringify(value);
    return (await this.#records.insert(this.kind, [{ key, value: text }])) === 1;
  }

  /** False: somebody changed it meanwhile, or it is gone. */
  replace(row: Row<T>, value: T): Promise<boolean> {
    return this.#records.replace(this.kind, row.key, row.version, JSON.stringify(value));
  }

  /** False as for `replace`. */
  remove(row: Pick<Row<T>, 'key' | 'version'>): Promise<boolean> {
    return this.#records.remove(this.kind, row.key, row.version);
  }

  /**
   * Changes a record as it is now: `change` is asked again when somebody was faster, and answers undefined to leave all
   * as it is. It is given undefined when there is no such record.
   */
  async change(
    key: string,
    change: (value: T | undefined) => Promise<T | undefined> | T | undefined,
  ): Promise<T | undefined> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const row = await this.get(key);
      const next = await change(row?.value);
      if (next === undefined) return row?.value;
      const done = row === undefined ? await this.insert(key, next) : await this.replace(row, next);
      if (done) return next;
    }
    throw new MailError('unavailable', `A record of kind ${this.kind} is changed all the time`);
  }

  #read(text: string): T {
    const parsed = this.#schema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') ?? '';
    throw new MailError('invalid', `A record of kind ${this.kind} cannot be read: ${where}`);
  }
}
