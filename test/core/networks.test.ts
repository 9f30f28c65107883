import { expect } from 'chai';
import { Networks, isNetwork } from '../../src/core/networks.ts';

describe('Networks', () => {
  const some = new Networks(['127.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);
  const cases: readonly (readonly [string, boolean])[] = [
    ['127.0.0.1', true],
    ['127.255.255.255', true],
    ['128.0.0.1', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['::ffff:127.0.0.1', true],
    ['::FFFF:192.0.2.7', true],
    ['::ffff:c000:207', true],
    ['0:0:0:0:0:ffff:c000:0207', true],
    ['0000::FFFF:192.0.2.7', true],
    ['::ffff:c000:208', false],
    ['::ffff:0:c000:207', false],
    ['2001:db8:ffff::1', true],
    ['2001:db9::1', false],
    ['::1', true],
    ['::2', false],
    ['', false],
    ['localhost', false],
  ];
  for (const [address, inside] of cases) {
    it(`${address} is ${inside ? 'in' : 'out'}`, () => {
      expect(some.contains(address)).to.equal(inside);
    });
  }

  it('names what is no network', () => {
    expect(() => new Networks(['10.0.0.0/8', '10.0.0.0/33'])).to.throw(TypeError, '10.0.0.0/33');
    for (const bad of [
      '',
      'x',
      '10.0.0.0/',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '::1/129',
      '10.0.0/8',
    ]) {
      expect(isNetwork(bad), bad).to.equal(false);
    }
  });
});
