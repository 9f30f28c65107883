import { expect } from 'chai';
import { type AccountId, deletedBit, inboxId, type MailboxId } from '../../../src/core/values.ts';
import type {
  Delivery,
  DeliveryOutcome,
  Envelope,
  MailStore,
  Relay,
} from '../../../src/store/api.ts';
import {
  delivery,
  failureOf,
  letter,
  mailboxNamed,
  newAccount,
  octetsOf,
  type OpenBackend,
  receive,
  uidsOf,
  withContent,
} from '../support.ts';

const nowhere = 999 as MailboxId;

/** The promises of `accept` and of `OutboxStore`. */
export function deliveryContract(opened: () => OpenBackend): void {
  let store: MailStore;
  let accounts: AccountId[];
  beforeEach(async () => {
    ({ store } = opened());
    accounts = [];
    for (let i = 0; i < 7; i++) accounts.push((await newAccount(store)).id);
  });
  const accept = (
    octets: Uint8Array,
    ...rest: Parameters<MailStore['accept']> extends [unknown, ...infer Rest] ? Rest : never
  ): Promise<readonly DeliveryOutcome[]> =>
    withContent(store, octets, (content) => store.accept(content, ...rest));
  const short = (outcomes: readonly DeliveryOutcome[]): (number | string)[] =>
    outcomes.map((each) =>
      each.status === 'failed' ? each.failure : each.duplicate ? `${each.uid} again` : each.uid,
    );

  describe('accept', () => {
    it('delivers to every recipient, in order, durably', async () => {
      const octets = letter('to all');
      const outcomes = await accept(
        octets,
        accounts.map((account) => delivery(account)),
      );
      expect(short(outcomes)).to.deep.equal(accounts.map(() => 1));
      const reopened = await opened().reopen();
      for (const [i, account] of accounts.entries()) {
        const mailbox = await reopened.open(account, inboxId);
        const { view } = mailbox;
        const outcome = outcomes[i];
        expect(outcome).to.include({ uidValidity: view.uidValidity });
        expect(await octetsOf(reopened, account, view.emailAt(0))).to.deep.equal(octets);
        mailbox.close();
      }
    });

    it('answers for each recipient by itself', async () => {
      const full = (await newAccount(store, { bytes: 10, messages: undefined })).id;
      const outcomes = await accept(letter(), [
        delivery(full),
        delivery(accounts[0]!),
        delivery(accounts[1]!, undefined, nowhere),
        delivery(77_777_777 as AccountId),
        delivery(accounts[2]!),
      ]);
      expect(short(outcomes)).to.deep.equal(['over-quota', 1, 'not-found', 'not-found', 1]);
      expect(await store.quota(full)).to.include({ usedBytes: 0, usedMessages: 0 });
      expect(await store.quota(accounts[1]!)).to.include({ usedMessages: 0 });
    });

    it('takes a delivery id once, whatever comes between, also after a reopen', async () => {
      const octets = letter();
      const deliveries = accounts.map((account) => delivery(account));
      expect(short(await accept(octets, deliveries))).to.deep.equal(accounts.map(() => 1));
      for (let i = 0; i < 40; i++) await accept(letter(), [delivery(accounts[0]!)]);
      expect(short(await accept(letter('retried'), deliveries))).to.deep.equal(
        accounts.map(() => '1 again'),
      );
      store = await opened().reopen();
      const outcomes = await accept(octets, deliveries);
      expect(short(outcomes)).to.deep.equal(accounts.map(() => '1 again'));
      expect(outcomes[0]).to.include({
        uidValidity: (await mailboxNamed(store, accounts[0]!, 'INBOX')).uidValidity,
      });
      expect((await store.quota(accounts[1]!)).usedMessages).to.equal(1);
    });

    it('answers a retry as the first time even when the message has left the mailbox', async () => {
      const [account] = accounts as [AccountId];
      const first = delivery(account);
      await accept(letter(), [first]);
      await store.move(account, inboxId, [1, 1], (await mailboxNamed(store, account, 'Trash')).id);
      expect(short(await accept(letter(), [first]))).to.deep.equal(['1 again']);
    });

    it('takes an id in several deliveries at once for one account only once', async () => {
      const [account] = accounts as [AccountId];
      const one = delivery(account);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => accept(letter(), [one])));
      expect(outcomes.flatMap(short).sort()).to.deep.equal([
        1,
        ...Array<string>(19).fill('1 again'),
      ]);
    });

    it('remembers a lasting id for good, and tells which it knows', async () => {
      const [account, other] = accounts as [AccountId, AccountId];
      const first = { ...delivery(account), lasting: true };
      const ids = [first.deliveryId, delivery(account).deliveryId];
      expect([...(await store.delivered(account, ids))]).to.deep.equal([]);
      expect(short(await accept(letter(), [first]))).to.deep.equal([1]);
      for (let i = 0; i < 700; i++) await accept(letter(), [delivery(account)]);
      store = await opened().reopen();
      expect(short(await accept(letter(), [first]))).to.deep.equal(['1 again']);
      expect([...(await store.delivered(account, ids))]).to.deep.equal([first.deliveryId]);
      expect((await store.delivered(other, ids)).size).to.equal(0);
      const many = Array.from({ length: 1000 }, () => delivery(account).deliveryId);
      expect((await store.delivered(account, [...many, ...ids])).size).to.equal(1);
    });

    it('remembers a lasting id only with its message', async () => {
      const full = (await newAccount(store, { bytes: 10, messages: undefined })).id;
      const refused = { ...delivery(full), lasting: true };
      expect(short(await accept(letter(), [refused]))).to.deep.equal(['over-quota']);
      expect((await store.delivered(full, [refused.deliveryId])).size).to.equal(0);
    });

    it('tells ids of different accounts apart', async () => {
      await accept(letter(), [delivery(accounts[0]!, 'same')]);
      const outcomes = await accept(letter(), [delivery(accounts[1]!, 'same')]);
      expect(short(outcomes)).to.deep.equal([1]);
    });

    it('takes two letters for one account in one call', async () => {
      const [account] = accounts as [AccountId];
      const junk = (await mailboxNamed(store, account, 'Junk')).id;
      const outcomes = await accept(letter(), [
        delivery(account),
        delivery(account, undefined, junk),
      ]);
      expect(short(outcomes)).to.deep.equal([1, 1]);
    });

    it('keeps flags and keywords of a delivery', async () => {
      const [account] = accounts as [AccountId];
      const open = await store.open(account, inboxId);
      await accept(letter(), [
        { ...delivery(account), flags: { system: 2, keywords: ['$Official'] } },
      ]);
      expect(open.view.keywords).to.deep.equal(['$Official']);
      expect(open.view.flagsAt(0)).to.equal(2 | 32);
      open.close();
    });

    it('may be called again with the same content', async () => {
      const content = await receive(store, letter());
      await store.accept(content, [delivery(accounts[0]!)]);
      expect(short(await store.accept(content, [delivery(accounts[1]!)]))).to.deep.equal([1]);
      await content.release();
      await content.release();
    });

    it('takes 1,000 recipients', async () => {
      const many = Array.from({ length: 1000 }, (_, i) => delivery(accounts[i % 7]!));
      const outcomes = await accept(letter(), many);
      expect(outcomes.every(({ status }) => status === 'stored')).to.equal(true);
      expect((await mailboxNamed(store, accounts[0]!, 'INBOX')).messages).to.equal(143);
    });

    it('keeps UIDs in order of arrival when many come at once', async () => {
      const [account] = accounts as [AccountId];
      const open = await store.open(account, inboxId);
      await Promise.all(Array.from({ length: 100 }, () => accept(letter(), [delivery(account)])));
      expect(uidsOf(open.view)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i + 1));
      open.close();
    });
  });

  describe('outbox', () => {
    let relays = 0;
    const relay = (more: Partial<Relay> = {}): Relay => ({
      relayId: `relay-${++relays}`,
      reversePath: 'aigerim@example.kz',
      recipients: [
        {
          forwardPath: 'a@example.org',
          notify: ['FAILURE'],
          originalRecipient: 'rfc822;a@example.org',
        },
        { forwardPath: 'b@example.org', notify: undefined, originalRecipient: undefined },
      ],
      envelopeId: 'env-1',
      returnContent: 'HDRS',
      smtpUtf8: true,
      account: accounts[0],
      ...more,
    });
    const settleAll = async (): Promise<void> => {
      const far = Number.MAX_SAFE_INTEGER;
      for (const { id } of await store.outbox.claim(far - 1, far, 1000)) {
        await store.outbox.settle(id, [], 0);
      }
    };
    beforeEach(settleAll);
    const soon = (): number => Date.parse('2030-01-01');

    it('keeps a relay with its content until it is settled', async () => {
      const octets = letter('relayed');
      let told = 0;
      store.outbox.onAdded(() => told++);
      const sent = relay();
      expect(await accept(octets, [], sent)).to.deep.equal([]);
      expect(told).to.equal(1);
      store = await opened().reopen();
      expect(await store.outbox.count()).to.equal(1);
      const [entry, ...others] = await store.outbox.claim(soon(), soon() + 1, 10);
      expect(others).to.have.length(0);
      const { id, attempts, acceptedAt, content, ...rest } = entry!;
      expect({ ...rest, relayId: sent.relayId }).to.deep.equal({ kind: 'relay', ...sent });
      expect(attempts).to.equal(0);
      expect(acceptedAt).to.be.greaterThan(1_700_000_000_000);
      expect(Buffer.from(await content.read(0, 100_000))).to.deep.equal(octets);
      await store.outbox.settle(id, [], 0);
      expect(await store.outbox.count()).to.equal(0);
      expect(await failureOf(store.outbox.settle(id, [], 0))).to.equal('not-found');
    });

    it('takes the local recipients and the relay in one', async () => {
      const outcomes = await accept(
        letter(),
        accounts.map((account) => delivery(account)),
        relay(),
      );
      expect(short(outcomes)).to.deep.equal(accounts.map(() => 1));
      expect(await store.outbox.count()).to.equal(1);
    });

    it('leases an entry to one caller until the lease ends', async () => {
      await accept(letter(), [], relay());
      const now = soon();
      const claims = await Promise.all([
        store.outbox.claim(now, now + 1000, 10),
        store.outbox.claim(now, now + 1000, 10),
      ]);
      expect(claims.flat()).to.have.length(1);
      expect(await store.outbox.claim(now + 999, now + 2000, 10)).to.have.length(0);
      const [again] = await store.outbox.claim(now + 1000, now + 2000, 10);
      expect(again?.attempts).to.equal(1);
    });

    it('keeps what is left with its next time', async () => {
      const sent = relay();
      await accept(letter(), [], sent);
      const now = soon();
      const [entry] = await store.outbox.claim(now, now + 1000, 10);
      const left = sent.recipients.slice(1);
      await store.outbox.settle(entry!.id, left, now + 5000);
      expect(await store.outbox.claim(now + 4999, now + 9000, 10)).to.have.length(0);
      const [next] = await store.outbox.claim(now + 5000, now + 9000, 10);
      expect(next).to.deep.include({ id: entry!.id, recipients: left, attempts: 1 });
    });

    it('takes a relay id once, also after it ended', async () => {
      const sent = relay();
      const octets = letter();
      await accept(octets, [], sent);
      await accept(octets, [], sent);
      expect(await store.outbox.count()).to.equal(1);
      await settleAll();
      await accept(octets, [], sent);
      expect(await store.outbox.count()).to.equal(0);
    });

    it('takes a relay id once, also when the retry is for other local recipients', async () => {
      const sent = relay();
      const octets = letter();
      for (const local of [accounts.slice(1, 4), accounts.slice(4), accounts.slice(1, 2), []]) {
        await accept(
          octets,
          local.map((account) => delivery(account)),
          sent,
        );
        expect(await store.outbox.count()).to.equal(1);
      }
    });

    it('hands out no more than asked for', async () => {
      for (let i = 0; i < 5; i++) await accept(letter(), [], relay({ account: accounts[i] }));
      const now = soon();
      expect(await store.outbox.claim(now, now + 1, 3)).to.have.length(3);
      expect(await store.outbox.claim(now, now + 1, 3)).to.have.length(2);
    });

    const sender: Envelope = {
      reversePath: 'sender@example.org',
      envelopeId: 'env-2',
      returnContent: 'FULL',
      smtpUtf8: true,
    };
    const receipted = (account: AccountId): Delivery => ({
      ...delivery(account),
      receipt: {
        forwardPath: `to-${account}@example.kz`,
        notify: ['SUCCESS', 'FAILURE'],
        originalRecipient: `rfc822;orig-${account}@example.kz`,
      },
    });

    it('keeps a receipt for each delivery that asks for one, with the letter', async () => {
      const octets = letter('receipted');
      let told = 0;
      store.outbox.onAdded(() => told++);
      const [quiet, ...asking] = accounts as [AccountId, ...AccountId[]];
      const deliveries = [delivery(quiet), ...asking.map(receipted)];
      await accept(octets, deliveries, undefined, sender);
      expect(told).to.equal(1);
      store = await opened().reopen();
      const entries = await store.outbox.claim(soon(), soon() + 1, 100);
      expect(entries.flatMap(({ recipients }) => recipients)).to.have.deep.members(
        asking.map((account) => receipted(account).receipt),
      );
      for (const entry of entries) {
        expect(entry).to.deep.include({ kind: 'delivered', account: undefined, ...sender });
        expect(Buffer.from(await entry.content.read(0, 100_000))).to.deep.equal(octets);
        await store.outbox.settle(entry.id, [], 0);
      }
      expect(await store.outbox.count()).to.equal(0);
    });

    it('keeps no receipt for what was not stored, or was before', async () => {
      const full = (await newAccount(store, { bytes: 10, messages: undefined })).id;
      const again = receipted(accounts[0]!);
      const octets = letter();
      await accept(octets, [receipted(full), again], undefined, sender);
      await accept(octets, [again], undefined, sender);
      const entries = await store.outbox.claim(soon(), soon() + 1, 100);
      expect(entries.flatMap(({ recipients }) => recipients)).to.deep.equal([again.receipt]);
      await settleAll();
      await accept(octets, [again], undefined, sender);
      expect(await store.outbox.count()).to.equal(0);
    });

    it('keeps a receipt whose letter the account held already, and when it is expunged', async () => {
      const [account] = accounts as [AccountId];
      const octets = letter();
      await accept(octets, [delivery(account)]);
      await accept(octets, [receipted(account)], undefined, sender);
      await store.storeFlags(account, inboxId, [1, 2], {
        mode: 'add',
        flags: { system: deletedBit, keywords: [] },
      });
      await store.expunge(account, inboxId);
      const [entry] = await store.outbox.claim(soon(), soon() + 1, 100);
      expect(Buffer.from(await entry!.content.read(0, 100_000))).to.deep.equal(octets);
    });

    it('takes the receipts and the relay in one', async () => {
      await accept(letter(), [receipted(accounts[3]!)], relay(), sender);
      const entries = await store.outbox.claim(soon(), soon() + 1, 100);
      expect(entries.map(({ kind }) => kind)).to.have.members(['relay', 'delivered']);
    });

    it('gives nothing before its time', async () => {
      await accept(letter(), [], relay());
      expect(await store.outbox.claim(0, 1, 10)).to.have.length(0);
    });
  });
}
