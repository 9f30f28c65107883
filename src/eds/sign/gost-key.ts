import { digestOf, digestOids } from '../algorithms/digests.ts';
import { type SignatureAlgorithm } from '../algorithms/signature-algorithms.ts';
import { der } from '../asn1/der.ts';
import type { GostCurve } from '../crypto/gost-curve.ts';
import { gost2004, gost2015Bits256, gost2015Bits512 } from '../crypto/gost-curves.ts';
import { publicKeyOf, signGost3410 } from '../crypto/gost3410.ts';
import { writePublicKey, writeSignature } from '../crypto/gost3410-octets.ts';
import { toLittleEndian } from '../crypto/little-endian.ts';
import type { SigningKey } from './signing-key.ts';

export type GostFamily = 'gost2015-512' | 'gost2015-256' | 'gost2004';

const kinds = {
  'gost2015-512': { oid: '1.2.398.3.10.1.1.2.2', curve: gost2015Bits512, digest: 'streebog512' },
  'gost2015-256': { oid: '1.2.398.3.10.1.1.2.1', curve: gost2015Bits256, digest: 'streebog256' },
  gost2004: { oid: '1.2.398.3.10.1.1.1.1', curve: gost2004, digest: 'gost34311' },
} as const;

/** A GOST key in this process. */
export class GostKey implements SigningKey {
  readonly algorithm: SignatureAlgorithm;
  readonly publicKeyInfo: Uint8Array;
  readonly #family: GostFamily;
  readonly #curve: GostCurve;
  readonly #privateKey: bigint;

  /** Throws a RangeError when the number is no private key of the curve. */
  constructor(family: GostFamily, privateKey: bigint) {
    const { curve, digest } = kinds[family];
    this.algorithm = { family, digest };
    this.#family = family;
    this.#curve = curve;
    this.#privateKey = privateKey;
    const point = writePublicKey(curve, publicKeyOf(curve, privateKey));
    this.publicKeyInfo = der.sequence(keyIdentifier(family), der.bits(der.octets(point)));
  }

  /** A key from octets of chance: as many as the curve has and 8 more, so that no number is likelier. FIPS 186-5 A.2.1. */
  static fromChance(family: GostFamily, randomBytes: (count: number) => Uint8Array): GostKey {
    const { q, sizeBytes } = kinds[family].curve;
    const hex = Buffer.from(randomBytes(sizeBytes + 8)).toString('hex');
    return new GostKey(family, (BigInt(`0x${hex}`) % (q - 1n)) + 1n);
  }

  sign(message: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(this.signDigest(digestOf(this.algorithm.digest, message)));
  }

  /** Signs a digest that somebody else computed. Throws a RangeError when it has another length. */
  signDigest(digest: Uint8Array): Uint8Array {
    const signature = signGost3410(this.#curve, this.#privateKey, digest);
    return writeSignature(this.#curve, signature);
  }

  /**
   * PKCS #8 as the National CA writes it, unencrypted: for 34.10-2015 the number is an OCTET STRING, little-endian, for
   * 34.310-2004 an INTEGER.
   */
  exportPrivateKeyInfo(): Uint8Array {
    const number =
      this.#family === 'gost2004'
        ? der.integer(this.#privateKey)
        : der.octets(toLittleEndian(this.#privateKey, this.#curve.sizeBytes));
    return der.sequence(der.integer(0), keyIdentifier(this.#family), der.octets(number));
  }
}

function keyIdentifier(family: GostFamily): Uint8Array {
  const { oid, curve, digest } = kinds[family];
  // The key of 34.310-2004 names its digest with its substitution, as certificates of the National CA do.
  const digestOid = family === 'gost2004' ? `${digestOids[digest]}.1.0` : digestOids[digest];
  return der.sequence(der.oid(oid), der.sequence(der.oid(curve.oid), der.oid(digestOid)));
}

/** The family that a key's OID names; undefined for other kinds of keys. */
export function gostFamilyOf(oid: string): GostFamily | undefined {
  const families = Object.keys(kinds) as GostFamily[];
  return families.find((family) => kinds[family].oid === oid);
}
