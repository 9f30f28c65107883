import { expect } from 'chai';
import { type AccountId, deletedBit, inboxId, seenBit } from '../../../src/core/values.ts';
import type {
  AccountSnapshot,
  DeletedMessage,
  Finding,
  FlagSet,
  KeptMessage,
  MailStore,
  RestoredMessage,
  SnapshotMessage,
} from '../../../src/store/api.ts';
import {
  accountData,
  appendAll,
  audit,
  delivery,
  failureOf,
  flagsOf,
  letter,
  mailboxNamed,
  type ManualClock,
  named,
  newAccount,
  octetsOf,
  type OpenBackend,
  picture,
  receive,
  uidsOf,
  withContent,
} from '../support.ts';

const deleted: FlagSet = { system: deletedBit | seenBit, keywords: ['$Work'] };

/** The promises of `UpkeepStore`. */
export function upkeepContract(opened: () => OpenBackend, clock: ManualClock): void {
  let store: MailStore;
  let account: AccountId;
  beforeEach(async () => {
    ({ store } = opened());
    account = (await newAccount(store)).id;
  });

  describe('a snapshot', () => {
    it('shows one commit, whatever is committed while it is read', async () => {
      await appendAll(store, account, inboxId, [letter('one'), letter('two')], deleted);
      const before = await store.upkeep.changeNumber(account);
      const snapshot = await store.upkeep.snapshot(account);
      await appendAll(store, account, inboxId, [letter('three')]);
      await store.expunge(account, inboxId);
      const inbox = snapshot.mailboxes.find(({ id }) => id === inboxId);
      expect(snapshot.seq).to.equal(before);
      expect(inbox).to.include({ messages: 2, uidNext: 3 });
      expect(inbox?.keywords).to.deep.equal(['$Work']);
      const messages = await collected(snapshot.messages(inboxId));
      expect(messages.map(({ uid }) => uid)).to.deep.equal([1, 2]);
      expect(messages[0]?.flags).to.deep.equal(deleted);
      expect(await collected(snapshot.tombstones(inboxId))).to.deep.equal([]);
      await snapshot.close();
      expect(await store.upkeep.changeNumber(account)).to.be.greaterThan(before);
    });

    it('names the letters by their digests and gives more than one slice', async () => {
      const octets = Array.from({ length: 600 }, () => letter());
      await appendAll(store, account, inboxId, octets);
      const snapshot = await store.upkeep.snapshot(account);
      const messages = await collected(snapshot.messages(inboxId));
      await snapshot.close();
      expect(messages).to.have.length(600);
      const content = await receive(store, octets[599]!);
      expect(messages[599]?.sha256).to.equal(content.sha256);
      await content.release();
    });

    it('is refused for an account that is not there', async () => {
      expect(await failureOf(store.upkeep.snapshot(99_999 as AccountId))).to.equal('not-found');
      expect(await failureOf(store.upkeep.changeNumber(99_999 as AccountId))).to.equal('not-found');
    });
  });

  describe('restore', () => {
    /** Restores from the snapshot of one account into a new one, from message `skip` on. */
    const restore = async (
      from: AccountId,
      to: AccountId,
      snapshot: AccountSnapshot,
      skip = 0,
    ): Promise<number> => {
      let added = 0;
      await store.upkeep.beginRestore(to, 'test', snapshot);
      for (const { id } of snapshot.mailboxes) {
        const kept = (await collected(snapshot.messages(id))).slice(skip);
        const rows: RestoredMessage[] = [];
        for (const message of kept) rows.push(await received(from, message));
        added += await store.upkeep.restoreMessages(to, id, rows);
        await store.upkeep.restoreTombstones(to, id, await collected(snapshot.tombstones(id)));
        for (const { content } of rows) await content.release();
      }
      return added;
    };
    const received = async (
      from: AccountId,
      message: SnapshotMessage,
    ): Promise<RestoredMessage> => {
      const content = await receive(store, await octetsOf(store, from, message.email));
      return { ...(message as KeptMessage), content };
    };
    const suspended = async (): Promise<AccountId> =>
      (await store.accounts.create({ ...accountData(), status: 'suspended' }, audit)).id;

    it('keeps UIDs, UIDVALIDITY, flags, MODSEQ, mailbox ids, dates, tombstones; goes on where it ended', async () => {
      const work = await store.createMailbox(account, named('Жұмыс/Хаттар'), {
        specialUse: '\\Archive',
      });
      await appendAll(store, account, inboxId, [letter('1'), letter('2'), letter('3')], deleted);
      await appendAll(store, account, work.id, [letter('4'), letter('5', 100_000)]);
      await store.expunge(account, inboxId, [2, 2]);
      await store.subscribe(account, named('elsewhere'), true);
      const snapshot = await store.upkeep.snapshot(account);
      const to = await suspended();
      expect(await restore(account, to, snapshot, 1)).to.equal(2);
      store = await opened().reopen();
      const again = await store.upkeep.snapshot(account);
      expect(await restore(account, to, again)).to.equal(2);
      expect(await restore(account, to, again)).to.equal(0);
      await store.upkeep.finishRestore(to);
      await again.close();

      expect(await store.mailboxes(to)).to.deep.equal(await store.mailboxes(account));
      expect(await store.subscriptions(to)).to.deep.equal(await store.subscriptions(account));
      expect(await store.quota(to)).to.deep.equal(await store.quota(account));
      for (const { id } of await store.mailboxes(account)) {
        const [one, other] = [await store.open(account, id), await store.open(to, id)];
        const plain = (view: typeof one.view): unknown =>
          JSON.parse(
            JSON.stringify(picture(view), (key, value: unknown) =>
              key === 'email' ? undefined : value,
            ),
          );
        expect(plain(other.view)).to.deep.equal(plain(one.view));
        expect(await other.vanishedSince(1 as never)).to.deep.equal(
          await one.vanishedSince(1 as never),
        );
        one.close();
        other.close();
      }
      await withContent(store, letter(), async (content) => {
        const [outcome] = await store.accept(content, [delivery(to)]);
        expect(outcome).to.include({ status: 'stored', uid: 4 });
      });
    });

    it('is refused for an account with messages, one that is not being restored, and UIDs not given', async () => {
      await appendAll(store, account, inboxId, [letter()]);
      const snapshot = await store.upkeep.snapshot(account);
      expect(await failureOf(store.upkeep.beginRestore(account, 'test', snapshot))).to.equal(
        'already-exists',
      );
      const [message] = await collected(snapshot.messages(inboxId));
      const row = await received(account, message!);
      const to = await suspended();
      const add = (uid: number): Promise<number> =>
        store.upkeep.restoreMessages(to, inboxId, [{ ...row, uid: uid as never }]);
      expect(await failureOf(add(1))).to.equal('invalid');
      expect(await store.upkeep.beginRestore(to, 'test', snapshot)).to.equal('begun');
      expect(await store.upkeep.beginRestore(to, 'test', snapshot)).to.equal('resumed');
      expect(await failureOf(store.upkeep.beginRestore(to, 'other', snapshot))).to.equal(
        'already-exists',
      );
      expect(await failureOf(add(2))).to.equal('invalid');
      expect(await add(1)).to.equal(1);
      await row.content.release();
      await snapshot.close();
    });
  });

  describe('undelete', () => {
    const list = (): Promise<DeletedMessage[]> => collected(store.upkeep.deletedMessages(account));

    it('brings an expunged message back with a new UID, its flags without \\Deleted, and its date', async () => {
      await appendAll(store, account, inboxId, [letter('1'), letter('2')], deleted);
      await store.expunge(account, inboxId, [1, 1]);
      const [message, ...more] = await list();
      expect(more).to.deep.equal([]);
      expect(message).to.deep.include({ uid: 1, mailboxName: 'INBOX', mailboxDeleted: false });
      const open = await store.open(account, inboxId);
      expect(await store.upkeep.undelete(account, [message!], inboxId)).to.equal(1);
      expect(uidsOf(open.view)).to.deep.equal([2, 3]);
      expect(flagsOf(open.view, 3)).to.deep.equal({ system: seenBit, keywords: ['$Work'] });
      expect(open.view.rowAt(1).internalDate).to.equal(1_790_000_000);
      expect(await list()).to.deep.equal([]);
      expect(await store.upkeep.undelete(account, [message!], inboxId)).to.equal(0);
      open.close();
    });

    it('knows moved messages from deleted ones', async () => {
      await appendAll(store, account, inboxId, [letter()]);
      const trash = await mailboxNamed(store, account, 'Trash');
      await store.move(account, inboxId, [1, 1], trash.id);
      expect(await list()).to.deep.equal([]);
    });

    it('brings back what was in a deleted mailbox, until the tombstone time is over', async () => {
      const work = await store.createMailbox(account, named('Work'));
      await appendAll(store, account, work.id, [letter('1'), letter('2')], {
        system: 0,
        keywords: ['$Work'],
      });
      await store.deleteMailbox(account, work.id);
      const messages = await list();
      expect(
        messages.map(({ mailboxName, mailboxDeleted, uid }) => [mailboxName, mailboxDeleted, uid]),
      ).to.deep.equal([
        ['Work', true, 1],
        ['Work', true, 2],
      ]);
      expect(await store.upkeep.undelete(account, messages.slice(0, 1), inboxId)).to.equal(1);
      expect(await list()).to.have.length(1);
      const open = await store.open(account, inboxId);
      expect(flagsOf(open.view, 1)).to.deep.equal({ system: 0, keywords: ['$Work'] });
      open.close();
      await opened().collect(clock.now() + 31 * 24 * 3600 * 1000);
      expect(await list()).to.deep.equal([]);
      expect(await octetsOf(store, account, messages[0]!.email)).to.have.length.greaterThan(10);
    });

    it('asks the quota', async () => {
      const small = (await newAccount(store, { bytes: undefined, messages: 1 })).id;
      await appendAll(store, small, inboxId, [letter()], deleted);
      await store.expunge(small, inboxId);
      await appendAll(store, small, inboxId, [letter()]);
      const messages = await collected(store.upkeep.deletedMessages(small));
      expect(await failureOf(store.upkeep.undelete(small, messages, inboxId))).to.equal(
        'over-quota',
      );
    });
  });

  describe('a check', () => {
    it('finds nothing wrong with what the store itself did', async () => {
      const other = (await newAccount(store)).id;
      await appendAll(store, account, inboxId, [letter('1'), letter('2', 200_000)], deleted);
      await store.expunge(account, inboxId, [1, 1]);
      await withContent(store, letter('to both'), (content) =>
        store.accept(content, [delivery(account), delivery(other)]),
      );
      await store.copy(account, inboxId, [2, 3], (await mailboxNamed(store, account, 'Sent')).id);
      const found: Finding[] = [];
      let messages = 0;
      for (const each of [account, other]) {
        for await (const step of store.upkeep.checkAccount(each)) {
          messages += step.messages;
          found.push(...step.findings);
        }
      }
      for await (const step of store.upkeep.checkStore()) found.push(...step.findings);
      expect(found.filter(({ kind }) => kind !== 'garbage')).to.deep.equal([]);
      expect(messages).to.equal(5);
    });
  });
}

async function collected<T>(slices: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const slice of slices) all.push(...slice);
  return all;
}
