import { digestOf } from '../algorithms/digests.ts';
import { signatureAlgorithmOf } from '../algorithms/signature-algorithms.ts';
import type { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import { limits } from '../limits.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import type { VerifiedLinks } from '../trust/verified-links.ts';
import type { Certificate } from '../x509/certificate.ts';
import { isAbout } from './cert-id.ts';
import { type BasicOcspResponse, readOcspResponse, type SingleResponse } from './ocsp-response.ts';
import type { StatusAnswer, StatusQuestion } from './status-source.ts';

export interface OcspTools {
  readonly verifier: SignatureVerifier;
  readonly links: VerifiedLinks;
}

export interface OcspExpectation {
  /** The nonce that was sent; undefined when the answer was not asked for by us. */
  readonly nonce: Uint8Array | undefined;
  /** How old an answer without our nonce and without nextUpdate may be. */
  readonly freshMs: number;
}

/**
 * Whether an OCSP answer tells the status of a certificate, step by step: docs/eds.md step 10, RFC 6960 3.2. What is
 * wrong with the answer makes the status unknown, with the code of the first thing that is wrong.
 */
export async function checkOcsp(
  tools: OcspTools,
  bytes: Uint8Array,
  question: StatusQuestion,
  expected: OcspExpectation,
): Promise<StatusAnswer> {
  try {
    const { responseStatus, basic } = readOcspResponse(bytes);
    if (responseStatus !== 0 || basic === undefined) {
      throw new Refusal('ocsp-not-successful', `responseStatus ${responseStatus}`);
    }
    const single = findSingle(basic, question);
    await checkResponder(tools, basic, question.issuer);
    checkNonce(basic, expected);
    checkFreshness(basic, single, question, expected);
    return answerOf(single, bytes);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: 'unknown', reason: error.code, detail: error.detail };
  }
}

function findSingle(basic: BasicOcspResponse, question: StatusQuestion): SingleResponse {
  const about = basic.responses.filter((one) =>
    isAbout(one.certId, question.certificate, question.issuer),
  );
  const [single] = about;
  if (single === undefined || about.length > 1) throw new Refusal('ocsp-cert-id-mismatch');
  return single;
}

/** The responder is the issuer, or one to whom the issuer gave id-kp-OCSPSigning itself. RFC 6960 4.2.2.2. */
async function checkResponder(
  { verifier, links }: OcspTools,
  basic: BasicOcspResponse,
  issuer: Certificate,
): Promise<void> {
  const candidates = [issuer, ...basic.certificates].filter((one) => isNamed(basic, one));
  if (candidates.length === 0) throw new Refusal('ocsp-responder-untrusted', 'no such responder');
  for (const responder of candidates) {
    const algorithm = signatureAlgorithmOf(basic.signatureAlgorithm);
    if (!(await verifier.verify(responder.publicKey, algorithm, basic.tbs, basic.signature))) {
      continue;
    }
    if (!responder.equals(issuer)) await checkDelegate(links, responder, issuer, basic.producedAt);
    return;
  }
  throw new Refusal('ocsp-signature-invalid');
}

function isNamed({ responder }: BasicOcspResponse, certificate: Certificate): boolean {
  if ('name' in responder) {
    return Buffer.compare(responder.name.raw, certificate.subject.raw) === 0;
  }
  const hash = digestOf('sha1', certificate.publicKeyInfo.bits);
  return Buffer.compare(responder.keyHash, hash) === 0;
}

async function checkDelegate(
  links: VerifiedLinks,
  responder: Certificate,
  issuer: Certificate,
  producedAt: number,
): Promise<void> {
  const untrusted = (detail: string): Refusal => new Refusal('ocsp-responder-untrusted', detail);
  if (Buffer.compare(responder.issuer.raw, issuer.subject.raw) !== 0) {
    throw untrusted('of another issuer');
  }
  if (!responder.algorithmFieldsAgree || responder.unknownCriticalExtensions.length > 0) {
    throw untrusted('certificate');
  }
  if (!(await links.isSignedBy(responder, issuer))) throw untrusted('not signed by the issuer');
  if (!responder.extendedKeyUsage.includes(oids.ocspSigning)) throw untrusted('extKeyUsage');
  if (responder.keyUsage?.has('digitalSignature') === false) throw untrusted('keyUsage');
  // Without it the status of the responder would have to be asked of somebody. RFC 6960 4.2.2.2.1.
  if (!responder.extensions.has(oids.ocspNoCheck)) throw untrusted('no ocsp-nocheck');
  if (producedAt < responder.notBefore || producedAt > responder.notAfter) {
    throw untrusted('not valid when the answer was made');
  }
}

function checkNonce(basic: BasicOcspResponse, { nonce }: OcspExpectation): void {
  // RFC 8954 2.1: a responder may leave it out; then freshness is asked of the times.
  if (nonce === undefined || basic.nonce === undefined) return;
  if (Buffer.compare(nonce, basic.nonce) !== 0) throw new Refusal('ocsp-nonce-mismatch');
}

function checkFreshness(
  basic: BasicOcspResponse,
  { thisUpdate, nextUpdate }: SingleResponse,
  { now, reference }: StatusQuestion,
  { nonce, freshMs }: OcspExpectation,
): void {
  const latest = now + limits.clockSkewMs;
  if (thisUpdate > latest || basic.producedAt > latest) throw new Refusal('ocsp-in-future');
  if (nextUpdate !== undefined && nextUpdate >= now - limits.clockSkewMs) return;
  const isOurs = nonce !== undefined && basic.nonce !== undefined;
  if (nextUpdate === undefined && (isOurs || thisUpdate >= now - freshMs)) return;
  // An old answer still tells of a signature that was timestamped before it. EN 319 102-1 5.3.
  if (reference < now && thisUpdate >= reference) return;
  throw new Refusal('ocsp-stale', new Date(thisUpdate).toISOString());
}

function answerOf({ status, thisUpdate }: SingleResponse, bytes: Uint8Array): StatusAnswer {
  const source = {
    source: 'ocsp',
    thisUpdate,
    evidence: { kind: 'ocsp', response: bytes },
  } as const;
  switch (status.kind) {
    case 'good':
      return { status: 'good', ...source };
    case 'unknown':
      throw new Refusal('ocsp-status-unknown');
    case 'revoked': {
      // RFC 6960 2.2, extended-revoke: on hold since 1970 says that this number was never given out.
      const neverIssued = status.at === 0 && status.reason === 'certificateHold';
      return {
        status: 'revoked',
        ...source,
        revokedAt: status.at,
        reason: status.reason,
        neverIssued,
      };
    }
  }
}
