import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { RecordStore } from '../../store/records.ts';
import { TypedRecords } from '../records/typed-records.ts';

const dayMs = 86_400_000;
/** Accounts whose day this process remembers, so that it does not write it again. */
const remembered = 100_000;

const activitySchema = z.strictObject({ day: z.int() });

/** The last day on which somebody came into a mailbox: whether it is dormant. domain.md 6.4 */
export class MailboxActivity {
  readonly #table: TypedRecords<z.output<typeof activitySchema>>;
  readonly #clock: Clock;
  readonly #known = new Map<string, number>();

  constructor(records: RecordStore, clock: Clock) {
    this.#table = new TypedRecords(records, 'activity', activitySchema);
    this.#clock = clock;
  }

  /** Somebody came in; written once a day. */
  async note(canonical: string): Promise<void> {
    const day = Math.floor(this.#clock.now() / dayMs);
    if (this.#known.get(canonical) === day) return;
    if (this.#known.size >= remembered) this.#known.clear();
    this.#known.set(canonical, day);
    try {
      await this.#table.change(canonical, (was) =>
        was !== undefined && was.day >= day ? undefined : { day },
      );
    } catch (error) {
      this.#known.delete(canonical);
      throw error;
    }
  }

  /** Milliseconds since 1970, to a day; undefined when nobody ever did. */
  async lastUsed(canonical: string): Promise<number | undefined> {
    const kept = await this.#table.get(canonical);
    return kept && kept.value.day * dayMs;
  }
}
