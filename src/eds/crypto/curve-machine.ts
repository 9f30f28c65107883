import { FieldCode, fromLimbs, signedLimbs } from './field-code.ts';
import { FormulaCompiler } from './formula-compiler.ts';
import type { GostCurve } from './gost-curve.ts';
import { inverse, mod } from './modular.ts';
import {
  addAffineFormula,
  addCompleteFormula,
  addFormula,
  doubleFormula,
  doubleGeneralFormula,
  doubleTail,
} from './point-formulas.ts';
import type { Local } from './wasm-code.ts';
import { WasmModule } from './wasm-module.ts';

/** Room for all tables of a curve; pages that nothing touches cost no memory. */
const maxNumbers = 2 ** 17;

/** Where a number, or the first number of a point, lies in a machine's memory. */
export type Address = number & { readonly unit: 'address' };

type Step = (result: Address, ...operands: readonly Address[]) => void;

/**
 * The arithmetic of one curve in WebAssembly made for it: numbers modulo p and points, by address. All steps take
 * the same time whatever the numbers; only `store` and `load` work with BigInt.
 */
export class CurveMachine {
  /** Octets from one number to the next. */
  readonly stride: number;
  readonly multiply: Step;
  readonly square: Step;
  readonly subtract: Step;
  /** (result, point): Jacobian. */
  readonly double: Step;
  /** (result, point, x, y): Jacobian and affine. Equal, opposite or infinite points give z = 0. */
  readonly addAffine: Step;
  /** (result, point, x, y, z): Jacobian both, with the same exception. */
  readonly add: Step;
  /** (result, point, point): projective, no exception among points of odd order. */
  readonly addComplete: Step;
  readonly #select: (to: Address, table: Address, count: number, index: number) => void;
  readonly #powers: Address;
  readonly #inversion: readonly number[];
  readonly #prime: bigint;
  readonly #scale: bigint;
  readonly #unscale: bigint;
  readonly #limbs: number;
  readonly #words: Int32Array;
  #used = 0;

  constructor(curve: GostCurve) {
    const module = new WasmModule();
    const field = new FieldCode(module, curve.p);
    this.stride = field.stride;
    this.#prime = curve.p;
    this.#scale = field.scale;
    this.#unscale = inverse(field.scale, curve.p);
    this.#limbs = field.limbs;
    const constants = { a: this.allocate(1), b3: this.allocate(1) };
    const formulas = new FormulaCompiler(module, field, constants, (count) => this.allocate(count));
    const result = ['x3', 'y3', 'z3'];
    const one = ['x1', 'y1', 'z1'];
    const slope = curve.a === curve.p - 3n ? doubleFormula : doubleGeneralFormula;
    formulas.add('doublePoint', [result, one], [...slope, ...doubleTail]);
    formulas.add('addAffine', [result, one, ['x2'], ['y2']], addAffineFormula);
    formulas.add('addPoint', [result, one, ['x2'], ['y2'], ['z2']], addFormula);
    formulas.add('addComplete', [result, one, ['x2', 'y2', 'z2']], addCompleteFormula);
    addSelect(module, 3 * field.limbs);
    const instance = module.instantiate(maxNumbers * this.stride);
    this.#words = new Int32Array(instance.memory);
    const step = (name: string): Step => instance.function(name);
    this.multiply = step('multiply');
    this.square = step('square');
    this.subtract = step('subtract');
    this.double = step('doublePoint');
    this.addAffine = step('addAffine');
    this.add = step('addPoint');
    this.addComplete = step('addComplete');
    this.#select = instance.function('select');
    this.#powers = this.allocate(16);
    this.#inversion = Array.from((curve.p - 2n).toString(16), (digit) =>
      Number.parseInt(digit, 16),
    );
    this.store(constants.a, curve.a);
    this.store(constants.b3, 3n * curve.b);
  }

  /** Room for so many numbers, for good. Throws a RangeError when there is none left. */
  allocate(numbers: number): Address {
    const address = this.#used * this.stride;
    this.#used += numbers;
    if (this.#used > maxNumbers) throw new RangeError('no room for more numbers');
    return address as Address;
  }

  /** The address `numbers` further on. */
  at(address: Address, numbers: number): Address {
    return (address + numbers * this.stride) as Address;
  }

  store(address: Address, value: bigint): void {
    const scaled = mod(value * this.#scale, this.#prime);
    this.#words.set(signedLimbs(scaled, this.#limbs).map(Number), address / 4);
  }

  /** The number, from 0 to p - 1. */
  load(address: Address): bigint {
    const from = address / 4;
    const value = fromLimbs(this.#words.subarray(from, from + this.#limbs));
    return mod(this.#unscale === 1n ? value : value * this.#unscale, this.#prime);
  }

  /** Copies so many numbers. */
  copy(to: Address, from: Address, numbers: number): void {
    this.#words.copyWithin(to / 4, from / 4, from / 4 + numbers * this.#limbs);
  }

  /**
   * Copies the point at `index` of a table of `count` points. Every point is read, so that no address depends on the
   * index.
   */
  select(to: Address, table: Address, count: number, index: number): void {
    this.#select(to, table, count, index);
  }

  /** Stores the inverse, by Fermat: a power whose steps depend on p alone. Zero gives zero. */
  invert(result: Address, value: Address): void {
    const powers = this.#powers;
    this.copy(this.at(powers, 1), value, 1);
    for (let i = 2; i < 16; i++) {
      this.multiply(this.at(powers, i), this.at(powers, i - 1), this.at(powers, 1));
    }
    const product = this.at(powers, 0);
    const [first = 0, ...digits] = this.#inversion;
    this.copy(product, this.at(powers, first), 1);
    for (const digit of digits) {
      for (let i = 0; i < 4; i++) this.square(product, product);
      if (digit !== 0) this.multiply(product, product, this.at(powers, digit));
    }
    this.copy(result, product, 1);
  }
}

/** select(to, table, count, index), for points of three numbers. */
function addSelect(module: WasmModule, words: number): void {
  module.add('select', 4, (code) => {
    const [to, table, count, index] = [0, 1, 2, 3].map((i) => code.param(i)) as [
      Local,
      Local,
      Local,
      Local,
    ];
    const mask = code.local('i32');
    const sums = Array.from({ length: words }, () => code.local('i32'));
    code.loop(() => {
      // All ones at the wanted entry, else zero. The index counts down with the entries.
      code.i32(0).get(index).i32(0).do('i32.eq', 'i32.sub').set(mask);
      sums.forEach((sum, i) => {
        code
          .get(table)
          .memory('i32.load', 4 * i)
          .get(mask)
          .do('i32.and');
        code.get(sum).do('i32.or').set(sum);
      });
      code.get(index).i32(1).do('i32.sub').set(index);
      code
        .get(table)
        .i32(4 * words)
        .do('i32.add')
        .set(table);
      code.get(count).i32(1).do('i32.sub').tee(count);
    });
    sums.forEach((sum, i) => {
      code
        .get(to)
        .get(sum)
        .memory('i32.store', 4 * i);
    });
  });
}
