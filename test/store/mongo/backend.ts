import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { connectMongo } from '../../../src/store/mongo/mongo-database.ts';
import { openMongoStore } from '../../../src/store/mongo/mongo-store.ts';
import type { Backend } from '../support.ts';

/** A store in a database of its own on the server that the tests use. */
export function mongoBackend(url: string): Backend {
  return {
    name: 'mongo',
    lacks: ['search', 'upkeep'],
    async open(clock) {
      const name = `zhashik-${randomBytes(6).toString('hex')}`;
      const open = async (): ReturnType<typeof openMongoStore> =>
        openMongoStore({ db: (await connectMongo(url, name)).db, clock });
      let store = await open();
      return {
        get store() {
          return store;
        },
        async reopen() {
          await store.close();
          store = await open();
          return store;
        },
        collect: (now) => store.collect(now),
        async indexTexts() {
          await Promise.resolve();
        },
        async remove() {
          await store.close();
          const client = new MongoClient(url);
          await client.db(name).dropDatabase();
          await client.close();
        },
      };
    },
  };
}
