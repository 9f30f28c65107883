import { expect } from 'chai';
import { FieldCode, fromLimbs } from '../../../src/eds/crypto/field-code.ts';
import { FormulaCompiler } from '../../../src/eds/crypto/formula-compiler.ts';
import { gost2004, gost2015Bits512 } from '../../../src/eds/crypto/gost-curves.ts';
import { WasmModule } from '../../../src/eds/crypto/wasm-module.ts';
import { modulo } from './plain/plain-gost3410.ts';

interface Run {
  readonly x: bigint;
  readonly y: bigint;
  readonly result: bigint;
  readonly second: bigint;
}

/** Runs a formula of x1 and y1, whose limbs are as great as they may be, and gives x3 and, where asked for, y3. */
function run(prime: bigint, formula: readonly string[], results: readonly string[] = ['x3']): Run {
  const module = new WasmModule();
  const field = new FieldCode(module, prime);
  let used = 8;
  const compiler = new FormulaCompiler(module, field, {}, (count) => {
    used += count;
    return (used - count) * field.stride;
  });
  compiler.add('formula', [results, ['x1', 'y1']], formula);
  const instance = module.instantiate(64 * field.stride);
  const words = new Int32Array(instance.memory);
  const { limbs } = field;
  words.fill(2 ** 28 + 2, 0, limbs);
  words.fill(-(2 ** 28) - 2, limbs, 2 * limbs);
  const number = (place: number): bigint =>
    modulo(fromLimbs(words.slice(place * limbs, (place + 1) * limbs)), prime);
  const [x, y] = [number(0), number(1)];
  // The results lie where the numbers were.
  instance.function('formula')(0, 0);
  expect(words.slice(0, limbs).every((limb) => Math.abs(limb) <= 2 ** 28 + 2)).to.equal(true);
  return { x, y, result: number(0), second: number(1) };
}

describe('formulas for points', () => {
  for (const { name, p } of [gost2004, gost2015Bits512]) {
    it(`${name}: factors that are sums of many are carried before a column could overflow`, () => {
      const sums = ['a2 = x1 + x1', 'a4 = a2 + a2', 'a6 = a4 + a2'];
      const product = run(p, [...sums, 'x3 = a6 * a6', 'z = x1 * x1']);
      expect(product.result).to.equal(modulo(36n * product.x ** 2n, p));
      const mixed = run(p, [...sums, 'b = a4 - y1', 'x3 = a6 * b']);
      expect(mixed.result).to.equal(modulo(6n * mixed.x * (4n * mixed.x - mixed.y), p));
    });

    it(`${name}: sums are carried before a limb could overflow`, () => {
      const steps = ['a2 = x1 + x1', 'a4 = a2 + a2', 'a8 = a4 + a4', 'x3 = a8 - y1'];
      const { x, y, result } = run(p, steps);
      expect(result).to.equal(modulo(8n * x - y, p));
    });

    it(`${name}: a result that is there before its parameters were read waits`, () => {
      const steps = ['x3 = x1 * y1', 'y3 = x1 + y1'];
      const { x, y, result, second } = run(p, steps, ['x3', 'y3']);
      expect(result).to.equal(modulo(x * y, p));
      expect(second).to.equal(modulo(x + y, p));
    });

    it(`${name}: a product that comes last goes straight to its place`, () => {
      const steps = ['x3 = x1 + y1', 'y3 = x1 * y1'];
      const { x, y, result, second } = run(p, steps, ['x3', 'y3']);
      expect(result).to.equal(modulo(x + y, p));
      expect(second).to.equal(modulo(x * y, p));
    });
  }

  it('a number that is not there is a mistake in the formula', () => {
    expect(() => run(gost2004.p, ['x3 = x1 * x2'])).to.throw('the formula has no x2');
    expect(() => run(gost2004.p, ['z = x1 * x1', 'q = z + z'])).to.throw('has no x3');
  });
});
