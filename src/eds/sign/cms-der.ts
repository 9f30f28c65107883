import { digestOf } from '../algorithms/digests.ts';
import { der } from '../asn1/der.ts';
import { oids } from '../oids.ts';
import type { Certificate } from '../x509/certificate.ts';

/*
 * The parts of a CMS, encoded. They say nothing of what is good: tests build wrong ones of the same parts.
 */

export function attribute(oid: string, ...values: readonly Uint8Array[]): Buffer {
  return der.sequence(der.oid(oid), der.setOf(...values));
}

/** ESSCertIDv2 with its default, SHA-256; or ESSCertID with SHA-1. RFC 5035 3, 4. */
export function essAttribute(certificate: Certificate, v1 = false): Buffer {
  const hash = digestOf(v1 ? 'sha1' : 'sha256', certificate.der);
  const certs = der.sequence(der.sequence(der.octets(hash)));
  return attribute(v1 ? oids.signingCertificate : oids.signingCertificateV2, der.sequence(certs));
}

export function issuerAndSerial({ issuer, serial }: Certificate): Buffer {
  return der.sequence(issuer.raw, der.integer(serial));
}

export interface SignerInfoParts {
  readonly identifier: Uint8Array;
  readonly digest: Uint8Array;
  /** A SET of attributes, DER; undefined: none. */
  readonly attributes: Uint8Array | undefined;
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly unsigned: readonly Uint8Array[];
}

/** SignerInfo, RFC 5652 5.3. */
export function signerInfoDer(parts: SignerInfoParts): Buffer {
  // Issuer and number are a SEQUENCE and make version 1; a key identifier makes version 3.
  const version = parts.identifier[0] === 0x30 ? 1 : 3;
  return der.sequence(
    der.integer(version),
    parts.identifier,
    parts.digest,
    ...(parts.attributes === undefined ? [] : [implicit(parts.attributes, 0xa0)]),
    parts.algorithm,
    der.octets(parts.signature),
    ...(parts.unsigned.length === 0 ? [] : [implicit(der.setOf(...parts.unsigned), 0xa1)]),
  );
}

/** The same octets under `[n] IMPLICIT`. */
function implicit(set: Uint8Array, identifier: number): Buffer {
  const bytes = Buffer.from(set);
  bytes[0] = identifier;
  return bytes;
}

export interface SignedDataParts {
  readonly contentType: string;
  readonly content: Uint8Array | undefined;
  readonly digests: readonly Uint8Array[];
  readonly certificates: readonly Certificate[];
  readonly crls?: readonly Uint8Array[];
  readonly signerInfos: readonly Uint8Array[];
}

/** ContentInfo with SignedData, RFC 5652 3, 5.1. */
export function signedDataDer(parts: SignedDataParts): Buffer {
  const { contentType, content, crls = [] } = parts;
  const version = contentType === oids.data ? 1 : 3;
  return der.sequence(
    der.oid(oids.signedData),
    der.context(
      0,
      der.sequence(
        der.integer(version),
        der.setOf(...unique(parts.digests)),
        der.sequence(
          der.oid(contentType),
          ...(content === undefined ? [] : [der.context(0, der.octets(content))]),
        ),
        implicit(der.setOf(...unique(parts.certificates.map((one) => one.der))), 0xa0),
        ...(crls.length === 0 ? [] : [implicit(der.setOf(...crls), 0xa1)]),
        der.setOf(...parts.signerInfos),
      ),
    ),
  );
}

function unique(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const seen = new Map(parts.map((part) => [Buffer.from(part).toString('base64'), part] as const));
  return [...seen.values()];
}
