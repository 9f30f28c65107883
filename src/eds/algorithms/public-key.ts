import { createPublicKey, type KeyObject } from 'node:crypto';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { readDer } from '../asn1/read-asn1.ts';
import { oidOf, octetsOf, wholeBits } from '../asn1/values.ts';
import type { CurvePoint, GostCurve } from '../crypto/gost-curve.ts';
import { gost2004, gost2015Bits256, gost2015Bits512 } from '../crypto/gost-curves.ts';
import { readPublicKey } from '../crypto/gost3410-octets.ts';
import { limits } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './algorithm-identifier.ts';
import type { KeyFamily } from './signature-algorithms.ts';

/** The key of a certificate, of a kind that is in the list of allowed algorithms. */
export type PublicKey =
  | {
      readonly family: 'gost2015-512' | 'gost2015-256' | 'gost2004';
      readonly curve: GostCurve;
      /** Whether the point lies on the curve is asked when a signature is verified. */
      readonly point: CurvePoint;
    }
  | { readonly family: 'rsa' | 'ecdsa'; readonly key: KeyObject };

/** `SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }`. */
export interface PublicKeyInfo {
  readonly algorithm: AlgorithmIdentifier;
  /** What OCSP hashes: the bits without their count of unused ones. RFC 6960 4.1.1. */
  readonly bits: Uint8Array;
  readonly raw: Uint8Array;
}

interface GostRow {
  readonly family: Extract<KeyFamily, `gost${string}`>;
  readonly curve: GostCurve;
  readonly digests: readonly string[];
}

/** By the OID of the key; the parameters must name the one curve that goes with it. */
const gostKeys: Readonly<Record<string, GostRow>> = {
  '1.2.398.3.10.1.1.2.2': {
    family: 'gost2015-512',
    curve: gost2015Bits512,
    digests: ['1.2.398.3.10.1.3.3'],
  },
  '1.2.398.3.10.1.1.2.1': {
    family: 'gost2015-256',
    curve: gost2015Bits256,
    digests: ['1.2.398.3.10.1.3.2'],
  },
  '1.2.398.3.10.1.1.1.1': {
    family: 'gost2004',
    curve: gost2004,
    digests: ['1.2.398.3.10.1.3.1', '1.2.398.3.10.1.3.1.1.0'],
  },
};
const rsaOid = '1.2.840.113549.1.1.1';
const ecOid = '1.2.840.10045.2.1';
/** secp256r1 and secp384r1, RFC 5480 2.1.1.1. */
const ecCurves: readonly string[] = ['1.2.840.10045.3.1.7', '1.3.132.0.34'];

export function readPublicKeyInfo(node: Asn1Node): PublicKeyInfo {
  const fields = Fields.sequence(node, 'SubjectPublicKeyInfo');
  const algorithm = readAlgorithmIdentifier(fields.next(), 'SubjectPublicKeyInfo.algorithm');
  const bits = wholeBits(fields.next(), 'subjectPublicKey');
  fields.end();
  return { algorithm, bits, raw: node.raw };
}

/** Throws `algorithm-not-allowed` for a kind or curve that is not ours, `key-invalid` for a key that cannot be one. */
export function publicKeyOf(info: PublicKeyInfo): PublicKey {
  const { oid, parameters } = info.algorithm;
  const gost = gostKeys[oid];
  if (gost !== undefined) return gostKeyOf(info, gost);
  if (oid === rsaOid && parameters === undefined) return rsaKeyOf(info);
  if (oid === ecOid && parameters !== undefined) {
    const curve = oidOf(parameters, 'curve');
    if (!ecCurves.includes(curve)) throw new Refusal('algorithm-not-allowed', curve);
    return { family: 'ecdsa', key: importKey(info) };
  }
  throw new Refusal('algorithm-not-allowed', oid);
}

function gostKeyOf(info: PublicKeyInfo, row: GostRow): PublicKey {
  // parameters ::= SEQUENCE { publicKeyParamSet OID, digestParamSet OID }, as RFC 4491 2.3.2 has them.
  if (info.algorithm.parameters === undefined) throw new Refusal('algorithm-not-allowed', 'curve');
  const fields = Fields.sequence(info.algorithm.parameters, 'key parameters');
  const curve = oidOf(fields.next(), 'publicKeyParamSet');
  const digest = oidOf(fields.next(), 'digestParamSet');
  fields.end();
  if (curve !== row.curve.oid || !row.digests.includes(digest)) {
    throw new Refusal('algorithm-not-allowed', `${curve} with ${digest}`);
  }
  const point = readPublicKey(row.curve, octetsOf(readDer(info.bits), 'public key'));
  if (point === undefined) throw new Refusal('key-invalid', 'wrong length');
  return { family: row.family, curve: row.curve, point };
}

function rsaKeyOf(info: PublicKeyInfo): PublicKey {
  const key = importKey(info);
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < limits.rsaBitsLeast || modulusLength > limits.rsaBitsMost) {
    throw new Refusal('key-invalid', `RSA of ${modulusLength} bits`);
  }
  // A large exponent is only there to make us work; FIPS 186-5 5.4 asks for 65537 or more, and for an odd one.
  if (publicExponent < 65_537n || publicExponent >= 2n ** 33n || publicExponent % 2n === 0n) {
    throw new Refusal('key-invalid', 'RSA exponent');
  }
  return { family: 'rsa', key };
}

function importKey(info: PublicKeyInfo): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(info.raw), format: 'der', type: 'spki' });
  } catch (error) {
    throw new Refusal('key-invalid', 'not a key', { cause: error });
  }
}
