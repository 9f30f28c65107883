import { expect } from 'chai';
import { flagBits, inboxId } from '../../../src/core/values.ts';
import { AccountLog } from '../../../src/store/mongo/account-log.ts';
import { MongoContent } from '../../../src/store/mongo/content.ts';
import { PendingLetter } from '../../../src/store/mongo/letters.ts';
import { append } from '../../../src/store/mongo/ops/message-ops.ts';
import { onMongo } from '../../support/mongo/on-mongo.ts';
import { appendAll, letter, ManualClock, newAccount, noFlags, receive } from '../support.ts';
import { openMongo } from './backend.ts';

const title = 'mongo: numbers of letters';
const day = 86_400_000;

await onMongo(title, (url) => {
  describe(title, () => {
    it('are never given again, also by a process that slept while letters came and went', async () => {
      const clock = new ManualClock();
      const open = await openMongo(url, clock);
      const { id } = await newAccount(open.store);
      let now = 0;
      const waits = { now: () => now, pause: () => Promise.resolve(), random: () => 0 };
      const asleep = await AccountLog.load(open.db, clock, id, { waits });

      await appendAll(open.store, id, inboxId, [letter('came and went')]);
      const flags = { system: flagBits['\\Deleted'], keywords: [] };
      await open.store.storeFlags(id, inboxId, [1, 1], { mode: 'add', flags });
      await open.store.expunge(id, inboxId);
      clock.advance(32 * day);
      await open.collect(clock.now());
      expect(await open.db.find('emails', { a: id })).to.deep.equal([]);

      now += 32 * day;
      const content = await receive(open.store, letter('later'));
      if (!(content instanceof MongoContent)) throw new Error('a content of another store');
      const pending = new PendingLetter(content);
      const rows = [{ letter: pending, flags: noFlags, idate: 0 }];
      await asleep.run({ letters: [pending], apply: (draft) => append(draft, inboxId, rows) });
      expect(pending.email).to.equal(2);
      await asleep.settled();
      await content.release();
      await open.remove();
    });
  });
});
