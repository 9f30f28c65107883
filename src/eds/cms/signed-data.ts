import { readAlgorithmIdentifier } from '../algorithms/algorithm-identifier.ts';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { readAsn1 } from '../asn1/read-asn1.ts';
import { tags } from '../asn1/tags.ts';
import { octetsOf, oidOf, smallInteger } from '../asn1/values.ts';
import { limits } from '../limits.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import { Certificate } from '../x509/certificate.ts';
import { readSignerInfo, type SignerInfo } from './signer-info.ts';

/** SignedData within ContentInfo, RFC 5652 3, 5.1. */
export interface SignedData {
  /** The identifiers in digestAlgorithms. */
  readonly digestAlgorithms: readonly string[];
  readonly contentType: string;
  /** Undefined: detached. */
  readonly content: Uint8Array | undefined;
  readonly certificates: readonly Certificate[];
  /** CRLs that came along, DER. */
  readonly crls: readonly Uint8Array[];
  readonly signers: readonly SignerInfo[];
}

/** Reads a CMS, DER or BER. Throws `parse`, `trailing-data` and `too-large`. */
export function readSignedData(bytes: Uint8Array): SignedData {
  return signedDataOf(readAsn1(bytes));
}

export function signedDataOf(node: Asn1Node): SignedData {
  const info = Fields.sequence(node, 'ContentInfo');
  const type = oidOf(info.next(), 'contentType');
  const explicit = info.optional('context', 0);
  info.end();
  if (type !== oids.signedData || explicit === undefined) {
    throw new Refusal('parse', 'not signed data');
  }
  const fields = Fields.sequence(explicit.only('content'), 'SignedData');
  const version = smallInteger(fields.next(), 'SignedData.version');
  const digests = setOf(fields.next(), 'digestAlgorithms');
  const { contentType, content } = readEncapsulated(fields.next());
  const bag = fields.optional('context', 0);
  const crls = fields.optional('context', 1);
  const signers = setOf(fields.next(), 'signerInfos');
  fields.end();
  // RFC 5652 5.1 has 1, 3, 4 and 5; which one it should be is written wrong by many programs.
  if (version < 1 || version === 2 || version > 5) throw new Refusal('parse', 'SignedData.version');
  if (signers.length > limits.signers) throw new Refusal('too-large', 'signers');
  return {
    digestAlgorithms: digests.map((one) => readAlgorithmIdentifier(one, 'digestAlgorithms').oid),
    contentType,
    content,
    certificates: bag === undefined ? [] : readCertificates(bag),
    crls: crls === undefined ? [] : readCrls(crls),
    signers: signers.map(readSignerInfo),
  };
}

function setOf(node: Asn1Node, what: string): readonly Asn1Node[] {
  if (!node.is('universal', tags.set, true)) throw new Refusal('parse', `${what}: not a set`);
  return node.children;
}

function readEncapsulated(node: Asn1Node): Pick<SignedData, 'contentType' | 'content'> {
  const fields = Fields.sequence(node, 'encapContentInfo');
  const contentType = oidOf(fields.next(), 'eContentType');
  const explicit = fields.optional('context', 0);
  fields.end();
  const content = explicit && octetsOf(explicit.only('eContent'), 'eContent');
  return { contentType, content };
}

/** CertificateChoices: attribute certificates and their like have context tags, and nothing here uses them. */
function readCertificates(node: Asn1Node): readonly Certificate[] {
  if (!node.constructed) throw new Refusal('parse', 'certificates');
  if (node.children.length > limits.certificates) throw new Refusal('too-large', 'certificates');
  return node.children
    .filter((child) => child.tagClass === 'universal')
    .map((child) => new Certificate(child.raw));
}

function readCrls(node: Asn1Node): readonly Uint8Array[] {
  if (!node.constructed) throw new Refusal('parse', 'crls');
  if (node.children.length > limits.embeddedStatuses) throw new Refusal('too-large', 'crls');
  return node.children.filter((child) => child.tagClass === 'universal').map((child) => child.raw);
}
