import { expect } from 'chai';
import { maskedAddress } from '../../../src/gateway/vault/masked-address.ts';

describe('R-3.2 masked address', () => {
  for (const [address, masked] of [
    ['aigerim@example.kz', 'a***m@example.kz'],
    ['a.very.long.login.of.somebody@example.kz', 'a***y@example.kz'],
    ['aida@example.kz', 'a***a@example.kz'],
    ['ali@example.kz', 'a***@example.kz'],
    ['a@example.kz', 'a***@example.kz'],
    ['әлібек@пошта.қаз', 'ә***к@пошта.қаз'],
    ['"a@b"@example.kz', '"***"@example.kz'],
  ] as const) {
    it(`${address} is ${masked}`, () => {
      expect(maskedAddress(address)).to.equal(masked);
    });
  }
});
