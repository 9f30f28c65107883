import {
  type AlgorithmIdentifier,
  readAlgorithmIdentifier,
} from '../algorithms/algorithm-identifier.ts';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { tags } from '../asn1/tags.ts';
import { implicitOctetsOf, integerBytes, octetsOf, smallInteger } from '../asn1/values.ts';
import { Refusal } from '../refusal.ts';
import type { Certificate } from '../x509/certificate.ts';
import { type Name, readName } from '../x509/name.ts';
import { Attributes } from './attributes.ts';

/** Which certificate a signer means. RFC 5652 5.3. */
export type SignerIdentifier =
  { readonly issuer: Name; readonly serial: Uint8Array } | { readonly subjectKeyId: Uint8Array };

/** SignerInfo, RFC 5652 5.3. */
export interface SignerInfo {
  readonly identifier: SignerIdentifier;
  readonly digestAlgorithm: AlgorithmIdentifier;
  /** Undefined: there are none, and the signature would be over the content itself. */
  readonly signedAttributes: Attributes | undefined;
  /** What the signature is over: the signed attributes as a SET. RFC 5652 5.4. */
  readonly signedBytes: Uint8Array | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly unsignedAttributes: Attributes | undefined;
}

export function readSignerInfo(node: Asn1Node): SignerInfo {
  const fields = Fields.sequence(node, 'SignerInfo');
  const version = smallInteger(fields.next(), 'SignerInfo.version');
  const identifier = readIdentifier(fields.next(), version);
  const digestAlgorithm = readAlgorithmIdentifier(fields.next(), 'digestAlgorithm');
  const signed = fields.optional('context', 0);
  const signatureAlgorithm = readAlgorithmIdentifier(fields.next(), 'signatureAlgorithm');
  const signature = octetsOf(fields.next(), 'signature');
  const unsigned = fields.optional('context', 1);
  fields.end();
  return {
    identifier,
    digestAlgorithm,
    signedAttributes: signed && readSigned(signed),
    signedBytes: signed && asSet(signed),
    signatureAlgorithm,
    signature,
    unsignedAttributes: unsigned && readUnsigned(unsigned),
  };
}

/** Version 1 goes with issuer and number, 3 with the key identifier. */
function readIdentifier(node: Asn1Node, version: number): SignerIdentifier {
  if (node.is('universal', tags.sequence, true) && version === 1) {
    const fields = Fields.sequence(node, 'issuerAndSerialNumber');
    const issuer = readName(fields.next(), 'issuer');
    const serial = integerBytes(fields.next(), 'serialNumber');
    fields.end();
    return { issuer, serial };
  }
  if (node.tagClass === 'context' && version === 3) {
    return { subjectKeyId: implicitOctetsOf(node, 0, 'subjectKeyIdentifier') };
  }
  throw new Refusal('parse', 'SignerInfo: version and sid do not go together');
}

function readSigned(node: Asn1Node): Attributes {
  // RFC 5652 5.3: DER, even where the rest is BER, since this is what the signature is over.
  if (!node.constructed || !node.definite) throw new Refusal('parse', 'signedAttrs: not DER');
  return new Attributes(node, 'signedAttrs');
}

function readUnsigned(node: Asn1Node): Attributes {
  if (!node.constructed) throw new Refusal('parse', 'unsignedAttrs');
  return new Attributes(node, 'unsignedAttrs');
}

/** RFC 5652 5.4: the implicit tag [0] becomes that of a SET OF; the length stays. */
function asSet(node: Asn1Node): Uint8Array {
  const bytes = Uint8Array.from(node.raw);
  bytes[0] = 0x31;
  return bytes;
}

/** Whether the certificate is the one the signer means. */
export function isMeant(identifier: SignerIdentifier, certificate: Certificate): boolean {
  if ('subjectKeyId' in identifier) {
    const { subjectKeyId } = certificate;
    return (
      subjectKeyId !== undefined && Buffer.compare(identifier.subjectKeyId, subjectKeyId) === 0
    );
  }
  return (
    Buffer.compare(identifier.serial, certificate.serial) === 0 &&
    Buffer.compare(identifier.issuer.raw, certificate.issuer.raw) === 0
  );
}
