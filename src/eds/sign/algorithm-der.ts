import { type DigestName, digestOids } from '../algorithms/digests.ts';
import { type SignatureAlgorithm, signatureOid } from '../algorithms/signature-algorithms.ts';
import { der } from '../asn1/der.ts';

/** AlgorithmIdentifier of a digest, with NULL as the National CA and OpenSSL write it. */
export function digestIdentifier(digest: DigestName): Buffer {
  return der.sequence(der.oid(digestOids[digest]), der.null());
}

/** AlgorithmIdentifier of a signature. RFC 5758 3.2: ECDSA has no parameters, the others have NULL. */
export function signatureIdentifier(algorithm: SignatureAlgorithm): Buffer {
  const oid = der.oid(signatureOid(algorithm));
  return algorithm.family === 'ecdsa' ? der.sequence(oid) : der.sequence(oid, der.null());
}
