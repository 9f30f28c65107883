import { readAlgorithmIdentifier } from '../algorithms/algorithm-identifier.ts';
import { digestOids, type DigestName } from '../algorithms/digests.ts';
import { der } from '../asn1/der.ts';
import { Fields } from '../asn1/fields.ts';
import { readDer } from '../asn1/read-asn1.ts';
import { tags } from '../asn1/tags.ts';
import { booleanOf, integerBytes, octetsOf, oidOf, smallInteger } from '../asn1/values.ts';

export interface TimestampRequestParts {
  readonly digest: DigestName;
  readonly imprint: Uint8Array;
  /** Undefined: the authority's own. */
  readonly policy: string | undefined;
  /** The octets of an INTEGER. */
  readonly nonce: Uint8Array;
}

/** TimeStampReq that asks for the authority's certificate too, DER. RFC 3161 2.4.1. */
export function encodeTimestampRequest(request: TimestampRequestParts): Buffer {
  return der.sequence(
    der.integer(1),
    der.sequence(
      der.sequence(der.oid(digestOids[request.digest]), der.null()),
      der.octets(request.imprint),
    ),
    ...(request.policy === undefined ? [] : [der.oid(request.policy)]),
    der.integer(request.nonce),
    der.boolean(true),
  );
}

export interface ReadTimestampRequest {
  readonly imprintAlgorithm: string;
  readonly imprint: Uint8Array;
  readonly policy: string | undefined;
  readonly nonce: Uint8Array | undefined;
}

/** What an authority reads. Throws `parse`. */
export function readTimestampRequest(bytes: Uint8Array): ReadTimestampRequest {
  const fields = Fields.sequence(readDer(bytes), 'TimeStampReq');
  smallInteger(fields.next(), 'version');
  const imprint = Fields.sequence(fields.next(), 'messageImprint');
  const imprintAlgorithm = readAlgorithmIdentifier(imprint.next(), 'hashAlgorithm').oid;
  const hashed = octetsOf(imprint.next(), 'hashedMessage');
  const policy = fields.optional('universal', tags.oid);
  const nonce = fields.optional('universal', tags.integer);
  const certReq = fields.optional('universal', tags.boolean);
  if (certReq !== undefined) booleanOf(certReq, 'certReq');
  fields.optional('context', 0);
  fields.end();
  return {
    imprintAlgorithm,
    imprint: hashed,
    policy: policy && oidOf(policy, 'reqPolicy'),
    nonce: nonce && integerBytes(nonce, 'nonce'),
  };
}
