import { inverse, mod } from './modular.ts';
import type { Local, WasmCode } from './wasm-code.ts';
import type { WasmModule } from './wasm-module.ts';

const limbBits = 29;
const radix = 1n << BigInt(limbBits);

/**
 * Arithmetic modulo a prime as WebAssembly. A number is a sum of signed limbs of 29 bits in words of 32, so that
 * sums and differences need no carries and a column of products fits 64 bits.
 *
 * A limb is at most 2^28 + 2 in absolute value when a product, a square or `carry` gave it; that is weight 1. A sum
 * has the weights of its parts together. A product is right while the weights of its factors multiply to at most
 * `maxWeight`.
 */
export class FieldCode {
  readonly prime: bigint;
  readonly limbs: number;
  /** Octets from one number to the next. */
  readonly stride: number;
  readonly maxWeight: number;
  /** Indexes of the functions (out, a, b) or (out, a), for calls. */
  readonly multiply: number;
  readonly square: number;
  readonly add: number;
  readonly subtract: number;
  readonly carry: number;
  /** What a number is multiplied by in its stored form: one, or Montgomery's R. */
  readonly scale: bigint;
  readonly #fold: bigint | undefined;

  constructor(module: WasmModule, prime: bigint) {
    this.prime = prime;
    const bits = prime.toString(2).length;
    // At least three bits to spare, for sums of several numbers.
    this.limbs = Math.ceil((bits + 3) / limbBits);
    this.stride = 4 * this.limbs;
    const whole = radix ** BigInt(this.limbs);
    // What is left of the first power beyond the limbs: a small number for primes near a power of two.
    const rest = whole % prime;
    const small = rest < 1n << 24n;
    this.#fold = small ? rest : undefined;
    this.scale = small ? 1n : rest;
    this.maxWeight = Number((1n << 63n) / (BigInt(this.limbs) << 56n)) - (small ? 0 : 1);
    this.multiply = module.add('multiply', 3, (code) => {
      const a = this.#load(code, code.param(1));
      const b = this.#load(code, code.param(2));
      this.#product(code, (k) => {
        for (const [i, j] of pairs(this.limbs, k)) {
          code.get(at(a, i)).get(at(b, j)).do('i64.mul', 'i64.add');
        }
      });
    });
    this.square = module.add('square', 2, (code) => {
      const a = this.#load(code, code.param(1));
      const doubled = a.map((limb) => {
        const local = code.local('i64');
        code.get(limb).get(limb).do('i64.add').set(local);
        return local;
      });
      this.#product(code, (k) => {
        for (const [i, j] of pairs(this.limbs, k)) {
          if (i > j) continue;
          code
            .get(at(a, i))
            .get(at(i === j ? a : doubled, j))
            .do('i64.mul', 'i64.add');
        }
      });
    });
    this.add = module.add('add', 3, (code) => {
      this.#eachLimb(code, 'i32.add');
    });
    this.subtract = module.add('subtract', 3, (code) => {
      this.#eachLimb(code, 'i32.sub');
    });
    this.carry = module.add('carry', 2, (code) => {
      this.#reduce(code, this.#load(code, code.param(1)));
    });
  }

  #load(code: WasmCode, pointer: Local): Local[] {
    return Array.from({ length: this.limbs }, (_, i) => {
      const local = code.local('i64');
      code
        .get(pointer)
        .memory('i64.load32_s', 4 * i)
        .set(local);
      return local;
    });
  }

  #eachLimb(code: WasmCode, operation: 'i32.add' | 'i32.sub'): void {
    for (let i = 0; i < this.limbs; i++) {
      code.get(code.param(0));
      code.get(code.param(1)).memory('i32.load', 4 * i);
      code.get(code.param(2)).memory('i32.load', 4 * i);
      code.do(operation).memory('i32.store', 4 * i);
    }
  }

  /** `column` adds the products of column k to what is on the stack. */
  #product(code: WasmCode, column: (k: number) => void): void {
    if (this.#fold === undefined) this.#montgomeryProduct(code, column);
    else this.#foldedProduct(code, column, this.#fold);
  }

  #foldedProduct(code: WasmCode, column: (k: number) => void, fold: bigint): void {
    const n = this.limbs;
    const sum = code.local('i64');
    const carry = code.local('i64');
    const high: Local[] = [];
    for (let k = n; k < 2 * n - 1; k++) {
      const limb = code.local('i64');
      code.get(carry);
      column(k);
      splitLimb(code.set(sum), sum, carry, limb);
      high.push(limb);
    }
    const last = code.local('i64');
    code.get(carry).set(last).i64(0n).set(carry);
    high.push(last);
    const low: Local[] = [];
    for (let k = 0; k < n; k++) {
      const limb = code.local('i64');
      code.get(carry).get(at(high, k)).i64(fold).do('i64.mul', 'i64.add');
      column(k);
      splitLimb(code.set(sum), sum, carry, limb);
      low.push(limb);
    }
    this.#foldTop(code, low, carry, fold);
  }

  /** Takes in what was carried out of the last limb and stores the number. */
  #foldTop(code: WasmCode, limbs: readonly Local[], carry: Local, fold: bigint): void {
    const first = at(limbs, 0);
    code.get(carry).i64(fold).do('i64.mul').get(first).do('i64.add').set(first);
    for (const i of [0, 1]) {
      splitLimb(code, at(limbs, i), carry, at(limbs, i));
      const next = at(limbs, i + 1);
      code.get(next).get(carry).do('i64.add').set(next);
    }
    limbs.forEach((limb, i) => {
      code
        .get(code.param(0))
        .get(limb)
        .memory('i64.store32', 4 * i);
    });
  }

  /** Montgomery's product by columns: a multiple of the prime makes each low limb zero. */
  #montgomeryProduct(code: WasmCode, column: (k: number) => void): void {
    const n = this.limbs;
    const prime = signedLimbs(this.prime, n);
    const negated = mod(-inverse(this.prime, radix), radix);
    const sum = code.local('i64');
    const carry = code.local('i64');
    const multiples: Local[] = [];
    for (let k = 0; k < 2 * n; k++) {
      code.get(carry);
      column(k);
      for (const [i, j] of pairs(n, k)) {
        const multiple = multiples[i];
        if (multiple !== undefined) {
          code
            .get(multiple)
            .i64(prime[j] ?? 0n)
            .do('i64.mul', 'i64.add');
        }
      }
      code.set(sum);
      if (k < n) {
        const multiple = code.local('i64');
        // The product modulo 2^29, with its sign: shifted up and down again.
        code
          .get(sum)
          .i64(negated)
          .do('i64.mul')
          .i64(64n - BigInt(limbBits));
        code
          .do('i64.shl')
          .i64(64n - BigInt(limbBits))
          .do('i64.shr_s')
          .tee(multiple);
        code
          .i64(prime[0] ?? 0n)
          .do('i64.mul')
          .get(sum)
          .do('i64.add');
        code.i64(BigInt(limbBits)).do('i64.shr_s').set(carry);
        multiples.push(multiple);
      } else {
        code.get(code.param(0));
        if (k < 2 * n - 1) splitLimb(code, sum, carry, sum);
        code.get(sum).memory('i64.store32', 4 * (k - n));
      }
    }
  }

  #reduce(code: WasmCode, limbs: readonly Local[]): void {
    const carry = code.local('i64');
    limbs.forEach((limb, i) => {
      code.get(limb).get(carry).do('i64.add').set(limb);
      // Without folding the last limb has room: numbers stay far below what the limbs hold.
      if (this.#fold !== undefined || i < limbs.length - 1) splitLimb(code, limb, carry, limb);
      else code.i64(0n).set(carry);
    });
    this.#foldTop(code, limbs, carry, this.#fold ?? 0n);
  }
}

/** Puts a number that is in `sum` into a limb and a carry, so that the limb is nearest to zero. */
function splitLimb(code: WasmCode, sum: Local, carry: Local, limb: Local): void {
  code
    .get(sum)
    .i64(radix / 2n)
    .do('i64.add')
    .i64(BigInt(limbBits))
    .do('i64.shr_s')
    .set(carry);
  code.get(sum).get(carry).i64(BigInt(limbBits)).do('i64.shl', 'i64.sub').set(limb);
}

/** The places of two limbs whose product belongs to column k. */
function pairs(limbs: number, k: number): [number, number][] {
  return Array.from({ length: limbs }, (_, i): [number, number] => [i, k - i]).filter(
    ([, j]) => j >= 0 && j < limbs,
  );
}

/** A number as signed limbs of 29 bits, the least significant first. */
export function signedLimbs(value: bigint, limbs: number): bigint[] {
  let rest = value;
  return Array.from({ length: limbs }, (_, i) => {
    const limb = i === limbs - 1 ? rest : BigInt.asIntN(limbBits, rest);
    rest = (rest - limb) >> BigInt(limbBits);
    return limb;
  });
}

/** The number that limbs stand for. */
export function fromLimbs(limbs: readonly number[] | Int32Array): bigint {
  let value = 0n;
  for (let i = limbs.length - 1; i >= 0; i--) {
    value = (value << BigInt(limbBits)) + BigInt(limbs[i] ?? 0);
  }
  return value;
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError('no such limb');
  return value;
}
