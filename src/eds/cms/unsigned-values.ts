import { der } from '../asn1/der.ts';
import { Fields } from '../asn1/fields.ts';
import { limits } from '../limits.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import { Certificate } from '../x509/certificate.ts';
import type { SignerInfo } from './signer-info.ts';

/** Signature timestamps of a signer, each a token. ETSI EN 319 122-1 5.3. */
export function signatureTimestamps(signer: SignerInfo): readonly Uint8Array[] {
  const values = signer.unsignedAttributes?.values(oids.signatureTimestamp) ?? [];
  if (values.length > limits.timestamps) throw new Refusal('too-large', 'timestamps');
  return values.map((value) => value.raw);
}

/** CertificateValues ::= SEQUENCE OF Certificate, ETSI EN 319 122-1 A.1.1.2. */
export function certificateValues(signer: SignerInfo): readonly Certificate[] {
  const values = signer.unsignedAttributes?.values(oids.certificateValues) ?? [];
  const nodes = values.flatMap((value) => value.children);
  if (nodes.length > limits.certificateValues) throw new Refusal('too-large', 'certificate values');
  return nodes.map((node) => new Certificate(node.raw));
}

export interface RevocationValues {
  /** DER. */
  readonly crls: readonly Uint8Array[];
  /** OCSPResponse, DER. */
  readonly ocspResponses: readonly Uint8Array[];
}

/**
 * RevocationValues ::= SEQUENCE { crlVals [0] SEQUENCE OF CertificateList OPTIONAL, ocspVals [1] SEQUENCE OF
 * BasicOCSPResponse OPTIONAL, otherRevVals [2] OPTIONAL }, ETSI EN 319 122-1 A.1.2.2.
 */
export function revocationValues(signer: SignerInfo): RevocationValues {
  const crls: Uint8Array[] = [];
  const ocspResponses: Uint8Array[] = [];
  for (const value of signer.unsignedAttributes?.values(oids.revocationValues) ?? []) {
    const fields = Fields.sequence(value, 'RevocationValues');
    const crlVals = fields.optional('context', 0)?.only('crlVals').children ?? [];
    const ocspVals = fields.optional('context', 1)?.only('ocspVals').children ?? [];
    crls.push(...crlVals.map((one) => one.raw));
    ocspResponses.push(...ocspVals.map((one) => ocspResponse(one.raw)));
  }
  return { crls, ocspResponses };
}

/** A basic answer in the envelope that responders send it in. RFC 6960 4.2.1. */
function ocspResponse(basic: Uint8Array): Uint8Array {
  return der.sequence(
    der.enumerated(0),
    der.context(0, der.sequence(der.oid(oids.ocspBasic), der.octets(basic))),
  );
}
