import { expect } from 'chai';
import { type AccountId, inboxId } from '../../../src/core/values.ts';
import { accountsCached, deliveryIdsKept } from '../../../src/store/common/limits.ts';
import { QuotaCache } from '../../../src/store/embedded/quota-cache.ts';
import {
  accountData,
  appendAll,
  audit,
  delivery,
  letter,
  named,
  newAccount,
  receive,
} from '../support.ts';
import { openEmbedded, type OpenEmbedded } from './backend.ts';
import { sum } from './rows.ts';

describe('embedded: what is kept in memory', () => {
  let open: OpenEmbedded;
  before(async () => {
    open = await openEmbedded({ shards: 1 });
  });
  after(() => open.remove());

  it('stays right for accounts that had to make room and came back', async () => {
    const { store } = open;
    const made = await store.accounts.createMany(
      Array.from({ length: accountsCached + 50 }, () => accountData()),
      audit,
    );
    const ids = made.map((each) => (typeof each === 'string' ? (0 as AccountId) : each.id));
    const first = ids[0]!;
    const opened = await store.open(first, inboxId);
    const second = await store.open(ids[1]!, inboxId);
    second.close();
    for (const id of ids) await store.mailboxes(id);
    await store.subscribe(ids[1]!, named('Later'), true);
    expect((await store.subscriptions(ids[1]!)).has(named('Later'))).to.equal(true);
    await appendAll(store, ids[1]!, inboxId, [letter()]);
    const again = await store.open(ids[1]!, inboxId);
    expect(again.view).not.to.equal(second.view);
    expect(again.view.count).to.equal(1);
    // What is open stays, however many others came.
    await appendAll(store, first, inboxId, [letter()]);
    expect(opened.view.count).to.equal(1);
    expect((await store.open(first, inboxId)).view).to.equal(opened.view);
  });

  it(`knows the last ${deliveryIdsKept} delivery ids at least, and not many more`, async () => {
    const { store } = open;
    const { id } = await newAccount(store);
    const content = await receive(store, letter());
    const ids = Array.from({ length: deliveryIdsKept * 2 }, (_, i) => `delivery-${i}`);
    for (const each of ids) await store.accept(content, [delivery(id, each)]);
    for (const each of ids.slice(-deliveryIdsKept)) {
      const [outcome] = await store.accept(content, [delivery(id, each)]);
      expect(outcome).to.include({ duplicate: true });
    }
    await content.release();
    const kept = sum(open.folder, 1, `SELECT count(*) AS n FROM taken WHERE a = ${id}`);
    expect(kept).to.be.within(deliveryIdsKept, deliveryIdsKept * 1.25);
  });

  describe('quota figures', () => {
    const figures = { seq: 5, bytes: 50, count: 5, maxBytes: null, maxCount: null };

    it('of a commit that came while they were read are not lost', async () => {
      const cache = new QuotaCache();
      const reading = cache.get(1, async () => Promise.resolve(figures));
      cache.apply(1, { seq: 6, bytes: 60, count: 6 });
      cache.apply(1, { seq: 7, bytes: 70, count: 7, limits: { maxBytes: 99, maxCount: null } });
      expect(await reading).to.deep.equal({
        ...figures,
        seq: 7,
        bytes: 70,
        count: 7,
        maxBytes: 99,
      });
    });

    it('of a commit that the read had seen are not taken twice', async () => {
      const cache = new QuotaCache();
      const reading = cache.get(1, async () => Promise.resolve(figures));
      cache.apply(1, { seq: 4, bytes: 40, count: 4 });
      expect(await reading).to.deep.equal(figures);
    });

    it('are read once for all who ask, and again after a failure', async () => {
      const cache = new QuotaCache();
      let reads = 0;
      const fail = (): Promise<undefined> => {
        reads++;
        return Promise.reject(new Error('no'));
      };
      const load = async (): Promise<typeof figures> => Promise.resolve((reads++, figures));
      const failed = await Promise.allSettled([cache.get(1, fail), cache.get(1, fail)]);
      expect(failed.every(({ status }) => status === 'rejected')).to.equal(true);
      await Promise.all([cache.get(1, load), cache.get(1, load), cache.get(1, load)]);
      await cache.get(1, load);
      expect(reads).to.equal(2);
    });
  });
});
