import { Refusal } from '../refusal.ts';
import type { Certificate } from '../x509/certificate.ts';
import { isMeant, type SignerInfo } from './signer-info.ts';

/**
 * The certificate that a signer means, out of those that came along. Throws `signer-cert-missing`, also when two
 * different ones fit: whose signature it is must not depend on their order. RFC 5652 5.3, docs/eds.md step 2.
 */
export function findSigner(signer: SignerInfo, certificates: readonly Certificate[]): Certificate {
  const meant = certificates.filter((one) => isMeant(signer.identifier, one));
  const [first, ...others] = meant;
  if (first === undefined) throw new Refusal('signer-cert-missing');
  if (others.some((one) => !one.equals(first))) {
    throw new Refusal('signer-cert-missing', 'several fit');
  }
  return first;
}
