import type { Config } from './config/loader.ts';
import type { Clock } from './core/clock.ts';
import { MailError } from './core/errors.ts';
import type { AnswerCache } from './eds/services/answer-cache.ts';
import { placeOf } from './open-store.ts';
import type { MongoAnswers } from './store/mongo/answers.ts';

type Mongo = NonNullable<Config['store']['mongodb']>;

/**
 * Answers that all processes of a database share, connected when the first is asked for. A database that cannot be had
 * has none: the services are asked again.
 */
export class DatabaseAnswers implements AnswerCache {
  readonly #mongodb: Mongo;
  readonly #clock: Clock;
  #answers: Promise<MongoAnswers> | undefined;

  constructor(mongodb: Mongo, clock: Clock) {
    this.#mongodb = mongodb;
    this.#clock = clock;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#unlessAway((answers) => answers.get(key));
  }

  async put(key: string, answer: Uint8Array, until: number): Promise<void> {
    await this.#unlessAway((answers) => answers.put(key, answer, until));
  }

  async close(): Promise<void> {
    await (await this.#answers?.catch(() => undefined))?.close();
  }

  async #unlessAway<T>(use: (answers: MongoAnswers) => Promise<T>): Promise<T | undefined> {
    try {
      this.#answers ??= this.#connect();
      return await use(await this.#answers);
    } catch (error) {
      if (error instanceof MailError && error.failure === 'unavailable') return undefined;
      throw error;
    }
  }

  async #connect(): Promise<MongoAnswers> {
    const { connectMongo } = await import('./store/mongo/mongo-database.ts');
    const { MongoAnswers } = await import('./store/mongo/answers.ts');
    const { url, database, login } = placeOf(this.#mongodb);
    const { db } = await connectMongo(url, database, login);
    return new MongoAnswers(db, this.#clock);
  }
}
