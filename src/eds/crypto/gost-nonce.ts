import type { GostCurve } from './gost-curve.ts';
import { hmacStreebog } from './hmac-streebog.ts';
import { fromLittleEndian, toLittleEndian } from './little-endian.ts';

/**
 * The numbers k to try for a signature, from 1 to q - 1, in the way of RFC 6979 §3.2: drawn by HMAC with Streebog
 * from the private key and the digest, so that a signature needs no chance and two signatures never share a k. The
 * curve's OID goes in as additional data (§3.6): one key on two curves does not repeat a k either. Numbers are
 * little-endian throughout, as GOST signatures are.
 */
export function* gostNonces(
  curve: GostCurve,
  privateKey: bigint,
  hash: bigint,
): Generator<bigint, never> {
  const { sizeBytes, q } = curve;
  const bits = sizeBytes === 64 ? 512 : 256;
  const seed = Buffer.concat([
    toLittleEndian(privateKey, sizeBytes),
    toLittleEndian(hash, sizeBytes),
    Buffer.from(curve.oid, 'latin1'),
  ]);
  let value: Uint8Array = new Uint8Array(sizeBytes).fill(1);
  let key: Uint8Array = new Uint8Array(sizeBytes);
  for (const step of [0, 1]) {
    key = hmacStreebog(bits, key, value, Uint8Array.of(step), seed);
    value = hmacStreebog(bits, key, value);
  }
  // q of a 256-bit set may be of 255 bits: the bits above are cut off, as bits2int of §2.3.2 does.
  const length = BigInt(q.toString(2).length);
  for (;;) {
    value = hmacStreebog(bits, key, value);
    const k = BigInt.asUintN(Number(length), fromLittleEndian(value));
    if (k > 0n && k < q) yield k;
    key = hmacStreebog(bits, key, value, Uint8Array.of(0));
    value = hmacStreebog(bits, key, value);
  }
}
