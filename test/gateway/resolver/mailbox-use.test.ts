import { expect } from 'chai';
import { limits } from '../../../src/gateway/resolver/limits.ts';
import { MailboxUse } from '../../../src/gateway/resolver/mailbox-use.ts';
import type { AccountId } from '../../../src/core/values.ts';
import { openEmbedded, type OpenEmbedded } from '../../store/embedded/backend.ts';
import { dyingRecords } from '../records/dying-records.ts';

describe('the use of mailboxes', () => {
  let house: OpenEmbedded;
  let account: AccountId;
  let now = 1_700_000_000_000;
  const clock = { now: () => now };
  const address = 'aigerim@example.kz';

  beforeEach(async () => {
    house = await openEmbedded();
    const made = await house.store.accounts.create(
      {
        address,
        canonical: address,
        skeleton: address,
        credentials: { hash: undefined, scram: undefined },
        quota: { bytes: undefined, messages: undefined },
      },
      { actor: 'test', action: 'account.create' },
    );
    account = made.id;
  });
  afterEach(() => house.remove());

  it('is known to the day, to all processes, and written once a day', async () => {
    const { accounts } = house.store;
    const counting = dyingRecords(house.store.records, { at: Infinity, when: 'before' });
    const use = new MailboxUse({ records: counting.records, accounts, clock });
    const other = new MailboxUse({ records: counting.records, accounts, clock });
    expect(await use.lastUsed(address)).to.equal(undefined);
    expect(await use.lastUsed('nobody@example.kz')).to.equal(undefined);
    const first = now;
    await use.note(account);
    now += limits.useMs - 1;
    await use.note(account);
    await other.note(account);
    expect(counting.writes()).to.equal(1);
    expect(await other.lastUsed(address)).to.equal(first);
    now += 1;
    await use.note(account);
    expect(counting.writes()).to.equal(2);
    expect(await other.lastUsed(address)).to.equal(now);
  });

  it('is remembered for so many mailboxes, and looked up for others', async () => {
    const { accounts, records } = house.store;
    const row = { key: '', value: `{"at":${now},"format":1}` };
    let looks = 0;
    const looking = new MailboxUse({
      records: {
        ...dyingRecords(records, { at: Infinity, when: 'before' }).records,
        get: () => {
          looks += 1;
          return Promise.resolve({ ...row, version: 1 });
        },
      },
      accounts,
      clock,
    });
    for (let id = 0; id <= limits.notedUses; id++) await looking.note(id as AccountId);
    expect(looks).to.equal(limits.notedUses + 1);
    await looking.note(limits.notedUses as AccountId);
    expect(looks).to.equal(limits.notedUses + 1);
    await looking.note(0 as AccountId);
    expect(looks).to.equal(limits.notedUses + 2);
  });
});
