import { readAlgorithmIdentifier } from '../algorithms/algorithm-identifier.ts';
import { digestByOid, type DigestName, digestOf } from '../algorithms/digests.ts';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { tags } from '../asn1/tags.ts';
import { integerBytes, octetsOf } from '../asn1/values.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { SignedAttributes } from './check-attributes.ts';

/**
 * The signed attribute that names the certificate by its hash, so that another one with the same key cannot take its
 * place: SigningCertificateV2, or the older form with SHA-1 that timestamps have. Returns false when there is none;
 * throws `ess-cert-mismatch`. RFC 5035 5.4, docs/eds.md step 6.
 */
export function checkEss({ attributes }: SignedAttributes, certificate: Certificate): boolean {
  const [v2] = attributes.values(oids.signingCertificateV2);
  const [v1] = attributes.values(oids.signingCertificate);
  if (v2 !== undefined) checkFirst(v2, certificate, 'sha256');
  if (v1 !== undefined) checkFirst(v1, certificate, 'sha1');
  return v1 !== undefined || v2 !== undefined;
}

/** SigningCertificate(V2) ::= SEQUENCE { certs SEQUENCE OF ESSCertID(v2), policies OPTIONAL }; the first is the signer's. */
function checkFirst(node: Asn1Node, certificate: Certificate, usual: DigestName): void {
  const certs = Fields.sequence(node, 'SigningCertificate').next();
  const id = Fields.sequence(Fields.sequence(certs, 'certs').next(), 'ESSCertID');
  const algorithm = usual === 'sha1' ? undefined : id.optional('universal', tags.sequence);
  const digest =
    algorithm === undefined
      ? usual
      : digestByOid(readAlgorithmIdentifier(algorithm, 'hashAlgorithm').oid);
  const hash = octetsOf(id.next(), 'certHash');
  const issuerSerial = id.rest();
  id.end();
  if (digest === undefined || (digest === 'sha1' && usual !== 'sha1')) {
    throw new Refusal('algorithm-not-allowed', 'ESSCertIDv2');
  }
  if (Buffer.compare(hash, digestOf(digest, certificate.der)) !== 0) {
    throw new Refusal('ess-cert-mismatch');
  }
  if (issuerSerial !== undefined) checkIssuerSerial(issuerSerial, certificate);
}

/** IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber }: one directoryName. RFC 5035 5.4.1. */
function checkIssuerSerial(node: Asn1Node, certificate: Certificate): void {
  const fields = Fields.sequence(node, 'IssuerSerial');
  const name = fields.next().only('issuer');
  const serial = integerBytes(fields.next(), 'serialNumber');
  fields.end();
  const directoryName = name.is('context', 4, true) ? name.only('directoryName') : undefined;
  const same =
    directoryName !== undefined &&
    Buffer.compare(directoryName.raw, certificate.issuer.raw) === 0 &&
    Buffer.compare(serial, certificate.serial) === 0;
  if (!same) throw new Refusal('ess-cert-mismatch', 'issuerSerial');
}
