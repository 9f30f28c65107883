import type { DigestName } from '../algorithms/digests.ts';
import { der } from '../asn1/der.ts';
import { oids } from '../oids.ts';
import { digestIdentifier } from '../sign/algorithm-der.ts';
import { signCms } from '../sign/sign-cms.ts';
import type { Signer } from '../sign/signer.ts';

export interface TimestampRequest {
  readonly authority: Signer;
  readonly policy: string;
  readonly digest: DigestName;
  readonly imprint: Uint8Array;
  readonly genTime: number;
  readonly serial: bigint;
  /** The octets of an INTEGER. */
  readonly nonce?: Uint8Array | undefined;
}

/** A timestamp token, RFC 3161 2.4.2. */
export async function issueTimestamp(request: TimestampRequest): Promise<Buffer> {
  const info = der.sequence(
    der.integer(1),
    der.oid(request.policy),
    der.sequence(digestIdentifier(request.digest), der.octets(request.imprint)),
    der.integer(request.serial),
    der.generalizedTime(request.genTime),
    ...(request.nonce === undefined ? [] : [der.integer(request.nonce)]),
  );
  return signCms({
    content: info,
    contentType: oids.timestampInfo,
    detached: false,
    signers: [request.authority],
    signedAt: request.genTime,
    essV1: true,
  });
}

/** TimeStampResp that grants a token, RFC 3161 2.4.2. */
export function timestampResponse(token: Uint8Array): Buffer {
  return der.sequence(der.sequence(der.integer(0)), token);
}

/** TimeStampResp without a token: PKIStatus 2 rejection, and why by the bit of PKIFailureInfo. */
export function timestampRefusal(failure: number): Buffer {
  return der.sequence(der.sequence(der.integer(2), der.namedBits([failure])));
}
