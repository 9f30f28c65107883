import { expect } from 'chai';
import { toLittleEndian } from '../../../src/eds/crypto/little-endian.ts';
import { signedDigits } from '../../../src/eds/crypto/signed-digits.ts';
import { randomSeed } from './plain/cases.ts';
import { Random } from './plain/random.ts';

describe('signed digits', () => {
  it(`stand for the number, are odd and far enough from each other (seed ${randomSeed})`, () => {
    const random = new Random(randomSeed);
    for (let i = 0; i < 400; i++) {
      const value =
        [0n, 1n, 2n ** 256n - 1n, 2n ** 255n][i] ?? random.bigint(2n ** BigInt(1 + (i % 256)) + 1n);
      for (const width of [2, 5, 8]) {
        const digits = signedDigits(toLittleEndian(value, 32), width);
        let sum = 0n;
        let last = -width;
        digits.forEach((digit, place) => {
          if (digit === 0) return;
          expect(digit & 1).to.equal(1);
          expect(Math.abs(digit)).to.be.below(2 ** (width - 1));
          expect(place - last).to.be.at.least(width);
          last = place;
          sum += BigInt(digit) << BigInt(place);
        });
        expect(sum).to.equal(value);
        expect(digits).to.have.length(257);
      }
    }
  });
});
