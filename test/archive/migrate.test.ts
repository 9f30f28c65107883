import { expect } from 'chai';
import { migrate, type MigrateResult } from '../../src/archive/migrate.ts';
import { systemClock } from '../../src/core/clock.ts';
import { inboxId } from '../../src/core/values.ts';
import type { Account, MailStore } from '../../src/store/api.ts';
import { openEmbedded } from '../store/embedded/backend.ts';
import { openMongo } from '../store/mongo/backend.ts';
import {
  appendAll,
  audit,
  failureOf,
  letter,
  newAccount,
  noFlags,
  type OpenBackend,
  unlimited,
  withContent,
} from '../store/support.ts';
import { onMongo } from '../support/mongo/on-mongo.ts';
import { fill, fillRecords, finish, pictureOf, problems, recordsOf } from './support.ts';

const nobody = { hash: undefined, scram: undefined };
const title = 'migration from store to store';
const embedded = (shards: number) => (): Promise<OpenBackend> => openEmbedded({ shards });

describe(title, function () {
  this.timeout(60_000);
  migrations(embedded(2), embedded(3));
});
await onMongo(`${title}: MongoDB`, (url) => {
  const mongo = (): Promise<OpenBackend> => openMongo(url, systemClock);
  describe(`${title}: to MongoDB`, function () {
    this.timeout(120_000);
    migrations(embedded(2), mongo);
  });
  describe(`${title}: from MongoDB`, function () {
    this.timeout(120_000);
    migrations(mongo, embedded(2));
  });
});

function migrations(
  openFrom: () => Promise<OpenBackend>,
  openTo: () => Promise<OpenBackend>,
): void {
  let from: OpenBackend;
  let to: OpenBackend;
  beforeEach(async () => {
    from = await openFrom();
    to = await openTo();
  });
  afterEach(async () => {
    await from.remove();
    await to.remove();
  });
  const run = (apply = true, target: MailStore = to.store): Promise<MigrateResult> =>
    finish(migrate(from.store, target, { apply, actor: 'test' }));
  const looksAlike = async (accounts: readonly Account[]): Promise<void> => {
    for (const account of accounts) {
      const { id, ...there } = (await to.store.accounts.find(account.canonical)) as Account;
      expect({ ...there, id: account.id }).to.deep.equal(account);
      expect(await pictureOf(to.store, id)).to.deep.equal(await pictureOf(from.store, account.id));
    }
  };

  it('brings everything, as it was; the second time does nothing', async () => {
    const accounts: Account[] = [];
    for (let i = 0; i < 3; i++) accounts.push(await fill(from.store, i));
    const [, suspended, closed] = accounts as [Account, Account, Account];
    const change = from.store.accounts.update.bind(from.store.accounts);
    accounts[1] = await change(suspended.id, { status: 'suspended' }, audit);
    accounts[2] = await change(closed.id, { status: 'closed' }, audit);
    await relay(accounts[0] as Account);
    await fillRecords(from.store);
    const messages = await messagesOf(accounts);

    expect(await run(false)).to.include({ applied: false, accounts: 3, messages, records: 701 });
    expect(await recordsOf(to.store)).to.deep.equal([]);
    expect(await to.store.accounts.list({ limit: 10 })).to.deep.equal([]);

    const done = await run();
    expect(done).to.include({ accounts: 3, there: 0, messages, damaged: 0, different: 0 });
    expect(done).to.include({ waiting: 1, records: 701 });
    expect(await recordsOf(to.store)).to.deep.equal(await recordsOf(from.store));
    expect(done.audit).to.be.at.least(5);
    await looksAlike(accounts);
    expect(await to.store.outbox.count()).to.equal(1);

    const again = await run();
    expect(again).to.include({ there: 3, messages: 0, present: messages, different: 0 });
    expect(again).to.include({ waiting: 0, audit: 0, records: 0 });
    await looksAlike(accounts);
    expect(await problems(to.store)).to.deep.equal([]);
  });

  it('goes on where it was cut off, whenever that was', async () => {
    const accounts = [await fill(from.store, 1, 70), await fill(from.store, 2, 70)];
    const messages = await messagesOf(accounts);
    let steps = 1;
    for (let cut = 1; cut <= steps; cut++) {
      const migration = migrate(from.store, to.store, { apply: true, actor: 'test' });
      let taken = 0;
      while (taken < cut && (await migration.next()).done !== true) taken++;
      // As an error would end it.
      await migration.return({} as never);
      await to.reopen();
      if (taken === cut) steps = cut + 1;
    }
    expect(steps).to.be.greaterThan(3);
    const done = await run();
    expect(done).to.include({ accounts: 2, different: 0, damaged: 0 });
    expect(done.messages + done.present).to.equal(messages);
    await looksAlike(accounts);
  });

  it('refuses a target that holds other data, and the source itself', async () => {
    const account = await fill(from.store, 1);
    const other = await newAccount(to.store);
    expect(await failureOf(run())).to.equal('invalid');
    expect(await to.store.accounts.list({ limit: 10 })).to.deep.equal([other]);
    expect(await failureOf(run(true, from.store))).to.equal('invalid');
    expect(await from.store.accounts.list({ limit: 10 })).to.deep.equal([account]);
  });

  it('refuses an account of the same address that was made elsewhere', async () => {
    const { address, canonical, createdAt } = await newAccount(from.store);
    const data = { address, canonical, skeleton: canonical, credentials: nobody, quota: unlimited };
    await to.store.accounts.create({ ...data, createdAt: createdAt + 1 }, audit);
    expect(await failureOf(run())).to.equal('invalid');
  });

  it('says what is not the same in the end', async () => {
    const account = await fill(from.store, 1);
    await run();
    const { id } = (await to.store.accounts.find(account.canonical)) as Account;
    const told = async (): Promise<string[]> => {
      const remarks: string[] = [];
      for await (const { remark } of migrate(from.store, to.store, {
        apply: true,
        actor: 'test',
      })) {
        if (remark !== undefined) remarks.push(remark);
      }
      return remarks;
    };
    expect(await told()).to.deep.equal([]);
    await appendAll(to.store, id, inboxId, [letter('came later')], noFlags);
    expect((await told()).join()).to.match(/is not the same: mailbox 1/);
    await to.store.records.insert('registry', [{ key: 'a', value: '' }]);
    expect((await told()).join()).to.match(/the records are not the same: registry a/);
    await from.store.records.insert('registry', [{ key: 'a', value: 'other' }]);
    expect((await told()).join()).to.match(/the records are not the same: registry a/);
    await to.store.records.remove('registry', 'a', 1);
    expect((await told()).join()).not.to.match(/records/);
    await to.store.records.replace('registry', 'a', 1, 'other');
    expect((await told()).join()).to.match(/the records are not the same: registry a/);
    await to.store.accounts.update(id, { status: 'suspended' }, audit);
    expect((await told()).join()).to.match(/is not the same: its owner/);
  });

  function relay({ id, address }: Account): Promise<unknown> {
    const recipient = {
      forwardPath: 'b@b.example',
      notify: undefined,
      originalRecipient: undefined,
    };
    return withContent(from.store, letter('waits'), (content) =>
      from.store.accept(content, [], {
        reversePath: address,
        envelopeId: undefined,
        returnContent: undefined,
        smtpUtf8: false,
        relayId: 'waits',
        recipients: [recipient],
        account: id,
      }),
    );
  }

  async function messagesOf(accounts: readonly Account[]): Promise<number> {
    let sum = 0;
    for (const { id } of accounts) sum += (await from.store.quota(id)).usedMessages;
    return sum;
  }
}
