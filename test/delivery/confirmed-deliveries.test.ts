import { expect } from 'chai';
import { ConfirmedDeliveries } from '../../src/delivery/confirmed-deliveries.ts';

describe('confirmed deliveries', () => {
  it('counts up, never down', () => {
    const confirmed = new ConfirmedDeliveries(10);
    expect(confirmed.count('a')).to.equal(0);
    confirmed.confirm('a', 1);
    confirmed.confirm('a', 2);
    confirmed.confirm('a', 1);
    expect(confirmed.count('a')).to.equal(2);
  });

  it('forgets the one unused longest', () => {
    const confirmed = new ConfirmedDeliveries(2);
    confirmed.confirm('a', 1);
    confirmed.confirm('b', 1);
    confirmed.confirm('a', 2);
    confirmed.confirm('c', 1);
    expect(confirmed.size).to.equal(2);
    expect(['a', 'b', 'c'].map((key) => confirmed.count(key))).to.deep.equal([2, 0, 1]);
  });
});
