import type { CurvePoint, GostCurve } from './gost-curve.ts';
import type { GostSignature } from './gost3410.ts';
import { fromLittleEndian, toLittleEndian } from './little-endian.ts';

/*
 * How Kazakh certificates and signatures write numbers: each little-endian and of the curve's size, one after the
 * other. A signature is thus the octets of RFC 9215 §2 (s then r, big-endian) read from the last to the first.
 */

/** A public key: x, then y. Undefined when the length is wrong; whether it is a point of the curve is not asked. */
export function readPublicKey(curve: GostCurve, octets: Uint8Array): CurvePoint | undefined {
  const pair = readPair(curve, octets);
  return pair && { x: pair[0], y: pair[1] };
}

/** What `readPublicKey` reads. */
export function writePublicKey(curve: GostCurve, key: CurvePoint): Uint8Array {
  return writePair(curve, key.x, key.y);
}

/** A signature: r, then s. Undefined when the length is wrong; their range is not asked. */
export function readSignature(curve: GostCurve, octets: Uint8Array): GostSignature | undefined {
  const pair = readPair(curve, octets);
  return pair && { r: pair[0], s: pair[1] };
}

/** What `readSignature` reads. */
export function writeSignature(curve: GostCurve, signature: GostSignature): Uint8Array {
  return writePair(curve, signature.r, signature.s);
}

function readPair(curve: GostCurve, octets: Uint8Array): [bigint, bigint] | undefined {
  const size = curve.sizeBytes;
  if (octets.length !== 2 * size) return undefined;
  return [fromLittleEndian(octets.subarray(0, size)), fromLittleEndian(octets.subarray(size))];
}

function writePair(curve: GostCurve, first: bigint, second: bigint): Uint8Array {
  const octets = new Uint8Array(2 * curve.sizeBytes);
  octets.set(toLittleEndian(first, curve.sizeBytes));
  octets.set(toLittleEndian(second, curve.sizeBytes), curve.sizeBytes);
  return octets;
}
