import {
  type AlgorithmIdentifier,
  readAlgorithmIdentifier,
} from '../algorithms/algorithm-identifier.ts';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { readDer } from '../asn1/read-asn1.ts';
import { tags } from '../asn1/tags.ts';
import { timeOf } from '../asn1/time-of.ts';
import { integerBytes, octetsOf, oidOf, smallInteger, wholeBits } from '../asn1/values.ts';
import { limits } from '../limits.ts';
import { oids } from '../oids.ts';
import { Refusal, refuseAs } from '../refusal.ts';
import { Certificate } from '../x509/certificate.ts';
import { Extensions } from '../x509/extensions.ts';
import { type Name, readName } from '../x509/name.ts';
import { type RevocationReason, revocationReason } from './status-source.ts';

/** CertID, RFC 6960 4.1.1. */
export interface CertId {
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serial: Uint8Array;
}

export type OcspCertStatus =
  | { readonly kind: 'good' }
  | { readonly kind: 'revoked'; readonly at: number; readonly reason: RevocationReason }
  | { readonly kind: 'unknown' };

export interface SingleResponse {
  readonly certId: CertId;
  readonly status: OcspCertStatus;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
}

/** BasicOCSPResponse, RFC 6960 4.2.1. */
export interface BasicOcspResponse {
  /** What is signed. */
  readonly tbs: Uint8Array;
  /** The responder by its name, or by the SHA-1 of its key. */
  readonly responder: { readonly name: Name } | { readonly keyHash: Uint8Array };
  readonly producedAt: number;
  readonly responses: readonly SingleResponse[];
  /** The octets inside of the extension's OCTET STRING: what was asked with. */
  readonly nonce: Uint8Array | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly certificates: readonly Certificate[];
}

/** OCSPResponse: what the responder says of itself, and its answer when it says `successful` (0). RFC 6960 4.2.1. */
export interface OcspResponse {
  readonly responseStatus: number;
  readonly basic: BasicOcspResponse | undefined;
}

/** Throws `ocsp-parse`. */
export function readOcspResponse(bytes: Uint8Array): OcspResponse {
  return refuseAs('ocsp-parse', () => {
    if (bytes.length > limits.ocspBytes) throw new Refusal('ocsp-parse', 'too large');
    let node: Asn1Node;
    try {
      node = readDer(bytes);
    } catch (error) {
      if (error instanceof Refusal) throw new Refusal('ocsp-parse', error.detail, { cause: error });
      throw error;
    }
    return responseOf(node);
  });
}

/** BasicOCSPResponse out of an answer that was found good: what a signature keeps of it. */
export function basicOcspOf(bytes: Uint8Array): Uint8Array {
  const { response } = envelopeOf(readDer(bytes));
  if (response === undefined) throw new Refusal('ocsp-parse', 'no answer');
  return response;
}

function responseOf(node: Asn1Node): OcspResponse {
  const { responseStatus, response } = envelopeOf(node);
  return { responseStatus, basic: response && readBasic(readDer(response)) };
}

/** OCSPResponse ::= SEQUENCE { responseStatus, responseBytes [0] EXPLICIT OPTIONAL }: the octets of the basic answer. */
function envelopeOf(node: Asn1Node): {
  readonly responseStatus: number;
  readonly response: Uint8Array | undefined;
} {
  const fields = Fields.sequence(node, 'OCSPResponse');
  const responseStatus = smallInteger(fields.next(), 'responseStatus', tags.enumerated);
  const explicit = fields.optional('context', 0);
  fields.end();
  if (explicit === undefined) return { responseStatus, response: undefined };
  const bytes = Fields.sequence(explicit.only('responseBytes'), 'ResponseBytes');
  const type = oidOf(bytes.next(), 'responseType');
  const response = octetsOf(bytes.next(), 'response');
  bytes.end();
  if (type !== oids.ocspBasic) throw new Refusal('parse', 'not a basic OCSP response');
  return { responseStatus, response };
}

function readBasic(node: Asn1Node): BasicOcspResponse {
  const fields = Fields.sequence(node, 'BasicOCSPResponse');
  const tbs = fields.next();
  const signatureAlgorithm = readAlgorithmIdentifier(fields.next(), 'signatureAlgorithm');
  const signature = wholeBits(fields.next(), 'signature');
  const bag = fields.optional('context', 0);
  fields.end();
  const certificates = bag === undefined ? [] : bag.only('certs').children;
  if (certificates.length > limits.certificates) throw new Refusal('parse', 'certs: too many');

  const data = Fields.sequence(tbs, 'ResponseData');
  // Version 1 is the only one, and as the default DER leaves it out.
  if (data.optional('context', 0) !== undefined) throw new Refusal('parse', 'ResponseData.version');
  const responder = readResponder(data.next());
  const producedAt = timeOf(data.next(), 'producedAt');
  const responses = Fields.sequence(data.next(), 'responses');
  const singles: SingleResponse[] = [];
  for (let one = responses.rest(); one !== undefined; one = responses.rest()) {
    singles.push(readSingle(one));
  }
  const explicit = data.optional('context', 1);
  data.end();
  const extensions =
    explicit === undefined
      ? Extensions.none
      : Extensions.read(explicit.only('responseExtensions'), 'responseExtensions');
  const [unknown] = extensions.unknownCritical([oids.ocspNonce]);
  if (unknown !== undefined) throw new Refusal('parse', `critical extension ${unknown}`);
  const nonce = extensions.value(oids.ocspNonce);
  return {
    tbs: tbs.raw,
    responder,
    producedAt,
    responses: singles,
    nonce: nonce && octetsOf(nonce, 'nonce'),
    signatureAlgorithm,
    signature,
    certificates: certificates.map((one) => new Certificate(one.raw)),
  };
}

function readResponder(node: Asn1Node): BasicOcspResponse['responder'] {
  if (node.is('context', 1, true)) return { name: readName(node.only('byName'), 'byName') };
  if (node.is('context', 2, true)) return { keyHash: octetsOf(node.only('byKey'), 'byKey') };
  throw new Refusal('parse', 'ResponderID');
}

function readSingle(node: Asn1Node): SingleResponse {
  const fields = Fields.sequence(node, 'SingleResponse');
  const certId = readCertId(fields.next());
  const status = readStatus(fields.next());
  const thisUpdate = timeOf(fields.next(), 'thisUpdate');
  const next = fields.optional('context', 0);
  const explicit = fields.optional('context', 1);
  fields.end();
  if (explicit !== undefined) {
    const extensions = Extensions.read(explicit.only('singleExtensions'), 'singleExtensions');
    const [unknown] = extensions.unknownCritical([]);
    if (unknown !== undefined) throw new Refusal('parse', `critical extension ${unknown}`);
  }
  return {
    certId,
    status,
    thisUpdate,
    nextUpdate: next && timeOf(next.only('nextUpdate'), 'nextUpdate'),
  };
}

function readCertId(node: Asn1Node): CertId {
  const fields = Fields.sequence(node, 'CertID');
  const hashAlgorithm = readAlgorithmIdentifier(fields.next(), 'hashAlgorithm').oid;
  const issuerNameHash = octetsOf(fields.next(), 'issuerNameHash');
  const issuerKeyHash = octetsOf(fields.next(), 'issuerKeyHash');
  const serial = integerBytes(fields.next(), 'serialNumber');
  fields.end();
  return { hashAlgorithm, issuerNameHash, issuerKeyHash, serial };
}

/** CertStatus ::= CHOICE { good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL }. */
function readStatus(node: Asn1Node): OcspCertStatus {
  if (node.is('context', 0) && node.content.length === 0) return { kind: 'good' };
  if (node.is('context', 2) && node.content.length === 0) return { kind: 'unknown' };
  if (!node.is('context', 1, true)) throw new Refusal('parse', 'certStatus');
  const fields = new Fields(node, 'RevokedInfo');
  const at = timeOf(fields.next(), 'revocationTime');
  const explicit = fields.optional('context', 0);
  fields.end();
  const code =
    explicit === undefined
      ? 0
      : smallInteger(explicit.only('revocationReason'), 'revocationReason', tags.enumerated);
  const reason = revocationReason(code);
  if (reason === undefined) throw new Refusal('parse', 'revocationReason');
  return { kind: 'revoked', at, reason };
}
