import { expect } from 'chai';
import type { AccountId } from '../../../src/core/values.ts';
import { flagBits } from '../../../src/core/values.ts';
import {
  accountData,
  appendAll,
  audit,
  failureOf,
  letter,
  mailboxNamed,
  newAccount,
  type OpenBackend,
  unlimited,
} from '../support.ts';

/** The promises of `AccountStore` and `AuditStore`. */
export function accountsContract(opened: () => OpenBackend): void {
  describe('accounts', () => {
    it('makes an account with INBOX and the special mailboxes, all subscribed', async () => {
      const { store } = opened();
      const { id } = await newAccount(store);
      const mailboxes = await store.mailboxes(id);
      expect(mailboxes.map(({ name, specialUse }) => [name, specialUse])).to.deep.equal([
        ['Archive', '\\Archive'],
        ['Drafts', '\\Drafts'],
        ['INBOX', undefined],
        ['Junk', '\\Junk'],
        ['Official', '\\Official'],
        ['Sent', '\\Sent'],
        ['Trash', '\\Trash'],
      ]);
      expect((await mailboxNamed(store, id, 'INBOX')).id).to.equal(1);
      const subscribed = await store.subscriptions(id);
      expect([...subscribed].sort()).to.deep.equal(mailboxes.map(({ name }) => name));
      for (const mailbox of mailboxes) {
        expect(mailbox).to.include({ uidNext: 1, messages: 0, unseen: 0, selectable: true });
        expect(mailbox.highestModSeq).to.be.at.least(1);
        expect(mailbox.uidValidity).to.be.at.least(1);
      }
    });

    it('keeps what it was given, across a reopen', async () => {
      const scram = { salt: 'c2FsdA==', iterations: 4096, storedKey: 'a2V5', serverKey: 'a2V5' };
      const data = {
        ...accountData({ bytes: 5_000_000_000, messages: 7 }),
        address: 'Aigerim@Example.kz',
        credentials: { hash: 'scrypt$1$2$3$4$5', scram },
      };
      const made = await opened().store.accounts.create(data, audit);
      const store = await opened().reopen();
      const found = await store.accounts.find(data.canonical);
      expect(found).to.deep.equal(made);
      expect(await store.accounts.get(made.id)).to.deep.equal(made);
      expect(found).to.deep.include({
        address: 'Aigerim@Example.kz',
        status: 'active',
        credentials: { hash: 'scrypt$1$2$3$4$5', scram },
        quota: { bytes: 5_000_000_000, messages: 7 },
      });
    });

    it('answers undefined for nobody, before and after somebody else came', async () => {
      const { store } = opened();
      const data = accountData();
      expect(await store.accounts.find(data.canonical)).to.equal(undefined);
      await newAccount(store);
      expect(await store.accounts.find(data.canonical)).to.equal(undefined);
      const made = await store.accounts.create(data, audit);
      expect((await store.accounts.find(data.canonical))?.id).to.equal(made.id);
      expect(await store.accounts.get(99_999_999 as AccountId)).to.equal(undefined);
    });

    it('finds by look-alike form, closed accounts included', async () => {
      const { store } = opened();
      const data = { ...accountData(), skeleton: `look-${accountData().skeleton}` };
      expect(await store.accounts.findSkeleton(data.skeleton)).to.equal(undefined);
      const { id } = await store.accounts.create(data, audit);
      expect((await store.accounts.findSkeleton(data.skeleton))?.canonical).to.equal(
        data.canonical,
      );
      expect(await store.accounts.findSkeleton(data.canonical)).to.equal(undefined);
      await store.accounts.update(id, { status: 'closed' }, audit);
      expect(await store.accounts.findSkeleton(data.skeleton)).to.include({ status: 'closed' });
    });

    it('never gives a canonical form or a skeleton twice, closed accounts included', async () => {
      const { store } = opened();
      const data = accountData();
      const { id } = await store.accounts.create(data, audit);
      await store.accounts.update(id, { status: 'closed' }, audit);
      const again = store.accounts.create({ ...accountData(), canonical: data.canonical }, audit);
      expect(await failureOf(again)).to.equal('already-exists');
      const alike = store.accounts.create({ ...accountData(), skeleton: data.skeleton }, audit);
      expect(await failureOf(alike)).to.equal('already-exists');
    });

    it('gives one of 200 simultaneous requests for an address', async () => {
      const { store } = opened();
      const data = accountData();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 200 }, () => store.accounts.create(data, audit)),
      );
      const made = outcomes.filter(({ status }) => status === 'fulfilled');
      expect(made).to.have.length(1);
    });

    it('makes many at once and answers for each, in order', async () => {
      const { store } = opened();
      const first = accountData();
      const list = [first, ...Array.from({ length: 1200 }, () => accountData()), first];
      const outcomes = await store.accounts.createMany(list, audit);
      expect(outcomes).to.have.length(1202);
      expect(outcomes.at(-1)).to.equal('already-exists');
      const made = outcomes
        .slice(0, -1)
        .map((each) => (typeof each === 'string' ? each : each.canonical));
      expect(made).to.deep.equal(list.slice(0, -1).map(({ canonical }) => canonical));
      const last = outcomes.at(-2);
      if (last === undefined || typeof last === 'string') throw new Error('not made');
      expect(await store.mailboxes(last.id)).to.have.length(7);
    });

    it('lists in order of canonical address, page by page', async () => {
      const { store } = opened();
      await store.accounts.createMany(
        ['c', 'a', 'b'].map((name) => accountData(unlimited, `list-${name}`)),
        audit,
      );
      const page = await store.accounts.list({ after: 'list-', limit: 2 });
      expect(page.map(({ canonical }) => canonical)).to.deep.equal([
        'list-a@example.kz',
        'list-b@example.kz',
      ]);
      const rest = await store.accounts.list({ after: 'list-b@example.kz', limit: 1 });
      expect(rest[0]?.canonical).to.equal('list-c@example.kz');
    });

    it('changes status, credentials and quota, seen at once', async () => {
      const { store } = opened();
      const made = await newAccount(store);
      await store.accounts.find(made.canonical);
      const credentials = { hash: 'scrypt$new', scram: undefined };
      const quota = { bytes: 100, messages: undefined };
      const changed = await store.accounts.update(
        made.id,
        { status: 'suspended', credentials, quota },
        audit,
      );
      expect(changed).to.deep.equal({ ...made, status: 'suspended', credentials, quota });
      expect(await store.accounts.find(made.canonical)).to.deep.equal(changed);
      expect((await store.quota(made.id)).limits).to.deep.equal(quota);
      await store.accounts.update(made.id, { quota: unlimited }, audit);
      expect((await store.quota(made.id)).limits).to.deep.equal(unlimited);
    });

    it('knows whose an account is, across a reopen, and none of one that was given none', async () => {
      const { accounts } = opened().store;
      const owner = { subject: 'c3ViamVjdA', level: 'basic' } as const;
      const data = { ...accountData(unlimited, 'owned'), owner };
      const made = await accounts.create(data, audit);
      expect(made.owner).to.deep.equal(owner);
      const nobodys = await newAccount(opened().store);
      expect(nobodys).not.to.have.property('owner');
      const store = await opened().reopen();
      for (const found of [
        await store.accounts.get(made.id),
        await store.accounts.find(made.canonical),
        (await store.accounts.list({ after: 'owned', limit: 1 }))[0],
      ]) {
        expect(found).to.deep.equal(made);
      }
      expect(await store.accounts.get(nobodys.id)).to.deep.equal(nobodys);
      expect(await store.accounts.find(nobodys.canonical)).not.to.have.property('owner');
    });

    it('gives an account another owner, whom other changes and the end of it leave', async () => {
      const { store } = opened();
      const { id, canonical } = await newAccount(store);
      await store.accounts.find(canonical);
      for (const level of ['basic', 'official'] as const) {
        const owner = { subject: `of ${level}`, level };
        expect((await store.accounts.update(id, { owner }, audit)).owner).to.deep.equal(owner);
        expect((await store.accounts.find(canonical))?.owner).to.deep.equal(owner);
      }
      const owner = { subject: 'of official', level: 'official' };
      await store.accounts.update(id, { status: 'suspended', quota: unlimited }, audit);
      expect((await store.accounts.get(id))?.owner).to.deep.equal(owner);
      await store.accounts.update(id, { status: 'closed' }, audit);
      expect((await store.accounts.get(id))?.owner).to.deep.equal(owner);
      const change = { owner: { subject: 'other', level: 'basic' } } as const;
      expect(await failureOf(store.accounts.update(id, change, audit))).to.equal('invalid');
      expect((await store.accounts.find(canonical))?.owner).to.deep.equal(owner);
    });

    it('refuses to change a closed account, or none', async () => {
      const { store } = opened();
      const { id } = await newAccount(store);
      await store.accounts.update(id, { status: 'closed' }, audit);
      const reopened = store.accounts.update(id, { status: 'active' }, audit);
      expect(await failureOf(reopened)).to.equal('invalid');
      const nobody = store.accounts.update(99_999_999 as AccountId, { status: 'active' }, audit);
      expect(await failureOf(nobody)).to.equal('not-found');
    });
  });

  describe('quota', () => {
    it('is exact in octets and messages, at append, copy and delivery alike', async () => {
      const { store } = opened();
      const { id } = await newAccount(store, { bytes: 1000, messages: 3 });
      const octets = letter('', 400);
      await appendAll(store, id, 1 as never, [octets, letter('', 400)]);
      expect(await failureOf(appendAll(store, id, 1 as never, [letter('', 201)]))).to.equal(
        'over-quota',
      );
      expect(await failureOf(store.copy(id, 1 as never, [1, 1], 2 as never))).to.equal(
        'over-quota',
      );
      expect((await store.quota(id)).usedBytes).to.equal(800);
      await appendAll(store, id, 1 as never, [letter('', 200)]);
      expect(await store.quota(id)).to.deep.equal({
        usedBytes: 1000,
        usedMessages: 3,
        limits: { bytes: 1000, messages: 3 },
      });
      await store.accounts.update(id, { quota: { bytes: undefined, messages: 3 } }, audit);
      expect(await failureOf(store.copy(id, 1 as never, [1, 1], 2 as never))).to.equal(
        'over-quota',
      );
    });

    it('counts a move once and gives back what is expunged', async () => {
      const { store } = opened();
      const { id } = await newAccount(store, { bytes: 500, messages: 1 });
      await appendAll(store, id, 1 as never, [letter('', 500)]);
      await store.move(id, 1 as never, [1, 1], 2 as never);
      expect((await store.quota(id)).usedBytes).to.equal(500);
      const flags = { system: flagBits['\\Deleted'], keywords: [] };
      await store.storeFlags(id, 2 as never, [1, 1], { mode: 'add', flags });
      expect((await store.quota(id)).usedBytes).to.equal(500);
      await store.expunge(id, 2 as never);
      expect(await store.quota(id)).to.include({ usedBytes: 0, usedMessages: 0 });
    });

    it('gives back what a deleted mailbox held', async () => {
      const { store } = opened();
      const { id } = await newAccount(store);
      await appendAll(store, id, 1 as never, [letter('', 300)]);
      const { id: mailbox } = await store.createMailbox(id, 'Old' as never);
      await store.move(id, 1 as never, [1, 1], mailbox);
      await store.deleteMailbox(id, mailbox);
      expect(await store.quota(id)).to.include({ usedBytes: 0, usedMessages: 0 });
    });

    it('is not found without an account', async () => {
      const { store } = opened();
      expect(await failureOf(store.quota(99_999_999 as AccountId))).to.equal('not-found');
    });
  });

  describe('audit', () => {
    it('records each account change in its commit, newest first', async () => {
      const { store } = opened();
      const { id } = await newAccount(store);
      await store.accounts.update(
        id,
        { status: 'suspended' },
        { actor: 'operator', action: 'account-suspend', detail: { reason: 'asked', ticket: 7 } },
      );
      await store.audit.append({ actor: 'operator', action: 'looked' }, id);
      const records = await store.audit.list({ account: id, limit: 10 });
      expect(records.map(({ action }) => action)).to.deep.equal([
        'looked',
        'account-suspend',
        'account-create',
      ]);
      expect(records[1]).to.deep.include({
        actor: 'operator',
        account: id,
        detail: { reason: 'asked', ticket: 7 },
      });
      expect(records[0]).not.to.have.property('detail');
    });

    it('writes nothing for a change that was refused', async () => {
      const { store } = opened();
      const data = accountData();
      await store.accounts.create(data, audit);
      const [before] = await store.audit.list({ limit: 1 });
      await failureOf(store.accounts.create(data, audit));
      const [after] = await store.audit.list({ limit: 1 });
      expect(after?.id).to.equal(before?.id);
    });

    it('keeps records without an account, across a reopen', async () => {
      await opened().store.audit.append({ actor: 'server', action: 'start' });
      const store = await opened().reopen();
      const [record] = await store.audit.list({ limit: 1 });
      expect(record).to.include({ actor: 'server', action: 'start', account: undefined });
    });
  });
}
