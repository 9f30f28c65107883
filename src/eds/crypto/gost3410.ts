import { CurveMachine } from './curve-machine.ts';
import type { CurvePoint, GostCurve } from './gost-curve.ts';
import { gostNonces } from './gost-nonce.ts';
import { maxPreparedKeys } from './limits.ts';
import { fromLittleEndian } from './little-endian.ts';
import { inverse, mod } from './modular.ts';
import { PublicArithmetic, type PreparedPoint } from './public-arithmetic.ts';
import { ScalarField } from './scalar-field.ts';
import { SecretArithmetic } from './secret-arithmetic.ts';

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
  if (digest.length !== curve.sizeBytes) return false;
  const { points, prepared } = verifierOf(curve);
  const known = prepared.get(keyName(publicKey));
  if (known === undefined && !points.isKey(publicKey)) return false;
  const v = inverse(hashNumber(curve, digest), q);
  return points.sumHasX(mod(s * v, q), mod(-r * v, q), known ?? publicKey, r);
}

/**
 * Makes verifications with a key some three times as fast from now on, for keys that sign much: those of issuers.
 * The last `maxPreparedKeys` of a curve are kept. False when the key is none, as `verifyGost3410` would say.
 */
export function prepareGost3410Key(curve: GostCurve, publicKey: CurvePoint): boolean {
  const { points, prepared } = verifierOf(curve);
  const name = keyName(publicKey);
  if (prepared.has(name)) return true;
  if (!points.isKey(publicKey)) return false;
  let oldest: PreparedPoint | undefined;
  if (prepared.size >= maxPreparedKeys) {
    for (const [first, point] of prepared) {
      prepared.delete(first);
      oldest = point;
      break;
    }
  }
  prepared.set(name, points.prepare(publicKey, oldest));
  return true;
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
  const { points, scalars } = signerOf(curve);
  const nonces = gostNonces(curve, privateKey, e);
  for (;;) {
    const k = nonces.next().value;
    const r = points.multiplyBase(k).x % q;
    const s = scalars.sumOfProducts(r, privateKey, k, e);
    if (r !== 0n && s !== 0n) return { r, s };
  }
}

/** The public key of a private one. Throws a RangeError when that is not from 1 to q - 1. */
export function publicKeyOf(curve: GostCurve, privateKey: bigint): CurvePoint {
  checkPrivateKey(curve, privateKey);
  return signerOf(curve).points.multiplyBase(privateKey);
}

interface Verifier {
  readonly points: PublicArithmetic;
  /** By `keyName`, in the order in which they came. */
  readonly prepared: Map<string, PreparedPoint>;
}
interface Signer {
  readonly points: SecretArithmetic;
  readonly scalars: ScalarField;
}

// Made when a curve is first used, and kept as long as the curve's object is.
const machines = new WeakMap<GostCurve, CurveMachine>();
const verifiers = new WeakMap<GostCurve, Verifier>();
const signers = new WeakMap<GostCurve, Signer>();

function machineOf(curve: GostCurve): CurveMachine {
  let machine = machines.get(curve);
  if (machine === undefined) {
    machine = new CurveMachine(curve);
    machines.set(curve, machine);
  }
  return machine;
}

function verifierOf(curve: GostCurve): Verifier {
  let verifier = verifiers.get(curve);
  if (verifier === undefined) {
    const points = new PublicArithmetic(curve, machineOf(curve));
    verifier = { points, prepared: new Map() };
    verifiers.set(curve, verifier);
  }
  return verifier;
}

function signerOf(curve: GostCurve): Signer {
  let signer = signers.get(curve);
  if (signer === undefined) {
    const points = new SecretArithmetic(curve, machineOf(curve));
    signer = { points, scalars: new ScalarField(curve.q) };
    signers.set(curve, signer);
  }
  return signer;
}

function keyName({ x, y }: CurvePoint): string {
  return `${x.toString(16)} ${y.toString(16)}`;
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
