import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { Turns } from '../../core/turns.ts';
import type { RecordStore } from '../../store/records.ts';
import { TypedRecords } from '../records/typed-records.ts';

const allowanceSchema = z.strictObject({
  /** Look-ups that it may ask for at once; a part of one is on its way. */
  left: z.number().min(0),
  at: z.int(),
});
type Allowance = z.output<typeof allowanceSchema>;

const minuteMs = 60_000;

/**
 * How many look-ups a state body may ask for: as many as its limit at once, and as many more each minute, evenly. One
 * count for all processes, which a restart does not forget.
 */
export class LookUpAllowance {
  readonly #allowances: TypedRecords<Allowance>;
  readonly #clock: Clock;
  /** Many that ask at once in this process do not make each other try again. */
  readonly #turns = new Turns();

  constructor(records: RecordStore, clock: Clock) {
    this.#allowances = new TypedRecords(records, 'lookup-allowance', allowanceSchema);
    this.#clock = clock;
  }

  /** Takes one: 0, or how many milliseconds it takes until there is one again. */
  take(agency: string, perMinute: number): Promise<number> {
    return this.#turns.run(agency, () => this.#take(agency, perMinute));
  }

  async #take(agency: string, perMinute: number): Promise<number> {
    const now = this.#clock.now();
    let waitMs = 0;
    await this.#allowances.change(agency, (before) => {
      // A clock that was put back gives nothing and takes nothing.
      const passedMs = before === undefined ? minuteMs : Math.max(0, now - before.at);
      const left = Math.min(perMinute, (before?.left ?? 0) + (passedMs * perMinute) / minuteMs);
      waitMs = left >= 1 ? 0 : Math.ceil(((1 - left) * minuteMs) / perMinute);
      return waitMs > 0 ? undefined : { left: left - 1, at: Math.max(now, before?.at ?? now) };
    });
    return waitMs;
  }
}
