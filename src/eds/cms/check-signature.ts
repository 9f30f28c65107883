import { signerAlgorithmOf } from '../algorithms/signature-algorithms.ts';
import type { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import { Refusal } from '../refusal.ts';
import type { Certificate } from '../x509/certificate.ts';
import {
  checkContentType,
  checkMessageDigest,
  requireAttributes,
  type SignedAttributes,
} from './check-attributes.ts';
import type { SignedContent } from './content.ts';
import type { SignedData } from './signed-data.ts';
import type { SignerInfo } from './signer-info.ts';

/**
 * Whether the signer signed this content with the key of this certificate: signed attributes, algorithms, digest,
 * signature. Says nothing of whether the certificate is worth anything. Throws the first `Refusal`; what is cheap
 * comes first. RFC 5652 5.4 to 5.6, docs/eds.md steps 4 and 5.
 */
export async function checkSignature(
  verifier: SignatureVerifier,
  data: SignedData,
  signer: SignerInfo,
  certificate: Certificate,
  content: SignedContent,
): Promise<SignedAttributes> {
  const attributes = requireAttributes(signer);
  checkContentType(attributes, data.contentType);
  const algorithm = signerAlgorithmOf(signer.signatureAlgorithm, signer.digestAlgorithm);
  // RFC 5652 5.1: the list is there so that a reader can hash in one go.
  if (!data.digestAlgorithms.includes(signer.digestAlgorithm.oid)) {
    throw new Refusal('digest-alg-mismatch', 'not in digestAlgorithms');
  }
  await checkMessageDigest(attributes, algorithm.digest, content);
  const { publicKey } = certificate;
  if (publicKey.family !== algorithm.family) {
    throw new Refusal('algorithm-not-allowed', `${algorithm.family} with a key of another kind`);
  }
  if (!(await verifier.verify(publicKey, algorithm, attributes.bytes, signer.signature))) {
    throw new Refusal('signature-invalid');
  }
  return attributes;
}
