import type { CurvePoint, GostCurve } from '../../src/eds/crypto/gost-curve.ts';
import { inverse, mod } from '../../src/eds/crypto/modular.ts';

/*
 * The obvious form of the arithmetic, for comparison: BigInt, Jacobian coordinates, double and add.
 */

/** In Jacobian coordinates: x / z² and y / z³; z = 0 is the point at infinity. */
interface JacobianPoint {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
}

const infinity: JacobianPoint = { x: 1n, y: 1n, z: 0n };

/** k times a point; undefined is the point at infinity. */
export function multiply(curve: GostCurve, k: bigint, point: CurvePoint): CurvePoint | undefined {
  return sumOfProducts(curve, k, point, 0n, point);
}

/** k times a point plus l times another, by one chain of doublings; undefined is the point at infinity. */
export function sumOfProducts(
  curve: GostCurve,
  k: bigint,
  point: CurvePoint,
  l: bigint,
  other: CurvePoint,
): CurvePoint | undefined {
  const first = { ...point, z: 1n };
  const second = { ...other, z: 1n };
  const both = add(curve, first, second);
  const table = [infinity, first, second, both] as const;
  let sum = infinity;
  for (let bit = BigInt(8 * curve.sizeBytes) - 1n; bit >= 0n; bit--) {
    sum = double(curve, sum);
    const choice = Number((k >> bit) & 1n) + 2 * Number((l >> bit) & 1n);
    if (choice > 0) sum = add(curve, sum, table[choice] ?? infinity);
  }
  return toAffine(curve, sum);
}

function toAffine({ p }: GostCurve, { x, y, z }: JacobianPoint): CurvePoint | undefined {
  if (z === 0n) return undefined;
  const i = inverse(z, p);
  const ii = (i * i) % p;
  return { x: (x * ii) % p, y: (((y * ii) % p) * i) % p };
}

function double({ p, a }: GostCurve, { x, y, z }: JacobianPoint): JacobianPoint {
  if (z === 0n || y === 0n) return infinity;
  const yy = (y * y) % p;
  const zz = (z * z) % p;
  const s = (4n * x * yy) % p;
  const m = (3n * x * x + a * ((zz * zz) % p)) % p;
  const x3 = mod(m * m - 2n * s, p);
  return { x: x3, y: mod(m * (s - x3) - 8n * yy * yy, p), z: (2n * y * z) % p };
}

function add(curve: GostCurve, one: JacobianPoint, two: JacobianPoint): JacobianPoint {
  const { p } = curve;
  if (one.z === 0n) return two;
  if (two.z === 0n) return one;
  const zz1 = (one.z * one.z) % p;
  const zz2 = (two.z * two.z) % p;
  const u = (one.x * zz2) % p;
  const s = (one.y * ((zz2 * two.z) % p)) % p;
  const h = mod(two.x * zz1 - u, p);
  const r = mod(two.y * ((zz1 * one.z) % p) - s, p);
  if (h === 0n) return r === 0n ? double(curve, one) : infinity;
  const hh = (h * h) % p;
  const hhh = (hh * h) % p;
  const v = (u * hh) % p;
  const x3 = mod(r * r - hhh - 2n * v, p);
  return { x: x3, y: mod(r * (v - x3) - s * hhh, p), z: (((one.z * two.z) % p) * h) % p };
}
