import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { MongoAnswers } from '../../../src/store/mongo/answers.ts';
import { connectMongo } from '../../../src/store/mongo/mongo-database.ts';
import { openMongoStore } from '../../../src/store/mongo/mongo-store.ts';
import { onMongo } from '../../support/mongo/on-mongo.ts';
import { ManualClock } from '../support.ts';
import { WatchedDatabase } from './watched-database.ts';

const title = 'mongo: answers that processes share';

await onMongo(title, (url) => {
  describe(title, () => {
    const name = `zhashik-${randomBytes(6).toString('hex')}`;
    const clock = new ManualClock();
    const open = async (): Promise<MongoAnswers> =>
      new MongoAnswers(new WatchedDatabase((await connectMongo(url, name)).db), clock);
    let one: MongoAnswers;
    let other: MongoAnswers;
    before(async () => {
      one = await open();
      other = await open();
    });
    after(async () => {
      await one.close();
      await other.close();
      const client = new MongoClient(url);
      await client.db(name).dropDatabase();
      await client.close();
    });
    const answer = Buffer.from([0, 1, 255]);

    it('are there for all, until their time is over', async () => {
      expect(await other.get('850101400011')).to.equal(undefined);
      await one.put('850101400011', answer, clock.now() + 1000);
      expect(await other.get('850101400011')).to.deep.equal(answer);
      clock.advance(1001);
      expect(await other.get('850101400011')).to.equal(undefined);
    });

    it('give way to newer ones', async () => {
      await one.put('key', answer, clock.now() + 1000);
      await other.put('key', Buffer.from('newer'), clock.now() + 2000);
      clock.advance(1500);
      expect(await one.get('key')).to.deep.equal(Buffer.from('newer'));
    });

    it('are removed when their time is over, and their keys cannot be read', async () => {
      await one.put('850101400011', answer, clock.now() + 1000);
      const { db } = await connectMongo(url, name);
      expect(JSON.stringify(await db.find('answers', {}))).not.to.include('850101400011');
      const store = await openMongoStore({ db: (await connectMongo(url, name)).db, clock });
      clock.advance(5000);
      await store.collect(clock.now());
      await store.close();
      expect(await db.find('answers', {})).to.deep.equal([]);
      await db.close();
    });
  });
});
