import type { Address, CurveMachine } from './curve-machine.ts';
import type { CurvePoint, GostCurve } from './gost-curve.ts';
import { toLittleEndian } from './little-endian.ts';
import { inverse, mod } from './modular.ts';
import { signedDigits } from './signed-digits.ts';

/** Digits of a point that comes once, and of one that has a table: more multiples, fewer additions. */
const onceWidth = 5;
const preparedWidth = 8;
/** Into so many parts a factor is cut for a point with a table: one doubling then serves all parts. */
const preparedParts = 8;

/**
 * Odd multiples 1, 3, 5 … of a point, each as x, y, z, -y in Jacobian coordinates; then the same of the point times
 * 2^partBits, and so on.
 */
interface MultipleTable {
  readonly address: Address;
  readonly width: number;
  readonly parts: number;
}

/** Numbers of one entry of a table, and where -y is. */
const entryNumbers = 4;
const negativeY = 3;

interface Term {
  readonly factor: bigint;
  readonly table: MultipleTable;
}

/** A point with a table of its multiples, all with z = 1. */
export interface PreparedPoint {
  readonly point: CurvePoint;
  readonly table: MultipleTable;
}

/** Sums of multiples of points of one curve, as fast as can be. The time depends on the numbers: they are public. */
export class PublicArithmetic {
  readonly #curve: GostCurve;
  readonly #machine: CurveMachine;
  /** Bits of a factor, with the carry of its signed digits; and of its parts. */
  readonly #factorBits: number;
  readonly #partBits: number;
  readonly #sum: Address;
  readonly #doubled: Address;
  readonly #zero: Address;
  readonly #spare: Address;
  readonly #products: Address;
  readonly #once: MultipleTable;
  readonly #base: PreparedPoint;

  constructor(curve: GostCurve, machine: CurveMachine) {
    this.#curve = curve;
    this.#machine = machine;
    this.#factorBits = 8 * curve.sizeBytes + 1;
    this.#partBits = Math.ceil(this.#factorBits / preparedParts);
    this.#sum = machine.allocate(3);
    this.#doubled = machine.allocate(3);
    this.#zero = machine.allocate(1);
    this.#spare = machine.allocate(3);
    this.#products = machine.allocate(preparedParts * multiples(preparedWidth));
    this.#once = this.#newTable(onceWidth, 1);
    this.#base = this.prepare(curve.base);
  }

  /** Whether it is a point of the subgroup of order q, and not infinity. */
  isKey(point: CurvePoint): boolean {
    const { p, a, b, q, cofactor } = this.#curve;
    const { x, y } = point;
    if (x < 0n || x >= p || y < 0n || y >= p) return false;
    if (mod(y * y - x * x * x - a * x - b, p) !== 0n) return false;
    if (cofactor === 1n) return true;
    // q times the point is infinity when q - 1 times it has its x: it is then the opposite, since q - 2 times no point
    // of a group of 4q is infinity. A sum with z = 0 was met on the way only if the point is of a small order.
    this.#fill(this.#once, point);
    this.#add(this.#factorBits, [{ factor: q - 1n, table: this.#once }]);
    const sum = this.#load();
    return sum.z !== 0n && mod(sum.x - x * sum.z * sum.z, p) === 0n;
  }

  /** Makes a table for a key; that of `instead`, which is then lost, gives its room. */
  prepare(point: CurvePoint, instead?: PreparedPoint): PreparedPoint {
    const table = instead?.table ?? this.#newTable(preparedWidth, preparedParts);
    this.#fill(table, point);
    this.#makeAffine(table);
    return { point, table };
  }

  /** Whether u times the base point plus v times a key is a point with x = r modulo q. */
  sumHasX(u: bigint, v: bigint, key: CurvePoint | PreparedPoint, r: bigint): boolean {
    const prepared = 'table' in key;
    const table = prepared ? key.table : this.#once;
    const point = prepared ? key.point : key;
    if (!prepared) this.#fill(table, point);
    this.#add(prepared ? this.#partBits : this.#factorBits, [
      { factor: u, table: this.#base.table },
      { factor: v, table },
    ]);
    let { x, z } = this.#load();
    const { p, q } = this.#curve;
    let scale = (z * z) % p;
    if (z === 0n) {
      // The sum is infinity, or the short formulas met points for which they do not hold: the complete ones decide.
      this.#addSlowly(u, v, point);
      ({ x, z } = this.#load());
      if (z === 0n) return false;
      scale = z;
    }
    for (let candidate = r; candidate < p; candidate += q) {
      if (mod(candidate * scale - x, p) === 0n) return true;
    }
    return false;
  }

  #newTable(width: number, parts: number): MultipleTable {
    const address = this.#machine.allocate(entryNumbers * multiples(width) * parts);
    return { address, width, parts };
  }

  #entry(table: MultipleTable, index: number): Address {
    return this.#machine.at(table.address, entryNumbers * index);
  }

  #fill(table: MultipleTable, { x, y }: CurvePoint): void {
    const machine = this.#machine;
    this.#put(table.address, x, y, 1n);
    const count = multiples(table.width);
    for (let part = 0; part < table.parts; part++) {
      const first = this.#entry(table, part * count);
      if (part > 0) {
        machine.double(first, this.#entry(table, (part - 1) * count));
        for (let i = 1; i < this.#partBits; i++) machine.double(first, first);
      }
      const doubled = this.#doubled;
      machine.double(doubled, first);
      const [dx, dy, dz] = [doubled, machine.at(doubled, 1), machine.at(doubled, 2)] as const;
      for (let i = 1; i < count; i++) {
        const entry = this.#entry(table, part * count + i);
        machine.add(entry, this.#entry(table, part * count + i - 1), dx, dy, dz);
      }
      for (let i = 0; i < count; i++) this.#negate(this.#entry(table, part * count + i));
    }
  }

  #negate(entry: Address): void {
    const machine = this.#machine;
    machine.subtract(machine.at(entry, negativeY), this.#zero, machine.at(entry, 1));
  }

  /** Makes every z one, by one inversion for all: Montgomery's trick. */
  #makeAffine(table: MultipleTable): void {
    const machine = this.#machine;
    const count = table.parts * multiples(table.width);
    const z = (i: number): Address => machine.at(this.#entry(table, i), 2);
    const product = (i: number): Address => machine.at(this.#products, i);
    machine.copy(product(0), z(0), 1);
    for (let i = 1; i < count; i++) machine.multiply(product(i), product(i - 1), z(i));
    const rest = this.#spare;
    const inverted = machine.at(rest, 1);
    const power = machine.at(rest, 2);
    machine.store(rest, inverse(machine.load(product(count - 1)), this.#curve.p));
    for (let i = count - 1; i >= 0; i--) {
      const entry = this.#entry(table, i);
      const y = machine.at(entry, 1);
      if (i > 0) machine.multiply(inverted, rest, product(i - 1));
      else machine.copy(inverted, rest, 1);
      machine.multiply(rest, rest, z(i));
      machine.square(power, inverted);
      machine.multiply(entry, entry, power);
      machine.multiply(power, power, inverted);
      machine.multiply(y, y, power);
      this.#negate(entry);
      machine.store(z(i), 1n);
    }
  }

  /** Strauss' way: one chain of doublings for all terms and all their parts, of so many bits each. */
  #add(partBits: number, terms: readonly Term[]): void {
    const machine = this.#machine;
    const sum = this.#sum;
    let started = false;
    const rows = terms.map(({ factor, table }) => ({
      table,
      count: multiples(table.width),
      digits: signedDigits(toLittleEndian(factor, this.#curve.sizeBytes), table.width),
      // A table that was made affine needs the shorter formula only.
      affine: table !== this.#once,
    }));
    for (let bit = partBits - 1; bit >= 0; bit--) {
      if (started) machine.double(sum, sum);
      for (const { table, count, digits, affine } of rows) {
        for (let place = bit, part = 0; place < digits.length; place += partBits, part++) {
          const digit = digits[place] ?? 0;
          if (digit === 0) continue;
          const entry = this.#entry(table, part * count + (Math.abs(digit) >> 1));
          const y = machine.at(entry, digit < 0 ? negativeY : 1);
          if (!started) {
            machine.copy(sum, entry, 3);
            machine.copy(machine.at(sum, 1), y, 1);
            started = true;
          } else if (affine) machine.addAffine(sum, sum, entry, y);
          else machine.add(sum, sum, entry, y, machine.at(entry, 2));
        }
      }
    }
    if (!started) this.#put(sum, 1n, 1n, 0n);
  }

  /** The same sum in projective coordinates by complete formulas, bit by bit. */
  #addSlowly(u: bigint, v: bigint, key: CurvePoint): void {
    const machine = this.#machine;
    const sum = this.#sum;
    const point = this.#spare;
    this.#put(sum, 0n, 1n, 0n);
    for (let bit = BigInt(this.#factorBits); bit >= 0n; bit--) {
      machine.addComplete(sum, sum, sum);
      for (const [factor, { x, y }] of [
        [u, this.#curve.base],
        [v, key],
      ] as const) {
        if (((factor >> bit) & 1n) === 0n) continue;
        this.#put(point, x, y, 1n);
        machine.addComplete(sum, sum, point);
      }
    }
  }

  #put(address: Address, x: bigint, y: bigint, z: bigint): void {
    [x, y, z].forEach((value, i) => {
      this.#machine.store(this.#machine.at(address, i), value);
    });
  }

  #load(): { readonly x: bigint; readonly z: bigint } {
    const machine = this.#machine;
    return { x: machine.load(this.#sum), z: machine.load(machine.at(this.#sum, 2)) };
  }
}

/** Odd numbers below half of 2^width. */
function multiples(width: number): number {
  return 2 ** (width - 2);
}
