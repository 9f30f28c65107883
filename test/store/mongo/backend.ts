import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import type { Clock } from '../../../src/core/clock.ts';
import type { Database } from '../../../src/store/mongo/database.ts';
import { connectMongo } from '../../../src/store/mongo/mongo-database.ts';
import { type MongoStore, openMongoStore } from '../../../src/store/mongo/mongo-store.ts';
import type { Backend, OpenBackend } from '../support.ts';
import { WatchedDatabase } from './watched-database.ts';

/** A store on MongoDB in a database of its own. */
export interface OpenMongo extends OpenBackend {
  readonly store: MongoStore;
  /** The database itself, for what tests do to it. */
  readonly db: Database;
  reopen(): Promise<MongoStore>;
  /** Another process, so to speak; the caller closes it. */
  another(): Promise<MongoStore>;
}

/** `name`: of a database that is there already, and is removed with the store. */
export async function openMongo(
  url: string,
  clock: Clock,
  name = `zhashik-${randomBytes(6).toString('hex')}`,
): Promise<OpenMongo> {
  const { db } = await connectMongo(url, name);
  const open = async (): Promise<MongoStore> =>
    openMongoStore({ db: new WatchedDatabase((await connectMongo(url, name)).db), clock });
  let store = await open();
  return {
    db,
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
    another: open,
    collect: (now) => store.collect(now),
    indexTexts: () => store.indexTexts(),
    async remove() {
      await store.close();
      await db.close();
      const client = new MongoClient(url);
      await client.db(name).dropDatabase();
      await client.close();
    },
  };
}

export function mongoBackend(url: string): Backend {
  return { name: 'mongo', open: (clock) => openMongo(url, clock) };
}
