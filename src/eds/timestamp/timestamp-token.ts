import { readAlgorithmIdentifier } from '../algorithms/algorithm-identifier.ts';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { readAsn1, readDer } from '../asn1/read-asn1.ts';
import { tags } from '../asn1/tags.ts';
import { timeOf } from '../asn1/time-of.ts';
import { booleanOf, integerBytes, octetsOf, oidOf, smallInteger } from '../asn1/values.ts';
import { type SignedData, signedDataOf } from '../cms/signed-data.ts';
import { limits } from '../limits.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import { Extensions } from '../x509/extensions.ts';

/** TSTInfo, RFC 3161 2.4.2. */
export interface TimestampInfo {
  readonly policy: string;
  readonly imprintAlgorithm: string;
  readonly imprint: Uint8Array;
  readonly serial: Uint8Array;
  /** Milliseconds since 1970. */
  readonly genTime: number;
  readonly nonce: Uint8Array | undefined;
}

/** A timestamp: a CMS whose content is TSTInfo. */
export interface TimestampToken {
  readonly data: SignedData;
  readonly info: TimestampInfo;
}

/** Throws `tst-parse`. */
export function readTimestampToken(bytes: Uint8Array): TimestampToken {
  if (bytes.length > limits.timestampBytes) throw new Refusal('tst-parse', 'too large');
  return asTimestamp(() => {
    const data = signedDataOf(readAsn1(bytes));
    if (data.contentType !== oids.timestampInfo || data.content === undefined) {
      throw new Refusal('tst-parse', 'no TSTInfo');
    }
    if (data.signers.length !== 1) throw new Refusal('tst-parse', 'one signer expected');
    return { data, info: readInfo(readDer(data.content)) };
  });
}

/**
 * TimeStampResp, RFC 3161 2.4.2: the token, DER. Throws `tst-refused` when the authority gave none, with what it says
 * of why, and `tst-parse`.
 */
export function tokenOfResponse(bytes: Uint8Array): Uint8Array {
  if (bytes.length > limits.timestampBytes) throw new Refusal('tst-parse', 'too large');
  return asTimestamp(() => {
    const fields = Fields.sequence(readAsn1(bytes), 'TimeStampResp');
    const status = Fields.sequence(fields.next(), 'PKIStatusInfo');
    const code = smallInteger(status.next(), 'PKIStatus');
    const token = fields.rest();
    fields.end();
    // 0 granted, 1 granted with modifications: the caller compares what it got with what it asked.
    if (code > 1 || token === undefined) throw new Refusal('tst-refused', `PKIStatus ${code}`);
    return token.raw;
  });
}

function asTimestamp<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code.startsWith('tst-')) throw error;
    throw new Refusal('tst-parse', error.message, { cause: error });
  }
}

function readInfo(node: Asn1Node): TimestampInfo {
  const fields = Fields.sequence(node, 'TSTInfo');
  if (smallInteger(fields.next(), 'version') !== 1) throw new Refusal('parse', 'version');
  const policy = oidOf(fields.next(), 'policy');
  const imprint = Fields.sequence(fields.next(), 'messageImprint');
  const imprintAlgorithm = readAlgorithmIdentifier(imprint.next(), 'hashAlgorithm').oid;
  const hashed = octetsOf(imprint.next(), 'hashedMessage');
  imprint.end();
  const serial = integerBytes(fields.next(), 'serialNumber');
  const genTime = timeOf(fields.next(), 'genTime');
  fields.optional('universal', tags.sequence); // accuracy
  const ordering = fields.optional('universal', tags.boolean);
  if (ordering !== undefined) booleanOf(ordering, 'ordering');
  const nonce = fields.optional('universal', tags.integer);
  fields.optional('context', 0); // tsa: a hint
  const extensions = fields.optional('context', 1);
  fields.end();
  if (extensions !== undefined) {
    const [unknown] = Extensions.of(extensions.children, 'extensions').unknownCritical([]);
    if (unknown !== undefined) throw new Refusal('parse', `critical extension ${unknown}`);
  }
  return {
    policy,
    imprintAlgorithm,
    imprint: hashed,
    serial,
    genTime,
    nonce: nonce && integerBytes(nonce, 'nonce'),
  };
}
