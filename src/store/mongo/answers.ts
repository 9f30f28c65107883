import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Database } from './database.ts';

interface AnswerDocument {
  readonly _id: string;
  readonly b: Buffer;
  /** Until when, in milliseconds. */
  readonly x: number;
}

/** Octets that any process can get again elsewhere, for all that share the database: by a key, until a time. */
export class MongoAnswers {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Undefined when it is not there, or its time is over. `unavailable` */
  async get(key: string): Promise<Uint8Array | undefined> {
    const [found] = await this.#db.find<AnswerDocument>('answers', { _id: idOf(key) });
    return found === undefined || found.x < this.#clock.now() ? undefined : found.b;
  }

  /** In place of what is there. `unavailable` */
  async put(key: string, answer: Uint8Array, until: number): Promise<void> {
    const _id = idOf(key);
    const fields = { b: Buffer.from(answer), x: until };
    const taken = await this.#db.insert('answers', [{ _id, ...fields }]);
    if (taken.size > 0) await this.#db.update('answers', { _id }, { $set: fields });
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

/** The key may hold what nobody should read in a database. */
function idOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
