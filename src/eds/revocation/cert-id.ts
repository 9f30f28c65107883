import { digestByOid, digestOf, digestOids } from '../algorithms/digests.ts';
import { der } from '../asn1/der.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { CertId } from './ocsp-response.ts';

/** Whether an answer is about this certificate of this issuer: names, key and number. RFC 6960 4.1.1. */
export function isAbout(certId: CertId, certificate: Certificate, issuer: Certificate): boolean {
  const digest = digestByOid(certId.hashAlgorithm);
  if (digest === undefined) return false;
  const { name, key } = hashes(digest, issuer);
  return (
    Buffer.compare(certId.serial, certificate.serial) === 0 &&
    Buffer.compare(certId.issuerNameHash, name) === 0 &&
    Buffer.compare(certId.issuerKeyHash, key) === 0
  );
}

/** CertID with SHA-256, DER. */
export function encodeCertId(certificate: Certificate, issuer: Certificate): Buffer {
  const { name, key } = hashes('sha256', issuer);
  return der.sequence(
    der.sequence(der.oid(digestOids.sha256), der.null()),
    der.octets(name),
    der.octets(key),
    der.integer(certificate.serial),
  );
}

function hashes(
  digest: Parameters<typeof digestOf>[0],
  issuer: Certificate,
): { readonly name: Uint8Array; readonly key: Uint8Array } {
  return {
    name: digestOf(digest, issuer.subject.raw),
    key: digestOf(digest, issuer.publicKeyInfo.bits),
  };
}
