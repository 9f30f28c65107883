import { der } from '../asn1/der.ts';
import { Fields } from '../asn1/fields.ts';
import { readDer } from '../asn1/read-asn1.ts';
import { octetsOf } from '../asn1/values.ts';
import { oids } from '../oids.ts';
import type { Certificate } from '../x509/certificate.ts';
import { Extensions } from '../x509/extensions.ts';
import { encodeCertId } from './cert-id.ts';

/** OCSPRequest for one certificate with a nonce, DER. RFC 6960 4.1.1, RFC 8954 2.1. */
export function encodeOcspRequest(
  certificate: Certificate,
  issuer: Certificate,
  nonce: Uint8Array,
): Buffer {
  const extension = der.sequence(der.oid(oids.ocspNonce), der.octets(der.octets(nonce)));
  return der.sequence(
    der.sequence(
      der.sequence(der.sequence(encodeCertId(certificate, issuer))),
      der.context(2, der.sequence(extension)),
    ),
  );
}

export interface OcspRequest {
  /** The CertIDs that are asked for, DER. */
  readonly certIds: readonly Uint8Array[];
  /** The octets of the numbers that are asked for. */
  readonly serials: readonly Uint8Array[];
  readonly nonce: Uint8Array | undefined;
}

/** What a responder reads. Throws `parse`. */
export function readOcspRequest(bytes: Uint8Array): OcspRequest {
  const outer = Fields.sequence(readDer(bytes), 'OCSPRequest');
  const tbs = Fields.sequence(outer.next(), 'TBSRequest');
  tbs.optional('context', 0);
  tbs.optional('context', 1);
  const list = tbs.next().children.map((one) => Fields.sequence(one, 'Request').next());
  const explicit = tbs.optional('context', 2);
  tbs.end();
  const extensions =
    explicit === undefined
      ? Extensions.none
      : Extensions.read(explicit.only('requestExtensions'), 'requestExtensions');
  const nonce = extensions.value(oids.ocspNonce);
  return {
    certIds: list.map((one) => one.raw),
    serials: list.map((one) => one.children[3]?.content ?? new Uint8Array()),
    nonce: nonce && octetsOf(nonce, 'nonce'),
  };
}
