import type { CurvePoint, GostCurve } from './gost-curve.ts';
import { gostNonces } from './gost-nonce.ts';
import { fromLittleEndian } from './little-endian.ts';
import { inverse, mod } from './modular.ts';
import { multiply, sumOfProducts } from './point-arithmetic.ts';

/** RFC 7091 §6.1. */
export interface GostSignature {
  readonly r: bigint;
  readonly s: bigint;
}

/**
 * Whether the signature of a digest is the key's: GOST 34.10, RFC 7091 §6.2. The digest is read little-endian, as
 * the standard's e; it is as long as the curve's numbers. False, never an error, for whatever numbers: out of range,
 * a key that is no point of the curve or of another order than q.
 */
export function verifyGost3410(
  curve: GostCurve,
  publicKey: CurvePoint,
  digest: Uint8Array,
  signature: GostSignature,
): boolean {
  const { q } = curve;
  const { r, s } = signature;
  if (r <= 0n || r >= q || s <= 0n || s >= q) return false;
  if (digest.length !== curve.sizeBytes || !isPublicKey(curve, publicKey)) return false;
  const v = inverse(hashNumber(curve, digest), q);
  const c = sumOfProducts(curve, mod(s * v, q), curve.base, mod(-r * v, q), publicKey);
  return c !== undefined && mod(c.x, q) === r;
}

/**
 * Signs a digest, as long as the curve's numbers: RFC 7091 §6.1, with a k that depends on key and digest alone.
 * Throws a RangeError when the private key is not from 1 to q - 1, or the digest has another length.
 */
export function signGost3410(
  curve: GostCurve,
  privateKey: bigint,
  digest: Uint8Array,
): GostSignature {
  const { q } = curve;
  checkPrivateKey(curve, privateKey);
  if (digest.length !== curve.sizeBytes) throw new RangeError('the digest has a wrong length');
  const e = hashNumber(curve, digest);
  const nonces = gostNonces(curve, privateKey, e);
  for (;;) {
    const k = nonces.next().value;
    const c = multiply(curve, k, curve.base);
    const r = c === undefined ? 0n : mod(c.x, q);
    const s = mod(r * privateKey + k * e, q);
    if (r !== 0n && s !== 0n) return { r, s };
  }
}

/** The public key of a private one. Throws a RangeError when that is not from 1 to q - 1. */
export function publicKeyOf(curve: GostCurve, privateKey: bigint): CurvePoint {
  checkPrivateKey(curve, privateKey);
  const point = multiply(curve, privateKey, curve.base);
  if (point === undefined) throw new RangeError('the base point is not of order q');
  return point;
}

/** Whether it is a point of the curve that the base point makes. */
function isPublicKey(curve: GostCurve, { x, y }: CurvePoint): boolean {
  const { p, a, b, q } = curve;
  if (x < 0n || x >= p || y < 0n || y >= p) return false;
  if (mod(y * y - x * x * x - a * x - b, p) !== 0n) return false;
  return curve.cofactor === 1n || multiply(curve, q, { x, y }) === undefined;
}

/** e of RFC 7091 §6.1, step 2. */
function hashNumber(curve: GostCurve, digest: Uint8Array): bigint {
  const e = fromLittleEndian(digest) % curve.q;
  return e === 0n ? 1n : e;
}

function checkPrivateKey(curve: GostCurve, privateKey: bigint): void {
  if (privateKey <= 0n || privateKey >= curve.q)
    throw new RangeError('no private key of the curve');
}
