import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { ulid } from '../../core/ulid.ts';
import type { RecordStore } from '../../store/records.ts';
import { sweepAfterMs, sweepPage } from '../limits.ts';
import { RecordTable } from './record-table.ts';

const due = z.strictObject({ v: z.literal(1), at: z.int() });

/** A note that something was begun. */
export interface Intent {
  readonly key: string;
}

/**
 * What was begun and is perhaps not ended: a note is written before the first step and taken away after the last, and
 * what a process left behind when it died is found by it and done again. Each note is of one piece of work: two at the
 * same thing do not take away each other's.
 */
export class DueList {
  readonly #table: RecordTable<z.infer<typeof due>>;
  readonly #clock: Clock;

  constructor(records: RecordStore, kind: string, clock: Clock) {
    this.#table = new RecordTable(records, kind, due);
    this.#clock = clock;
  }

  /** Of what is begun: a key without a slash. */
  async begin(of: string): Promise<Intent> {
    const at = this.#clock.now();
    const key = `${of}/${ulid(at)}`;
    await this.#table.insert(key, { v: 1, at });
    return { key };
  }

  async end(intent: Intent): Promise<void> {
    await this.#table.remove({ key: intent.key, version: 1 });
  }

  /**
   * Has each piece of work ended that no process can be at any more; with `all` (nobody else is at work) each there is.
   * Answers how many. `finish` answers false for what is to stay. What fails stays too, and the error of the first is
   * thrown after the others were tried.
   */
  async sweep(finish: (of: string) => Promise<boolean>, all = false): Promise<number> {
    const before = this.#clock.now() - sweepAfterMs;
    const failures: unknown[] = [];
    let swept = 0;
    for (let after = '', full = true; full;) {
      const rows = await this.#table.list({ after, limit: sweepPage });
      full = rows.length === sweepPage;
      for (const row of rows) {
        after = row.key;
        if (!all && row.value.at > before) continue;
        try {
          if (!(await finish(row.key.slice(0, row.key.indexOf('/'))))) continue;
          await this.#table.remove(row);
          swept += 1;
        } catch (error) {
          failures.push(error);
        }
      }
    }
    if (failures.length > 0) throw failures[0];
    return swept;
  }
}
