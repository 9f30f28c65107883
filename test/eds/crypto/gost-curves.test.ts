import { checkPrimeSync } from 'node:crypto';
import { expect } from 'chai';
import { gostCurves } from '../../../src/eds/crypto/gost-curves.ts';
import { modulo, plainSum } from './plain/plain-gost3410.ts';

describe('parameter sets of GOST 34.10', () => {
  it('have names of their own', () => {
    expect(new Set(gostCurves.map(({ oid }) => oid)).size).to.equal(gostCurves.length);
  });

  for (const curve of gostCurves) {
    const { p, a, b, q, base, cofactor, sizeBytes } = curve;

    it(`${curve.name}: what RFC 7091 §5.2 asks of them holds`, () => {
      expect(checkPrimeSync(p)).to.equal(true);
      expect(checkPrimeSync(q)).to.equal(true);
      expect(q).not.to.equal(p);
      expect(modulo(4n * a ** 3n + 27n * b ** 2n, p)).not.to.equal(0n);
      // No small degree in which the curve's logarithms would become those of a field: 31, or 131 for 512 bits.
      let power = 1n;
      for (let i = 0; i < 131; i++) {
        power = (power * p) % q;
        expect(power).not.to.equal(1n);
      }
    });

    it(`${curve.name}: the base point is of order q`, () => {
      expect(modulo(base.y ** 2n - base.x ** 3n - a * base.x - b, p)).to.equal(0n);
      expect(plainSum(curve, q, base, 0n, { x: 0n, y: 0n })).to.equal(undefined);
      expect(plainSum(curve, q - 1n, base, 0n, { x: 0n, y: 0n })).to.deep.equal({
        x: base.x,
        y: p - base.y,
      });
    });

    it(`${curve.name}: the number of points is possible, and numbers fit ${sizeBytes} octets`, () => {
      // Hasse: |points - (p + 1)| <= 2 sqrt(p).
      const difference = q * cofactor - (p + 1n);
      expect(difference * difference <= 4n * p).to.equal(true);
      expect(p < 1n << BigInt(8 * sizeBytes)).to.equal(true);
      expect(q < 1n << BigInt(8 * sizeBytes)).to.equal(true);
    });
  }
});
