import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { clusterLayout } from '../../../src/store/mongo/cluster-layout.ts';
import { initCluster, type InitStep } from '../../../src/store/mongo/cluster-init.ts';
import { checkCompareAndSet } from '../../../src/store/mongo/compare-and-set.ts';
import {
  type Change,
  collectionNames,
  type CollectionName,
  type Database,
  type Filter,
} from '../../../src/store/mongo/database.ts';
import { connectMongo } from '../../../src/store/mongo/mongo-database.ts';
import { onMongo } from '../../support/mongo/on-mongo.ts';
import { failureOf } from '../support.ts';

await onMongo('a database for the store', (url) => {
  describe('a database for the store', function () {
    this.timeout(60_000);
    const name = `zhashik-${randomBytes(6).toString('hex')}`;
    let client: MongoClient;
    before(async () => {
      client = await new MongoClient(url).connect();
    });
    after(async () => {
      await client.db(name).dropDatabase();
      await client.close();
    });
    const init = async (): Promise<InitStep[]> => {
      const steps: InitStep[] = [];
      for await (const step of initCluster(url, name)) steps.push(step);
      return steps;
    };

    it('gets its collections and indexes, and the second time nothing', async () => {
      const indexes = Object.values(clusterLayout).flatMap((each) => each.indexes);
      const first = await init();
      expect(first).to.have.length(collectionNames.length + indexes.length);
      expect(first.filter(({ made }) => !made)).to.deep.equal([]);
      const there = await client.db(name).listCollections().toArray();
      expect(there.map((each) => each.name)).to.include.members([...collectionNames]);
      const again = await init();
      expect(again.map(({ what }) => what)).to.deep.equal(first.map(({ what }) => what));
      expect(again.some(({ made }) => made)).to.equal(false);
    });

    it('gets back an index that somebody dropped, and only that', async () => {
      await init();
      await client.db(name).collection('outbox').dropIndex('end_1');
      const made = (await init()).filter((step) => step.made).map(({ what }) => what);
      expect(made).to.deep.equal(['index outbox {"end":1}']);
    });

    it('is refused when it lets two writes win a race, and leaves nothing of the race', async () => {
      const { db } = await connectMongo(url, name);
      try {
        await checkCompareAndSet(db);
        expect(await failureOf(checkCompareAndSet(new ForgetfulDatabase(db)))).to.equal('invalid');
        expect(await db.find('counters', {})).to.deep.equal([]);
      } finally {
        await db.close();
      }
    });

    it('is not there: unavailable, within seconds', async () => {
      const steps = initCluster('mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200', name);
      expect(await failureOf(steps.next())).to.equal('unavailable');
    });
  });
});

/** Writes without asking what was there: the last one of a race is kept, and all of them are told that they won. */
class ForgetfulDatabase implements Pick<Database, 'find' | 'insert' | 'update' | 'remove'> {
  readonly #db: Database;
  readonly take: Database['take'];
  readonly close: Database['close'];
  readonly find: Database['find'];
  readonly insert: Database['insert'];
  readonly remove: Database['remove'];

  constructor(db: Database) {
    this.#db = db;
    this.find = db.find.bind(db);
    this.insert = db.insert.bind(db);
    this.remove = db.remove.bind(db);
    this.take = db.take.bind(db);
    this.close = db.close.bind(db);
  }

  update(collection: CollectionName, { _id }: Filter, change: Change): Promise<boolean> {
    return this.#db.update(collection, { _id }, change);
  }
}
