import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { type CommandStartedEvent, MongoClient } from 'mongodb';
import { flagBits, inboxId } from '../../../src/core/values.ts';
import { connectMongo, MongoDatabase } from '../../../src/store/mongo/mongo-database.ts';
import { openMongoStore } from '../../../src/store/mongo/mongo-store.ts';
import { onMongo } from '../../support/mongo/on-mongo.ts';
import {
  appendAll,
  audit,
  delivery,
  letter,
  mailboxNamed,
  ManualClock,
  named,
  newAccount,
  withContent,
} from '../support.ts';
import { operatorsInUse, WatchedDatabase } from './watched-database.ts';

const title = 'mongo: what the server is asked for';

await onMongo(title, (url) => {
  describe(title, () => {
    let name: string;
    beforeEach(() => {
      name = `zhashik-${randomBytes(6).toString('hex')}`;
    });
    afterEach(async () => {
      const client = new MongoClient(url);
      await client.db(name).dropDatabase();
      await client.close();
    });

    it('needs the listed operators, every one of them and no other', async () => {
      const clock = new ManualClock();
      const db = new WatchedDatabase((await connectMongo(url, name)).db);
      const store = await openMongoStore({ db, clock });
      const { id } = await newAccount(store);
      await store.accounts.update(id, { status: 'active' }, audit);
      const letters = [letter('one'), letter('two', 100_000)];
      await appendAll(store, id, inboxId, letters);
      await appendAll(store, id, inboxId, letters.slice(0, 1));
      const sent = await mailboxNamed(store, id, 'Sent');
      await store.copy(id, inboxId, [1, 2], sent.id);
      const flags = { system: flagBits['\\Deleted'], keywords: [] };
      await store.storeFlags(id, inboxId, [1, 1], { mode: 'add', flags });
      await store.expunge(id, inboxId);
      await store.createMailbox(id, named('Work'));
      const work = await mailboxNamed(store, id, 'Work');
      await store.move(id, inboxId, [2, 2], work.id);
      await store.deleteMailbox(id, work.id);
      const relay = {
        relayId: 'r1',
        reversePath: 'a@example.kz',
        recipients: [],
        envelopeId: undefined,
        returnContent: undefined,
        smtpUtf8: false,
        account: id,
      };
      await withContent(store, letter('three'), (content) =>
        store.accept(content, [{ ...delivery(id), lasting: true }], relay),
      );
      await store.delivered(id, ['x']);
      const [entry] = await store.outbox.claim(clock.now(), clock.now() + 1, 10);
      await store.outbox.settle(entry!.id, [], 0);
      await store.indexTexts();
      await store.findText(id, 'body', 'three');
      clock.advance(40 * 86_400_000);
      await store.collect(clock.now());
      for await (const step of store.upkeep.checkAccount(id)) expect(step.findings).to.be.empty;
      for await (const step of store.upkeep.checkStore()) expect(step.findings).to.be.empty;
      await store.close();
      expect([...db.seen].sort()).to.deep.equal(operatorsInUse);
    });

    it('refuses in these tests an operator that is not listed, and a question to all accounts', async () => {
      const db = new WatchedDatabase((await connectMongo(url, name)).db);
      const ask = (filter: Record<string, unknown>) => () => db.find('pages', filter);
      expect(ask({ a: 1, _id: { $regex: 'x' } })).to.throw('$regex');
      expect(ask({ _id: { a: 1, m: 1, p: 0 } })).to.throw('without the account');
      expect(ask({ a: { $gt: 0 } })).to.throw('without the account');
      expect(() => db.update('heads', { _id: 1 }, { $inc: { n: 1 } } as never)).to.throw('$inc');
      expect(() => db.insert('texts', [{ _id: 1 }])).to.throw('without the account');
      expect(await db.find('pages', { a: 1 })).to.deep.equal([]);
      await db.close();
    });

    it('gets single commands, durable and of a majority, in no session or transaction of ours', async () => {
      for (const kind of ['standalone', 'replica set'] as const) {
        const client = new MongoClient(url, { monitorCommands: true, retryWrites: false });
        const commands: CommandStartedEvent[] = [];
        client.on('commandStarted', (event) => commands.push(event));
        const db = new MongoDatabase(client, name, { concerns: '', kind, version: '' });
        await db.insert('emails', [{ _id: { a: 1, e: 1 }, a: 1 }]);
        await db.update('emails', { _id: { a: 1, e: 1 }, a: 1 }, { $set: { t: 1 } });
        await db.find('emails', { a: 1 }, { sort: { _id: 1 }, limit: 5 });
        await db.remove('emails', { a: 1 });
        await db.take('accounts', 2);
        expect(commands.map(({ commandName }) => commandName)).to.deep.equal([
          'insert',
          'update',
          'find',
          'delete',
          'findAndModify',
        ]);
        for (const { commandName, command } of commands) {
          const concern = kind === 'standalone' ? { w: 1, j: true } : { w: 'majority', j: true };
          if (commandName !== 'find') {
            expect(command, commandName).to.deep.include({ writeConcern: concern });
          } else if (kind === 'replica set') {
            expect(command).to.deep.include({ readConcern: { level: 'majority' } });
          }
          expect(command).to.not.have.any.keys('txnNumber', 'startTransaction', 'autocommit');
        }
        await db.close();
      }
    });
  });
});
