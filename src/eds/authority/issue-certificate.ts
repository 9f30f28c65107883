import { der } from '../asn1/der.ts';
import { oids } from '../oids.ts';
import { signatureIdentifier } from '../sign/algorithm-der.ts';
import type { SigningKey } from '../sign/signing-key.ts';
import { Certificate, type KeyUsage, keyUsages } from '../x509/certificate.ts';

/** What a certificate is to say. */
export interface CertificateRequest {
  readonly serial: Uint8Array;
  /** Names, DER. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyInfo: Uint8Array;
  /** Extensions, DER, from `extension` or one of those below. */
  readonly extensions: readonly Uint8Array[];
  /** The algorithm that the signed part names, when it is to be another one than that of the key. */
  readonly innerAlgorithm?: Uint8Array;
}

/** A certificate of version 3, RFC 5280 4.1. What it says is the caller's affair. */
export async function issueCertificate(
  request: CertificateRequest,
  issuer: SigningKey,
): Promise<Certificate> {
  const algorithm = signatureIdentifier(issuer.algorithm);
  const tbs = der.sequence(
    der.context(0, der.integer(2)),
    der.integer(request.serial),
    request.innerAlgorithm ?? algorithm,
    request.issuer,
    der.sequence(der.time(request.notBefore), der.time(request.notAfter)),
    request.subject,
    request.publicKeyInfo,
    der.context(3, der.sequence(...request.extensions)),
  );
  const signature = await issuer.sign(tbs);
  return new Certificate(der.sequence(tbs, algorithm, der.bits(signature)));
}

export function extension(oid: string, value: Uint8Array, critical = false): Buffer {
  const flag = critical ? [der.boolean(true)] : [];
  return der.sequence(der.oid(oid), ...flag, der.octets(value));
}

export const extensions = {
  basicConstraints: (authority: boolean, pathLength?: number): Buffer =>
    extension(
      oids.basicConstraints,
      der.sequence(
        ...(authority ? [der.boolean(true)] : []),
        ...(pathLength === undefined ? [] : [der.integer(pathLength)]),
      ),
      true,
    ),
  keyUsage: (...usages: readonly KeyUsage[]): Buffer =>
    extension(oids.keyUsage, der.namedBits(usages.map((one) => keyUsages.indexOf(one))), true),
  extendedKeyUsage: (usages: readonly string[], critical = false): Buffer =>
    extension(oids.extendedKeyUsage, der.sequence(...usages.map(der.oid)), critical),
  subjectKeyId: (id: Uint8Array): Buffer => extension(oids.subjectKeyIdentifier, der.octets(id)),
  authorityKeyId: (id: Uint8Array): Buffer =>
    extension(oids.authorityKeyIdentifier, der.sequence(der.contextPrimitive(0, id))),
  noCheck: (): Buffer => extension(oids.ocspNoCheck, der.null()),
} as const;
