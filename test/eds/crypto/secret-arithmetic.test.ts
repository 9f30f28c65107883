import { expect } from 'chai';
import { CurveMachine } from '../../../src/eds/crypto/curve-machine.ts';
import { gostCurves } from '../../../src/eds/crypto/gost-curves.ts';
import { ScalarField } from '../../../src/eds/crypto/scalar-field.ts';
import { SecretArithmetic } from '../../../src/eds/crypto/secret-arithmetic.ts';
import { randomSeed } from './plain/cases.ts';
import { modulo, plainSum } from './plain/plain-gost3410.ts';
import { Random } from './plain/random.ts';

/** A machine that writes down what it is asked and where; not which entry is chosen, nor what is stored. */
function watched(machine: CurveMachine, steps: string[]): CurveMachine {
  return new Proxy(machine, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const secrets = name === 'select' ? 1 : name === 'store' ? 1 : 0;
        steps.push(`${String(name)} ${args.slice(0, args.length - secrets).join(' ')}`);
        return Reflect.apply(value as (...all: unknown[]) => unknown, target, args);
      };
    },
  });
}

describe('arithmetic with secret numbers', () => {
  for (const curve of gostCurves) {
    const { q, base } = curve;

    it(`${curve.name}: multiplies the base point (seed ${randomSeed})`, () => {
      const points = new SecretArithmetic(curve, new CurveMachine(curve));
      const random = new Random(randomSeed);
      for (const k of [1n, 2n, 15n, 16n, 17n, q - 1n, q - 2n, random.bigint(q), random.bigint(q)]) {
        const want = plainSum(curve, k, base, 0n, base);
        expect(points.multiplyBase(k), `${k}`).to.deep.equal(want);
      }
    });

    it(`${curve.name}: takes the same steps at the same places for every factor`, () => {
      const steps: string[] = [];
      const points = new SecretArithmetic(curve, watched(new CurveMachine(curve), steps));
      const of = (k: bigint): string => {
        steps.length = 0;
        points.multiplyBase(k);
        return steps.join('\n');
      };
      const first = of(1n);
      expect(first).to.contain('select');
      for (const k of [2n, q - 1n, q >> 1n, new Random(randomSeed).bigint(q)]) {
        expect(of(k) === first, `${k}`).to.equal(true);
      }
    });

    it(`${curve.name}: adds products modulo q (seed ${randomSeed})`, () => {
      const scalars = new ScalarField(q);
      const random = new Random(randomSeed);
      for (let i = 0; i < 50; i++) {
        const most = i === 0 ? q - 1n : undefined;
        const [a, b, c, d] = [0, 1, 2, 3].map(() => most ?? random.bigint(q)) as [
          bigint,
          bigint,
          bigint,
          bigint,
        ];
        expect(scalars.sumOfProducts(a, b, c, d)).to.equal(modulo(a * b + c * d, q));
      }
      expect(scalars.sumOfProducts(0n, 5n, 0n, 7n)).to.equal(0n);
    });
  }
});
