import { FieldCode, fromLimbs, signedLimbs } from './field-code.ts';
import { mod } from './modular.ts';
import { WasmModule } from './wasm-module.ts';

type Step = (...addresses: readonly number[]) => void;

/** Sums of products modulo q for signing, with the same steps whatever the numbers. */
export class ScalarField {
  readonly #q: bigint;
  readonly #limbs: number;
  readonly #stride: number;
  readonly #words: Int32Array;
  readonly #multiply: Step;
  readonly #add: Step;

  constructor(q: bigint) {
    const module = new WasmModule();
    const field = new FieldCode(module, q);
    this.#q = q;
    this.#limbs = field.limbs;
    this.#stride = field.stride;
    const instance = module.instantiate(8 * field.stride);
    this.#words = new Int32Array(instance.memory);
    this.#multiply = instance.function('multiply');
    this.#add = instance.function('add');
    // What a product is divided by, squared: multiplied by it, a product is whole again.
    this.#store(0, (field.scale * field.scale) % q);
  }

  /** ab + cd modulo q, of numbers from 0 to q - 1. */
  sumOfProducts(a: bigint, b: bigint, c: bigint, d: bigint): bigint {
    [a, b, c, d].forEach((value, i) => {
      this.#store(i + 1, value);
    });
    const at = (index: number): number => index * this.#stride;
    this.#multiply(at(5), at(1), at(2));
    this.#multiply(at(6), at(3), at(4));
    this.#add(at(5), at(5), at(6));
    this.#multiply(at(7), at(5), at(0));
    // What is left here would tell of the private key and of k.
    const sum = mod(fromLimbs(this.#words.slice(7 * this.#limbs, 8 * this.#limbs)), this.#q);
    this.#words.fill(0, this.#limbs);
    return sum;
  }

  #store(index: number, value: bigint): void {
    this.#words.set(signedLimbs(value, this.#limbs).map(Number), index * this.#limbs);
  }
}
