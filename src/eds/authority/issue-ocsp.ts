import { der } from '../asn1/der.ts';
import { oids } from '../oids.ts';
import { type RevocationReason, revocationReasons } from '../revocation/status-source.ts';
import { signatureIdentifier } from '../sign/algorithm-der.ts';
import type { Signer } from '../sign/signer.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extension } from './issue-certificate.ts';

export type OcspStatus =
  'good' | 'unknown' | { readonly revokedAt: number; readonly reason: RevocationReason };

export interface OcspRequestedStatus {
  /** CertID, DER: as it was asked, or from `encodeCertId`. */
  readonly certId: Uint8Array;
  readonly status: OcspStatus;
  readonly thisUpdate: number;
  readonly nextUpdate?: number;
}

export interface OcspAnswerRequest {
  readonly responder: Signer;
  readonly producedAt: number;
  readonly responses: readonly OcspRequestedStatus[];
  /** What was asked with. */
  readonly nonce?: Uint8Array | undefined;
  /** ResponderID, DER, when it is not to be the responder's name. */
  readonly responderId?: Uint8Array;
  /** Certificates that go along; the responder's own when left out. */
  readonly certificates?: readonly Certificate[];
}

/** OCSPResponse with a BasicOCSPResponse, RFC 6960 4.2.1. */
export async function issueOcsp(request: OcspAnswerRequest): Promise<Buffer> {
  const basic = await issueBasicOcsp(request);
  return der.sequence(
    der.enumerated(0),
    der.context(0, der.sequence(der.oid(oids.ocspBasic), der.octets(basic))),
  );
}

/** BasicOCSPResponse alone, as a long-term signature has it within. */
export async function issueBasicOcsp(request: OcspAnswerRequest): Promise<Buffer> {
  const { responder, nonce } = request;
  const data = der.sequence(
    request.responderId ?? der.context(1, responder.certificate.subject.raw),
    der.generalizedTime(request.producedAt),
    der.sequence(...request.responses.map(singleDer)),
    ...(nonce === undefined
      ? []
      : [der.context(1, der.sequence(extension(oids.ocspNonce, der.octets(nonce))))]),
  );
  const certificates = request.certificates ?? [responder.certificate];
  return der.sequence(
    data,
    signatureIdentifier(responder.key.algorithm),
    der.bits(await responder.key.sign(data)),
    ...(certificates.length === 0
      ? []
      : [der.context(0, der.sequence(...certificates.map((one) => one.der)))]),
  );
}

/** An answer that is only a refusal: 1 malformedRequest, 2 internalError, 3 tryLater, 6 unauthorized. RFC 6960 2.3. */
export function ocspRefusal(responseStatus: number): Buffer {
  return der.sequence(der.enumerated(responseStatus));
}

function singleDer(single: OcspRequestedStatus): Buffer {
  return der.sequence(
    single.certId,
    statusDer(single.status),
    der.generalizedTime(single.thisUpdate),
    ...(single.nextUpdate === undefined
      ? []
      : [der.context(0, der.generalizedTime(single.nextUpdate))]),
  );
}

function statusDer(status: OcspStatus): Buffer {
  if (status === 'good') return der.contextPrimitive(0, Buffer.alloc(0));
  if (status === 'unknown') return der.contextPrimitive(2, Buffer.alloc(0));
  const code = Object.entries(revocationReasons).find(([, name]) => name === status.reason)?.[0];
  return der.context(
    1,
    der.generalizedTime(status.revokedAt),
    der.context(0, der.enumerated(Number(code ?? 0))),
  );
}
