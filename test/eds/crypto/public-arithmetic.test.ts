import { expect } from 'chai';
import { CurveMachine } from '../../../src/eds/crypto/curve-machine.ts';
import { gost2015Bits256, gostCurves } from '../../../src/eds/crypto/gost-curves.ts';
import { PublicArithmetic } from '../../../src/eds/crypto/public-arithmetic.ts';
import { modulo, plainSum } from './plain/plain-gost3410.ts';

describe('sums of multiples of points', () => {
  for (const curve of gostCurves) {
    const { q, base } = curve;
    const points = new PublicArithmetic(curve, new CurveMachine(curve));

    // Where points meet themselves, their opposites and infinity on the way, which random numbers never show.
    it(`${curve.name}: small factors of keys near the base point`, function () {
      this.timeout(120_000);
      const multiples = new Map<bigint, bigint | undefined>();
      const xOf = (k: bigint): bigint | undefined => {
        const size = modulo(k, q);
        const least = size < q - size ? size : q - size;
        if (!multiples.has(least)) {
          multiples.set(least, plainSum(curve, least, base, 0n, base)?.x);
        }
        return multiples.get(least);
      };
      for (const d of [1n, 2n, 3n, -1n, -2n]) {
        const key = plainSum(curve, modulo(d, q), base, 0n, base)!;
        for (const one of [key, points.prepare(key)]) {
          for (const u of [0n, 1n, 2n, 3n, 15n, 16n, 17n, -1n, -2n]) {
            for (const v of [0n, 1n, 2n, 7n, 16n, -1n, -3n]) {
              const x = xOf(u + v * d);
              const [k, l] = [modulo(u, q), modulo(v, q)];
              const text = `${u} G + ${v} (${d} G)`;
              if (x === undefined) {
                expect(points.sumHasX(k, l, one, 1n), text).to.equal(false);
                expect(points.sumHasX(k, l, one, 0n), text).to.equal(false);
                continue;
              }
              expect(points.sumHasX(k, l, one, x % q), text).to.equal(true);
              expect(points.sumHasX(k, l, one, (x + 1n) % q), text).to.equal(false);
            }
          }
        }
      }
    });
  }

  it('finds x above q, where the curve has such points', () => {
    const curve = gost2015Bits256;
    const { q, base } = curve;
    const points = new PublicArithmetic(curve, new CurveMachine(curve));
    const seen = new Set<bigint>();
    for (let k = 2n; k < 40n; k++) {
      const { x } = plainSum(curve, k, base, 0n, base)!;
      seen.add(x / q);
      expect(points.sumHasX(k - 1n, 1n, base, x % q)).to.equal(true);
    }
    // p is four times q, nearly.
    expect([...seen].sort()).to.deep.equal([0n, 1n, 2n, 3n]);
  });
});
