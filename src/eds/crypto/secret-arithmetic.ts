import type { Address, CurveMachine } from './curve-machine.ts';
import type { CurvePoint, GostCurve } from './gost-curve.ts';
import { toLittleEndian } from './little-endian.ts';

/** Four bits of the factor choose one of sixteen multiples. */
const choices = 16;

/** Multiples of the base point of one curve: steps and addresses are the same whatever the factor. */
export class SecretArithmetic {
  readonly #curve: GostCurve;
  readonly #machine: CurveMachine;
  /** For each four bits of a factor, 0 to 15 times the base point times 16^i, in projective coordinates. */
  readonly #table: Address;
  readonly #sum: Address;
  readonly #chosen: Address;

  constructor(curve: GostCurve, machine: CurveMachine) {
    this.#curve = curve;
    this.#machine = machine;
    this.#sum = machine.allocate(3);
    this.#chosen = machine.allocate(3);
    this.#table = machine.allocate(2 * curve.sizeBytes * choices * 3);
    const { x, y } = curve.base;
    this.#put(this.#sum, x, y, 1n);
    for (let row = 0; row < 2 * curve.sizeBytes; row++) {
      this.#put(this.#multiple(row, 0), 0n, 1n, 0n);
      for (let i = 1; i < choices; i++) {
        machine.addComplete(this.#multiple(row, i), this.#multiple(row, i - 1), this.#sum);
      }
      machine.addComplete(this.#sum, this.#multiple(row, choices - 1), this.#sum);
    }
  }

  /** k times the base point, for k from 1 to q - 1. */
  multiplyBase(k: bigint): CurvePoint {
    const machine = this.#machine;
    const sum = this.#sum;
    this.#put(sum, 0n, 1n, 0n);
    toLittleEndian(k, this.#curve.sizeBytes).forEach((octet, i) => {
      for (const [row, choice] of [
        [2 * i, octet & 15],
        [2 * i + 1, octet >> 4],
      ] as const) {
        machine.select(this.#chosen, this.#multiple(row, 0), choices, choice);
        machine.addComplete(sum, sum, this.#chosen);
      }
    });
    const [y, z] = [machine.at(sum, 1), machine.at(sum, 2)];
    machine.invert(z, z);
    machine.multiply(sum, sum, z);
    machine.multiply(y, y, z);
    return { x: machine.load(sum), y: machine.load(y) };
  }

  #multiple(row: number, index: number): Address {
    return this.#machine.at(this.#table, 3 * (choices * row + index));
  }

  #put(address: Address, x: bigint, y: bigint, z: bigint): void {
    [x, y, z].forEach((value, i) => {
      this.#machine.store(this.#machine.at(address, i), value);
    });
  }
}
