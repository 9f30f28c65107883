import * as z from 'zod';
import type { Log } from '../../core/log.ts';
import type { RecordStore } from '../../store/records.ts';
import type { StateEvent, StateRegistry } from '../api.ts';
import { type Row, RecordTable } from '../records/record-table.ts';
import { limits } from './limits.ts';

const placeRecord = z.strictObject({ version: z.literal(1), cursor: z.string().min(1) });
const key = 'events';

export interface StateEventsOptions {
  readonly registry: Pick<StateRegistry, 'events'>;
  readonly records: RecordStore;
  /**
   * Brings an event into force. The same event may come again, after a crash or from another process at the same time:
   * the second time changes nothing.
   */
  readonly handle: (event: StateEvent) => Promise<void>;
  readonly log: Log;
}

type Place = z.infer<typeof placeRecord>;

/**
 * Brings the events of the state into force, in their order, from the place where the last run ended. The place moves
 * behind an event when that has been handled, by comparing the record's version: an event is never left out, and counts
 * once however many processes run.
 */
export class StateEvents {
  readonly #options: StateEventsOptions;
  readonly #places: RecordTable<Place>;

  constructor(options: StateEventsOptions) {
    this.#options = options;
    this.#places = new RecordTable(options.records, 'state-cursor', placeRecord);
  }

  /**
   * Reads the feed to its end and resolves with how many events this run brought into force. Rejects with what stopped
   * it, a `StateUnavailable` or the handler's error; the next run goes on with the event that failed.
   */
  async run(signal?: AbortSignal): Promise<number> {
    let handled = 0;
    for (;;) {
      // What counts is the record, whoever moved it.
      let place = await this.#places.get(key);
      const events = await this.#options.registry.events(place?.value.cursor, limits.eventsAtOnce);
      if (events.length === 0) return handled;
      for (const event of events) {
        if (signal?.aborted === true) return handled;
        if (event.kind !== 'ignored') await this.#handle(event);
        else if (event !== events.at(-1)) continue;
        const moved = await this.#move(place, event.cursor);
        if (moved === undefined) break;
        place = moved;
        if (event.kind !== 'ignored') handled++;
      }
    }
  }

  async #handle(event: StateEvent): Promise<void> {
    const { handle, log } = this.#options;
    const fields = { cursor: event.cursor, kind: event.kind };
    try {
      await handle(event);
    } catch (error) {
      log.error('state-event-failed', { ...fields, err: error });
      throw error;
    }
    log.info('state-event', fields);
  }

  /** Undefined: somebody else moved it first. */
  async #move(from: Row<Place> | undefined, cursor: string): Promise<Row<Place> | undefined> {
    const value: Place = { version: 1, cursor };
    if (from === undefined) {
      return (await this.#places.insert(key, value)) ? { key, version: 1, value } : undefined;
    }
    const moved = await this.#places.replace(from, value);
    return moved ? { key, version: from.version + 1, value } : undefined;
  }
}
