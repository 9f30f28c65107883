import { canonicalJson } from '../../core/canonical-json.ts';
import type { Log } from '../../core/log.ts';
import type { RecordStore } from '../../store/records.ts';
import type { StateEvent, StateRegistry } from '../api.ts';
import { limits } from './limits.ts';
import { readCursor } from './read-cursor.ts';

const kind = 'state-cursor';
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

interface StoredPlace {
  readonly cursor: string | undefined;
  /** Undefined: there is no record yet. */
  readonly version: number | undefined;
}

/**
 * Brings the events of the state into force, in their order, from the place where the last run ended. The place moves
 * behind an event when that has been handled, by comparing the record's version: an event is never left out, and counts
 * once however many processes run.
 */
export class StateEvents {
  readonly #options: StateEventsOptions;

  constructor(options: StateEventsOptions) {
    this.#options = options;
  }

  /**
   * Reads the feed to its end and resolves with how many events this run brought into force. Rejects with what stopped
   * it, a `StateUnavailable` or the handler's error; the next run goes on with the event that failed.
   */
  async run(signal?: AbortSignal): Promise<number> {
    const { registry, handle, log } = this.#options;
    let handled = 0;
    let place = await this.#place();
    for (;;) {
      const page = await registry.events(place.cursor, limits.eventsAtOnce);
      if (page.length === 0) return handled;
      for (const event of page) {
        if (signal?.aborted === true) return handled;
        if (event.kind !== 'ignored') {
          try {
            await handle(event);
          } catch (error) {
            log.error('state-event-failed', { cursor: event.cursor, kind: event.kind, err: error });
            throw error;
          }
        }
        const moved = await this.#move(place, event.cursor);
        if (moved === undefined) break;
        place = moved;
        if (event.kind !== 'ignored') {
          handled++;
          log.info('state-event', { cursor: event.cursor, kind: event.kind });
        }
      }
      // Whoever moved it at the same time is ahead or behind: what counts is the record.
      place = await this.#place();
    }
  }

  async #place(): Promise<StoredPlace> {
    const record = await this.#options.records.get(kind, key);
    return { cursor: record && readCursor(record.value), version: record?.version };
  }

  /** Undefined: somebody else moved it first. */
  async #move({ version }: StoredPlace, cursor: string): Promise<StoredPlace | undefined> {
    const { records } = this.#options;
    const value = canonicalJson({ version: 1, cursor });
    if (version === undefined) {
      return (await records.insert(kind, [{ key, value }])) === 1
        ? { cursor, version: 1 }
        : undefined;
    }
    return (await records.replace(kind, key, version, value))
      ? { cursor, version: version + 1 }
      : undefined;
  }
}
