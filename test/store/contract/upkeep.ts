import { expect } from 'chai';
import {
  type AccountId,
  deletedBit,
  inboxId,
  type MailboxId,
  seenBit,
} from '../../../src/core/values.ts';
import type {
  AccountSnapshot,
  AuditRecord,
  DeletedMessage,
  Finding,
  FlagSet,
  KeptMessage,
  KeptOutboxEntry,
  MailStore,
  RestoredDeleted,
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

    it('gives back deleted messages that can be undeleted, of mailboxes that are there and deleted ones', async () => {
      const work = await store.createMailbox(account, named('Work'));
      await appendAll(store, account, inboxId, [letter('1'), letter('2', 100_000)], deleted);
      await appendAll(store, account, work.id, [letter('3')], deleted);
      await appendAll(store, account, work.id, [letter('4')], { system: 0, keywords: ['$Later'] });
      await store.move(account, work.id, [2, 2], inboxId);
      await store.expunge(account, inboxId, [1, 2]);
      await store.expunge(account, work.id);
      await appendAll(store, account, work.id, [letter('5')], { system: 0, keywords: ['$Later'] });
      await store.deleteMailbox(account, work.id);
      const snapshot = await store.upkeep.snapshot(account);
      const to = await suspended();
      expect(await restore(account, to, snapshot)).to.equal(1);
      const gone = await collected(snapshot.deletedMessages());
      expect(gone).to.have.length(4);
      const rows: RestoredDeleted[] = [];
      for (const { email, ...kept } of gone) {
        rows.push({
          ...kept,
          content: await receive(store, await octetsOf(store, account, email)),
        });
      }
      expect(await store.upkeep.restoreDeleted(to, rows.slice(0, 2))).to.equal(2);
      expect(await store.upkeep.restoreDeleted(to, rows)).to.equal(2);
      expect(await store.upkeep.restoreDeleted(to, rows)).to.equal(0);
      const elsewhere = [{ ...rows[0]!, mailbox: 99 as MailboxId }];
      expect(await failureOf(store.upkeep.restoreDeleted(to, elsewhere))).to.equal('invalid');
      for (const { content } of rows) await content.release();
      await store.upkeep.finishRestore(to);
      await snapshot.close();

      const withoutEmail = (messages: DeletedMessage[]): unknown =>
        messages.map((message) => ({ ...message, email: undefined }));
      const back = await collected(store.upkeep.deletedMessages(to));
      expect(withoutEmail(back)).to.deep.equal(
        withoutEmail(await collected(store.upkeep.deletedMessages(account))),
      );
      expect(back.map(({ mailboxName }) => mailboxName)).to.have.members([
        'INBOX',
        'INBOX',
        'Work',
        'Work',
      ]);
      expect(await store.upkeep.undelete(to, back, inboxId)).to.equal(4);
      const one = await store.open(to, inboxId);
      const last = one.view.uidNext - 1;
      expect(flagsOf(one.view, last)).to.deep.equal({ system: 0, keywords: ['$Later'] });
      expect(flagsOf(one.view, last - 3)).to.deep.equal({ system: seenBit, keywords: ['$Work'] });
      for (let i = 0; i < 4; i++) {
        const index = one.view.indexOf(last - i);
        expect(await octetsOf(store, to, one.view.emailAt(index))).to.have.length.greaterThan(10);
      }
      one.close();
      for await (const step of store.upkeep.checkAccount(to))
        expect(step.findings).to.deep.equal([]);
    });

    it('leaves out deleted messages with less than a day left', async () => {
      await appendAll(store, account, inboxId, [letter('1')], deleted);
      await store.expunge(account, inboxId);
      clock.advance(29 * 24 * 3600 * 1000 + 1000);
      const snapshot = await store.upkeep.snapshot(account);
      expect(await collected(snapshot.deletedMessages())).to.deep.equal([]);
      await snapshot.close();
      expect(await collected(store.upkeep.deletedMessages(account))).to.have.length(1);
    });

    it('remembers delivery ids of both kinds, so that what is repeated answers as before', async () => {
      const lasting = { ...delivery(account), lasting: true };
      const passing = delivery(account);
      await withContent(store, letter('1'), (content) => store.accept(content, [passing]));
      await withContent(store, letter('2'), (content) => store.accept(content, [lasting]));
      const snapshot = await store.upkeep.snapshot(account);
      const to = await suspended();
      await restore(account, to, snapshot);
      const ids = await collected(snapshot.deliveryIds());
      expect(ids.map(({ deliveryId, lasting }) => [deliveryId, lasting])).to.deep.equal([
        [passing.deliveryId, false],
        [lasting.deliveryId, true],
      ]);
      await store.upkeep.restoreDeliveryIds(to, ids.slice(1));
      await store.upkeep.restoreDeliveryIds(to, ids);
      await store.upkeep.finishRestore(to);
      await snapshot.close();
      expect(await store.delivered(to, [lasting.deliveryId])).to.have.property('size', 1);
      await withContent(store, letter('again'), async (content) => {
        const [one] = await store.accept(content, [{ ...passing, account: to }]);
        const [other] = await store.accept(content, [{ ...lasting, account: to }]);
        expect(one).to.include({ status: 'stored', duplicate: true, uid: 1 });
        expect(other).to.include({ status: 'stored', duplicate: true, uid: 2 });
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

  describe('what belongs to no account', () => {
    it('has a name of its own', async () => {
      const { storeId } = store.upkeep;
      expect(storeId).to.match(/^\S{16,}$/);
      expect((await opened().reopen()).upkeep.storeId).to.equal(storeId);
    });

    it('adds the audit log of another store once, with its times', async () => {
      ({ store } = opened());
      const from = `store-${account}`;
      const records = [4, 7, 9].map((id) => ({
        id,
        at: 1_700_000_000_000 + id,
        actor: 'somebody',
        action: 'account-create',
        account: id === 7 ? account : undefined,
        ...(id === 4 && { detail: { seq: 3 } }),
      }));
      const before = (await collected(store.upkeep.auditRecords(0))).at(-1)?.id ?? 0;
      expect(await store.upkeep.restoreAudit(from, records.slice(0, 2))).to.equal(2);
      expect(await store.upkeep.restoreAudit(from, records)).to.equal(1);
      expect(await store.upkeep.restoreAudit(from, records)).to.equal(0);
      const added = await collected(store.upkeep.auditRecords(before));
      const restoredFrom = from;
      expect(added.map((record) => ({ ...facts(record), detail: record.detail }))).to.deep.equal([
        { ...facts(records[0]!), detail: { seq: 3, restoredFrom, restoredId: 4 } },
        { ...facts(records[1]!), detail: { restoredFrom, restoredId: 7 } },
        { ...facts(records[2]!), detail: { restoredFrom, restoredId: 9 } },
      ]);
      expect(await store.audit.list({ limit: 1 })).to.deep.equal(added.slice(-1));
    });

    it('shows what waits in the outbox, and takes it elsewhere once for ever', async () => {
      ({ store } = opened());
      const sender = {
        reversePath: 'sender@example.kz',
        envelopeId: `envelope-${account}`,
        returnContent: 'HDRS' as const,
        smtpUtf8: true,
      };
      const recipient = {
        forwardPath: 'a@example.org',
        notify: ['SUCCESS'],
        originalRecipient: 'rfc822;a',
      };
      const octets = letter('to be sent', 100_000);
      await withContent(store, octets, (content) =>
        store.accept(
          content,
          [{ ...delivery(account), receipt: recipient }],
          { ...sender, relayId: `relay-${account}`, recipients: [recipient], account },
          sender,
        ),
      );
      const waiting = async (): Promise<KeptOutboxEntry[]> => {
        const entries: KeptOutboxEntry[] = [];
        for await (const entry of store.upkeep.outboxEntries()) entries.push(entry);
        // The store is shared with other tests.
        return entries.filter(({ envelopeId }) => envelopeId === sender.envelopeId);
      };
      const entries = await waiting();
      expect(entries.map(({ kind }) => kind)).to.have.members(['relay', 'delivered']);
      for (const { content, sha256, ...entry } of entries) {
        expect(Buffer.from(await content.read(0, 200_000)).equals(octets)).to.equal(true);
        expect(entry).to.deep.include({ ...sender, recipients: [recipient], attempts: 0 });
        // It is here: restored, it would be sent twice.
        await withContent(store, octets, async (again) => {
          expect(again.sha256).to.equal(sha256);
          expect(await store.upkeep.restoreOutboxEntry({ ...entry, content: again })).to.equal(
            false,
          );
        });
      }
      const [one, other] = entries as [KeptOutboxEntry, KeptOutboxEntry];
      const restored = async (entry: KeptOutboxEntry): Promise<boolean> =>
        withContent(store, octets, (content) =>
          store.upkeep.restoreOutboxEntry({
            ...entry,
            key: `${entry.key}-elsewhere`,
            attempts: 2,
            nextAttemptAt: 5,
            content,
          }),
        );
      expect([await restored(one), await restored(other)]).to.deep.equal([true, true]);
      expect(await restored(one)).to.equal(false);
      store = await opened().reopen();
      const now = clock.now();
      const claimed = await store.outbox.claim(now, now + 1000, 100);
      const back = claimed.filter(({ attempts }) => attempts === 2);
      expect(back.map(({ kind }) => kind)).to.have.members(['relay', 'delivered']);
      for (const entry of back) {
        expect(entry).to.deep.include({ ...sender, recipients: [recipient] });
        expect(Buffer.from(await entry.content.read(0, 200_000)).equals(octets)).to.equal(true);
      }
      for (const { id } of claimed) await store.outbox.settle(id, [], now);
      await opened().collect(now + 40 * 24 * 3600 * 1000);
      expect([await restored(one), await restored(other)]).to.deep.equal([false, false]);
      expect(await waiting()).to.deep.equal([]);
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

function facts({ at, actor, action, account }: AuditRecord): Omit<AuditRecord, 'id' | 'detail'> {
  return { at, actor, action, account };
}
