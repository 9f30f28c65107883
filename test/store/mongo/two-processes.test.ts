import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import type { Hints } from '../../../src/bus/api.ts';
import { LocalHints } from '../../../src/bus/local/hints.ts';
import { MailError } from '../../../src/core/errors.ts';
import { type AccountId, inboxId } from '../../../src/core/values.ts';
import type { MailStore } from '../../../src/store/api.ts';
import type { Database } from '../../../src/store/mongo/database.ts';
import { connectMongo } from '../../../src/store/mongo/mongo-database.ts';
import { type MongoStore, openMongoStore } from '../../../src/store/mongo/mongo-store.ts';
import { onMongo } from '../../support/mongo/on-mongo.ts';
import { until } from '../../support/until.ts';
import { appendAll, audit, letter, newAccount, noFlags } from '../support.ts';

function append(store: MailStore, account: AccountId): Promise<readonly number[]> {
  return appendAll(store, account, inboxId, [letter()]);
}

/** A database whose reads are counted, and fail when told to. */
class WatchedDatabase implements Database {
  reads: string[] = [];
  failing: string | undefined;
  /** What was read is kept back until this resolves. */
  held: Promise<void> | undefined;
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  find: Database['find'] = async (collection, ...args) => {
    this.reads.push(collection);
    if (this.failing === collection) throw new MailError('unavailable', 'Broken');
    const found = await this.#db.find<never>(collection, ...args);
    await this.held;
    return found;
  };
  insert: Database['insert'] = (...args) => this.#db.insert(...args);
  update: Database['update'] = (...args) => this.#db.update(...args);
  remove: Database['remove'] = (...args) => this.#db.remove(...args);
  take: Database['take'] = (...args) => this.#db.take(...args);
  close: Database['close'] = () => this.#db.close();
}

/** Hints that are all lost, though it says that they come through. */
const lostHints: Hints = {
  live: true,
  announce: () => undefined,
  listen: () => () => undefined,
};

await onMongo('two processes on one database', (url) => {
  describe('two processes on one database', () => {
    let name: string;
    let stores: MongoStore[];
    beforeEach(() => {
      name = `zhashik-${randomBytes(6).toString('hex')}`;
      stores = [];
    });
    afterEach(async () => {
      for (const store of stores) await store.close();
      const client = new MongoClient(url);
      await client.db(name).dropDatabase();
      await client.close();
    });

    async function open(
      hints?: Hints,
      onStatus?: (account: AccountId, status: string) => void,
    ): Promise<{ readonly store: MailStore; readonly db: WatchedDatabase }> {
      const db = new WatchedDatabase((await connectMongo(url, name)).db);
      const store = await openMongoStore({
        db,
        ...(hints && { hints }),
        ...(onStatus && { onStatus }),
      });
      stores.push(store);
      return { store, db };
    }

    it('a mailbox shows as of now what the other one did: one read, none when it was just looked at', async () => {
      const [one, two] = [await open(), await open()];
      const { id } = await newAccount(one.store);
      const opened = await two.store.open(id, inboxId);
      await append(one.store, id);
      const before = performance.now();
      two.db.reads = [];
      await opened.showAsOf(before);
      expect(opened.view.count).to.equal(1);
      expect(two.db.reads).to.deep.equal(['heads']);
      expect(opened.showAsOf(before)).to.equal(undefined);
      two.db.reads = [];
      await opened.showAsOf(performance.now());
      expect(two.db.reads).to.deep.equal(['heads']);
      // Its own commit has looked already.
      const asOf = performance.now();
      await append(two.store, id);
      expect(opened.showAsOf(asOf)).to.equal(undefined);
      opened.close();
    });

    it('a hint wakes those who watch, before any look of their own', async () => {
      const hints = new LocalHints();
      const live: Hints = {
        live: true,
        announce: (...args) => {
          hints.announce(...args);
        },
        listen: (...args) => hints.listen(...args),
      };
      const [one, two] = [await open(live), await open(live)];
      const { id } = await newAccount(one.store);
      let told = 0;
      const opened = await two.store.open(id, inboxId, () => told++);
      for (let i = 1; i <= 20; i++) await append(one.store, id);
      await until('the view shows all', () => opened.view.count === 20);
      expect(told).to.be.within(1, 20);
      opened.close();
    });

    it('hints that come before what they tell of is read make it read again', async () => {
      let hear: (version: number) => void = () => undefined;
      const hints: Hints = {
        live: true,
        announce: () => undefined,
        listen: (_account, onHint) => {
          hear = onHint;
          return () => undefined;
        },
      };
      const [one, two] = [await open(), await open(hints)];
      const { id } = await newAccount(one.store);
      const opened = await two.store.open(id, inboxId, () => undefined);
      let letGo: () => void = () => undefined;
      two.db.held = new Promise((resolve) => (letGo = resolve));
      two.db.reads = [];
      hear(1_000);
      await until('it has asked', () => two.db.reads.length === 1);
      await append(one.store, id);
      for (let version = 1_001; version < 1_010; version++) hear(version);
      letGo();
      await until('it is there', () => opened.view.count === 1);
      expect(two.db.reads.filter((name) => name === 'heads')).to.have.length(2);
      two.db.reads = [];
      hear(1);
      expect(two.db.reads).to.deep.equal([]);
      opened.close();
    });

    it('where no hint comes it looks by itself, and where hints are lost when it is asked', async () => {
      const [one, two, three] = [await open(), await open(), await open(lostHints)];
      const { id } = await newAccount(one.store);
      const looking = await two.store.open(id, inboxId, () => undefined);
      const trusting = await three.store.open(id, inboxId, () => undefined);
      await append(one.store, id);
      await until('it looked', () => looking.view.count === 1, 5_000);
      await trusting.showAsOf(performance.now());
      expect(trusting.view.count).to.equal(1);
      looking.close();
      trusting.close();
    });

    it('when hints come through again it looks once more, however lately it looked', async () => {
      const hints = { ...lostHints, live: false };
      const [one, two] = [await open(), await open(hints)];
      const { id } = await newAccount(one.store);
      const opened = await two.store.open(id, inboxId, () => undefined);
      for (let i = 1; i <= 3; i++) {
        hints.live = false;
        two.db.reads = [];
        await until('it looked', () => two.db.reads.includes('heads'), 5_000);
        await append(one.store, id);
        hints.live = true;
        await until('it looked again', () => opened.view.count === i, 5_000);
      }
      opened.close();
    });

    it('an open mailbox that could not be read after a long sleep is read when that is possible', async () => {
      const [one, two] = [await open(), await open()];
      const { id } = await newAccount(one.store);
      await append(one.store, id);
      // Nobody watches, so nothing looks by itself.
      const opened = await two.store.open(id, inboxId);
      // More changes than a head keeps.
      for (let i = 0; i < 150; i++) {
        const mode = i % 2 === 0 ? 'add' : 'remove';
        const flags = { ...noFlags, system: 1 };
        await one.store.storeFlags(id, inboxId, [1, 1], { mode, flags });
      }
      await append(one.store, id);
      two.db.failing = 'pages';
      const failure = await opened.showAsOf(performance.now())?.catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(MailError);
      expect(opened.view.count).to.equal(1);
      // Nothing is put on top of what it missed.
      await append(one.store, id);
      await opened.showAsOf(performance.now())?.catch(() => undefined);
      expect(opened.view.count).to.equal(1);
      two.db.failing = undefined;
      await opened.showAsOf(performance.now());
      expect(opened.view.count).to.equal(3);
      await append(one.store, id);
      await opened.showAsOf(performance.now());
      expect(opened.view.count).to.equal(4);
      opened.close();
    });

    it('tells of an account that another process suspended', async () => {
      const seen: string[] = [];
      const [one, two] = [
        await open(),
        await open(undefined, (account, status) => seen.push(`${account} ${status}`)),
      ];
      const { id } = await newAccount(one.store);
      const opened = await two.store.open(id, inboxId);
      await one.store.accounts.update(id, { status: 'suspended' }, audit);
      await opened.showAsOf(performance.now());
      await opened.showAsOf(performance.now());
      expect(seen).to.deep.equal([`${id} suspended`]);
      opened.close();
    });
  });
});
