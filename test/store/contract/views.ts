import { expect } from 'chai';
import { type AccountId, flagBits, inboxId } from '../../../src/core/values.ts';
import type { MailStore } from '../../../src/store/api.ts';
import type { Follower, LoggedChange } from '../../../src/store/mailbox-view.ts';
import {
  appendAll,
  delivery,
  failureOf,
  letter,
  mailboxNamed,
  newAccount,
  noFlags,
  type OpenBackend,
  picture,
  receive,
  withContent,
} from '../support.ts';

const deletedFlag = { system: flagBits['\\Deleted'], keywords: [] };

/** The promises about views: `open`, `watch`, and what sessions follow. */
export function viewsContract(opened: () => OpenBackend): void {
  let store: MailStore;
  let account: AccountId;
  beforeEach(async () => {
    ({ store } = opened());
    account = (await newAccount(store)).id;
  });
  const append = (count: number, flags = noFlags): Promise<readonly number[]> =>
    appendAll(
      store,
      account,
      inboxId,
      Array.from({ length: count }, () => letter()),
      flags,
    );
  const drain = (follower: Follower): LoggedChange[] => {
    const changes: LoggedChange[] = [];
    for (let change = follower.next(); change !== undefined; change = follower.next()) {
      changes.push(change);
    }
    return changes;
  };

  describe('views', () => {
    it('are shared by all who open the mailbox', async () => {
      const [one, two] = await Promise.all([
        store.open(account, inboxId),
        store.open(account, inboxId),
      ]);
      expect(one.view).to.equal(two.view);
      expect(one.account).to.equal(account);
      one.close();
      one.close();
      await append(1);
      expect(two.view.count).to.equal(1);
      two.close();
    });

    it('show an operation as soon as it resolves', async () => {
      const { view } = await store.open(account, inboxId);
      for (let i = 1; i <= 5; i++) {
        await append(1);
        expect(view.count).to.equal(i);
        expect((await mailboxNamed(store, account, 'INBOX')).messages).to.equal(i);
        expect((await store.quota(account)).usedMessages).to.equal(i);
      }
      await withContent(store, letter(), (content) => store.accept(content, [delivery(account)]));
      expect(view.count).to.equal(6);
    });

    it('tell each session every change once, in order', async () => {
      await append(3);
      const one = await store.open(account, inboxId);
      const two = await store.open(account, inboxId);
      const first = one.view.follow();
      const second = two.view.follow();
      await append(2, deletedFlag);
      await store.storeFlags(account, inboxId, [1, 1], { mode: 'add', flags: deletedFlag });
      expect(drain(first)).to.deep.equal([
        { kind: 'added', uids: [4, 5] },
        { kind: 'flagged', uids: [1] },
      ]);
      expect(first.upToDate).to.equal(true);
      await store.expunge(account, inboxId);
      expect(drain(second).map(({ kind }) => kind)).to.deep.equal(['added', 'flagged', 'expunged']);
      const [gone] = drain(first);
      expect(gone?.kind === 'expunged' && gone.rows.map((row) => row.uid)).to.deep.equal([1, 4, 5]);
      first.close();
      second.close();
      one.close();
      two.close();
    });

    it('stay right while nobody has them open', async () => {
      await append(2);
      const before = await store.open(account, inboxId);
      before.close();
      await append(1, { system: 0, keywords: ['k'] });
      const after = await store.open(account, inboxId);
      expect(after.view.count).to.equal(3);
      expect(after.view.keywords).to.deep.equal(['k']);
      after.close();
    });

    it('show what was committed before a moment when they are asked to', async () => {
      const open = await store.open(account, inboxId);
      await append(2);
      await open.showAsOf(performance.now());
      expect(open.view.count).to.equal(2);
      open.close();
    });

    it('opened in the middle of changes miss none of them', async () => {
      const contents = await Promise.all(
        Array.from({ length: 60 }, () => receive(store, letter())),
      );
      const opens = contents.map(async (content, i) => {
        const change = store.append(account, inboxId, [
          { content, flags: { system: 0, keywords: [`k${i % 20}`] }, internalDate: 0 },
        ]);
        const open = await store.open(account, inboxId);
        await change;
        return open;
      });
      const [open] = await Promise.all(opens);
      await Promise.all(contents.map((content) => content.release()));
      const seen = picture(open!.view);
      const fresh = await (await opened().reopen()).open(account, inboxId);
      expect(seen).to.deep.equal(picture(fresh.view));
      expect(fresh.view.count).to.equal(60);
    });

    it('are not found for a mailbox that is not there', async () => {
      expect(await failureOf(store.open(account, 999 as never))).to.equal('not-found');
      const open = await store.open(account, inboxId);
      open.close();
    });
  });

  describe('watching', () => {
    it('tells of each change of the account, in any mailbox, until it is stopped', async () => {
      const sent = await mailboxNamed(store, account, 'Sent');
      let told = 0;
      const stop = store.watch(account, () => told++);
      await append(1);
      await appendAll(store, account, sent.id, [letter()]);
      await store.createMailbox(account, 'New' as never);
      await store.subscribe(account, 'New' as never, true);
      expect(told).to.equal(4);
      stop();
      stop();
      await append(1);
      expect(told).to.equal(4);
    });

    it('does not tell of other accounts', async () => {
      const other = (await newAccount(store)).id;
      let told = 0;
      const stop = store.watch(other, () => told++);
      await append(1);
      expect(told).to.equal(0);
      stop();
    });

    it('comes with an open mailbox and ends with it', async () => {
      let told = 0;
      const open = await store.open(account, inboxId, () => told++);
      await append(1);
      expect(told).to.equal(1);
      open.close();
      await append(1);
      expect(told).to.equal(1);
    });

    it('finds the view changed already', async () => {
      let count = 0;
      const open = await store.open(account, inboxId, () => (count = open.view.count));
      await append(2);
      expect(count).to.equal(2);
      open.close();
    });
  });

  describe('close', () => {
    it('finishes what was begun and refuses what comes later', async () => {
      const content = await receive(store, letter());
      const begun = store.accept(content, [delivery(account)]);
      const closed = store.close();
      expect(await failureOf(store.mailboxes(account))).to.equal('unavailable');
      expect(await failureOf(store.subscribe(account, 'x' as never, true))).to.equal('unavailable');
      const [outcome] = await begun;
      expect(outcome?.status).to.equal('stored');
      await closed;
      expect(await failureOf(store.quota(account))).to.equal('unavailable');
      expect(await failureOf(store.describe(account, [], ['preview']))).to.equal('unavailable');
      expect(await failureOf(store.audit.list({ limit: 1 }))).to.equal('unavailable');
      expect(await failureOf(store.accept(content, []))).to.equal('unavailable');
      const reopened = await opened().reopen();
      expect((await reopened.quota(account)).usedMessages).to.equal(1);
    });
  });
}
