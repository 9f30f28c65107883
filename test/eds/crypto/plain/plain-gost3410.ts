import type { CurvePoint, GostCurve } from '../../../../src/eds/crypto/gost-curve.ts';

/*
 * Points and signatures in the plainest form: affine coordinates, an inversion for each addition, double and add.
 * Undefined is the point at infinity.
 */
type Point = CurvePoint | undefined;

/** RFC 7091 §6.2, without a word about the key. */
export function plainVerify(
  curve: GostCurve,
  key: CurvePoint,
  e: bigint,
  { r, s }: { readonly r: bigint; readonly s: bigint },
): boolean {
  const { q } = curve;
  if (r <= 0n || r >= q || s <= 0n || s >= q) return false;
  const v = plainInverse(e % q === 0n ? 1n : e, q);
  const c = plainSum(curve, modulo(s * v, q), curve.base, modulo(-r * v, q), key);
  return c !== undefined && c.x % q === r;
}

/** k times one point plus l times another. */
export function plainSum(
  curve: GostCurve,
  k: bigint,
  one: CurvePoint,
  l: bigint,
  two: CurvePoint,
): Point {
  let sum: Point;
  const both = plainAdd(curve, one, two);
  for (let bit = BigInt(8 * curve.sizeBytes) - 1n; bit >= 0n; bit--) {
    sum = plainAdd(curve, sum, sum);
    const [first, second] = [(k >> bit) & 1n, (l >> bit) & 1n];
    if (first === 1n && second === 1n) sum = plainAdd(curve, sum, both);
    else if (first === 1n) sum = plainAdd(curve, sum, one);
    else if (second === 1n) sum = plainAdd(curve, sum, two);
  }
  return sum;
}

export function plainAdd({ p, a }: GostCurve, one: Point, two: Point): Point {
  if (one === undefined) return two;
  if (two === undefined) return one;
  if (one.x === two.x && modulo(one.y + two.y, p) === 0n) return undefined;
  const slope =
    one.x === two.x
      ? (3n * one.x * one.x + a) * plainInverse(2n * one.y, p)
      : (two.y - one.y) * plainInverse(two.x - one.x, p);
  const x = modulo(slope * slope - one.x - two.x, p);
  return { x, y: modulo(slope * (one.x - x) - one.y, p) };
}

/** By Fermat's little theorem would be plainer still, and ten times as slow. */
export function plainInverse(value: bigint, prime: bigint): bigint {
  let [a, b, x, y] = [modulo(value, prime), prime, 1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [x, y] = [y - quotient * x, x];
  }
  return modulo(x, prime);
}

export function modulo(value: bigint, m: bigint): bigint {
  return ((value % m) + m) % m;
}
