import { Refusal } from '../refusal.ts';
import type { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { digestByOid, type DigestName } from './digests.ts';

/** What a key can do. A GOST family is bound to its size and its standard. */
export type KeyFamily = 'gost2015-512' | 'gost2015-256' | 'gost2004' | 'rsa' | 'ecdsa';

interface Row {
  readonly family: KeyFamily;
  /** Undefined for the identifier of a bare key: the digest is told beside it. */
  readonly digest: DigestName | undefined;
}

/** Every signature that may be good; RFC 8017 A.2.4, RFC 5758 3.2, National CA. SHA-1 is not in it. */
const rows: Readonly<Record<string, Row>> = {
  '1.2.398.3.10.1.1.2.3.2': { family: 'gost2015-512', digest: 'streebog512' },
  '1.2.398.3.10.1.1.2.2': { family: 'gost2015-512', digest: undefined },
  '1.2.398.3.10.1.1.2.3.1': { family: 'gost2015-256', digest: 'streebog256' },
  '1.2.398.3.10.1.1.2.1': { family: 'gost2015-256', digest: undefined },
  '1.2.398.3.10.1.1.1.2': { family: 'gost2004', digest: 'gost34311' },
  '1.2.398.3.10.1.1.1.1': { family: 'gost2004', digest: undefined },
  '1.2.840.113549.1.1.11': { family: 'rsa', digest: 'sha256' },
  '1.2.840.113549.1.1.12': { family: 'rsa', digest: 'sha384' },
  '1.2.840.113549.1.1.13': { family: 'rsa', digest: 'sha512' },
  '1.2.840.113549.1.1.1': { family: 'rsa', digest: undefined },
  '1.2.840.10045.4.3.2': { family: 'ecdsa', digest: 'sha256' },
  '1.2.840.10045.4.3.3': { family: 'ecdsa', digest: 'sha384' },
  '1.2.840.10045.4.3.4': { family: 'ecdsa', digest: 'sha512' },
};

/** The digests that go with a family when the identifier does not say which. */
const digestsOf: Readonly<Record<KeyFamily, readonly DigestName[]>> = {
  'gost2015-512': ['streebog512'],
  'gost2015-256': ['streebog256'],
  gost2004: ['gost34311'],
  rsa: ['sha256', 'sha384', 'sha512'],
  ecdsa: ['sha256', 'sha384', 'sha512'],
};

/** A signature algorithm with nothing left open. */
export interface SignatureAlgorithm {
  readonly family: KeyFamily;
  readonly digest: DigestName;
}

/**
 * The algorithm of a certificate, CRL or OCSP answer. Throws `algorithm-not-allowed` for what is not in the list and
 * for the identifier of a bare key.
 */
export function signatureAlgorithmOf(identifier: AlgorithmIdentifier): SignatureAlgorithm {
  const { family, digest } = rowOf(identifier);
  if (digest === undefined) throw new Refusal('algorithm-not-allowed', identifier.oid);
  return { family, digest };
}

/**
 * The algorithm of a SignerInfo, where the signature may be named by its key alone (rsaEncryption, or as KalkanCrypt
 * writes it): then the digest beside it counts. Throws `algorithm-not-allowed` and `digest-alg-mismatch`.
 */
export function signerAlgorithmOf(
  signature: AlgorithmIdentifier,
  digest: AlgorithmIdentifier,
): SignatureAlgorithm {
  const row = rowOf(signature);
  const named = digestByOid(digest.oid);
  if (named === undefined || digest.parameters !== undefined) {
    throw new Refusal('algorithm-not-allowed', digest.oid);
  }
  if (row.digest !== undefined ? row.digest !== named : !digestsOf[row.family].includes(named)) {
    throw new Refusal('digest-alg-mismatch', `${named} with ${signature.oid}`);
  }
  return { family: row.family, digest: named };
}

function rowOf(identifier: AlgorithmIdentifier): Row {
  const row = rows[identifier.oid];
  // None of these has parameters but NULL. RFC 5758 3.2, RFC 4055 5.
  if (row === undefined || identifier.parameters !== undefined) {
    throw new Refusal('algorithm-not-allowed', identifier.oid);
  }
  return row;
}

/** The object identifier that names the whole algorithm. */
export function signatureOid({ family, digest }: SignatureAlgorithm): string {
  for (const [oid, row] of Object.entries(rows)) {
    if (row.family === family && row.digest === digest) return oid;
  }
  throw new RangeError(`${digest} does not go with ${family}`);
}
