import { expect } from 'chai';
import { FieldCode, fromLimbs, signedLimbs } from '../../../src/eds/crypto/field-code.ts';
import { gost2004, gost2015Bits512 } from '../../../src/eds/crypto/gost-curves.ts';
import { WasmModule } from '../../../src/eds/crypto/wasm-module.ts';
import { randomSeed } from './plain/cases.ts';
import { examples } from './plain/example-curves.ts';
import { modulo, plainInverse } from './plain/plain-gost3410.ts';
import { Random } from './plain/random.ts';

const primes: Readonly<Record<string, bigint>> = {
  '2^256 - 617, folded': gost2004.p,
  '2^512 - 569, folded': gost2015Bits512.p,
  'a prime of 256 bits by Montgomery': examples[0]!.curve.p,
  'a prime of 511 bits by Montgomery': examples[1]!.curve.p,
  'q of 512 bits by Montgomery': gost2015Bits512.q,
};

describe('arithmetic modulo a prime in WebAssembly', () => {
  for (const [name, prime] of Object.entries(primes)) {
    describe(name, () => {
      const module = new WasmModule();
      const field = new FieldCode(module, prime);
      const { limbs, stride, maxWeight } = field;
      const instance = module.instantiate(4 * stride);
      const words = new Int32Array(instance.memory);
      const put = (place: number, value: readonly bigint[]): void => {
        words.set(value.map(Number), place * limbs);
      };
      const raw = (place: number): Int32Array => words.slice(place * limbs, (place + 1) * limbs);
      const unscale = plainInverse(field.scale, prime);
      const call = (name: string, ...places: readonly number[]): bigint => {
        instance.function(name)(...places.map((place) => place * stride));
        return modulo(fromLimbs(raw(places[0] ?? 0)), prime);
      };
      /** No limb of a result is greater than weight 1 allows. */
      const isLight = (): boolean => raw(2).every((limb) => Math.abs(limb) <= 2 ** 28 + 2);

      it(`multiplies, squares, adds and subtracts (seed ${randomSeed})`, () => {
        const random = new Random(randomSeed);
        for (let i = 0; i < 300; i++) {
          const [a, b] =
            i < 3 ? [prime - 1n, BigInt(i)] : [random.bigint(prime), random.bigint(prime)];
          put(0, signedLimbs(a, limbs));
          put(1, signedLimbs(b, limbs));
          expect(call('multiply', 2, 0, 1)).to.equal(modulo(a * b * unscale, prime));
          expect(isLight()).to.equal(true);
          expect(call('square', 2, 0)).to.equal(modulo(a * a * unscale, prime));
          expect(isLight()).to.equal(true);
          expect(call('add', 2, 0, 1)).to.equal(modulo(a + b, prime));
          expect(call('subtract', 2, 0, 1)).to.equal(modulo(a - b, prime));
          expect(call('carry', 2, 2)).to.equal(modulo(a - b, prime));
          expect(isLight()).to.equal(true);
        }
      });

      it(`is right for the greatest limbs that the weights allow (seed ${randomSeed})`, () => {
        const random = new Random(randomSeed);
        const greatest = BigInt(2 ** 28 + 2);
        // Without folding the highest limb of a number is small: the prime has few bits there.
        const free = field.scale === 1n ? limbs : limbs - 1;
        const extreme = (weight: bigint, sign: () => bigint): bigint[] =>
          Array.from({ length: limbs }, (_, i) => (i < free ? sign() * weight * greatest : 1n));
        for (let weight = 1; weight <= Math.min(maxWeight, 7); weight++) {
          for (const sign of [() => 1n, () => -1n, () => (random.number(2) === 0 ? 1n : -1n)]) {
            const a = extreme(BigInt(weight), sign);
            const b = extreme(BigInt(Math.min(7, Math.floor(maxWeight / weight))), sign);
            put(0, a);
            put(1, b);
            const [one, two] = [fromLimbs(raw(0)), fromLimbs(raw(1))];
            expect(call('multiply', 2, 0, 1)).to.equal(modulo(one * two * unscale, prime));
            expect(isLight()).to.equal(true);
            expect(call('carry', 2, 0)).to.equal(modulo(one, prime));
            expect(isLight()).to.equal(true);
            if (weight * weight > maxWeight) continue;
            expect(call('square', 2, 0)).to.equal(modulo(one * one * unscale, prime));
            expect(isLight()).to.equal(true);
          }
        }
      });
    });
  }
});
