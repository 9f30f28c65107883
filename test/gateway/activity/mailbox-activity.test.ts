import { expect } from 'chai';
import { MailboxActivity } from '../../../src/gateway/activity/mailbox-activity.ts';
import { openEmbedded, type OpenEmbedded } from '../../store/embedded/backend.ts';
import { dyingRecords } from '../records/dying-records.ts';

const day = 86_400_000;
const address = 'aigerim@example.kz';

describe('the activity of mailboxes', () => {
  let house: OpenEmbedded;
  let now = 19_000 * day + 1000;
  const clock = { now: () => now };

  beforeEach(async () => {
    house = await openEmbedded();
  });
  afterEach(() => house.remove());

  it('is known to the day, to all processes, and written once a day', async () => {
    const counting = dyingRecords(house.store.records, { at: Infinity, when: 'before' });
    const activity = new MailboxActivity(counting.records, clock);
    const other = new MailboxActivity(counting.records, clock);
    expect(await activity.lastUsed(address)).to.equal(undefined);
    await activity.note(address);
    now += day - 1001;
    await activity.note(address);
    await other.note(address);
    expect(counting.writes()).to.equal(1);
    expect(await other.lastUsed(address)).to.equal(19_000 * day);
    now += 1;
    await activity.note(address);
    expect(counting.writes()).to.equal(2);
    expect(await other.lastUsed(address)).to.equal(19_001 * day);
  });

  it('is noted again after a write that failed', async () => {
    const mortal = dyingRecords(house.store.records, { at: 1, when: 'before' });
    let records = mortal.records;
    const activity = new MailboxActivity(
      {
        get: (...all) => records.get(...all),
        list: (...all) => records.list(...all),
        insert: (...all) => records.insert(...all),
        replace: (...all) => records.replace(...all),
        remove: (...all) => records.remove(...all),
      },
      clock,
    );
    const error = await activity.note(address).catch((thrown: unknown) => thrown as Error);
    expect(error).to.include({ failure: 'unavailable' });
    records = dyingRecords(house.store.records, { at: Infinity, when: 'before' }).records;
    await activity.note(address);
    expect(await activity.lastUsed(address)).to.be.a('number');
  });
});
