import type { ReasonCode } from '../reasons.ts';
import type { Certificate } from '../x509/certificate.ts';

/** CRLReason, RFC 5280 5.3.1, and the one that is told when none is. */
export const revocationReasons = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  8: 'removeFromCRL',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
} as const;
export type RevocationReason = (typeof revocationReasons)[keyof typeof revocationReasons];

export function revocationReason(code: number): RevocationReason | undefined {
  return (revocationReasons as Readonly<Record<number, RevocationReason>>)[code];
}

/** What is asked of a source: whether a certificate was good at a moment. */
export interface StatusQuestion {
  readonly certificate: Certificate;
  /** Who issued it: the next one of the chain. */
  readonly issuer: Certificate;
  /** The time of the verification. */
  readonly now: number;
  /** The moment that the signature is known to have existed: of its timestamp, else `now`. */
  readonly reference: number;
}

export type StatusAnswer =
  | {
      readonly status: 'good';
      readonly source: 'ocsp' | 'crl';
      /** As of when. */
      readonly thisUpdate: number;
      /** What it rests on, to be kept: the OCSP answer's octets, or the number of the CRL. */
      readonly evidence: StatusEvidence;
    }
  | {
      readonly status: 'revoked';
      readonly source: 'ocsp' | 'crl';
      readonly revokedAt: number;
      readonly reason: RevocationReason;
      /** RFC 6960 2.2: the authority never gave this number out. */
      readonly neverIssued: boolean;
      readonly thisUpdate: number;
      readonly evidence: StatusEvidence;
    }
  | { readonly status: 'unknown'; readonly reason: ReasonCode; readonly detail: string };

export type StatusEvidence =
  | { readonly kind: 'ocsp'; readonly response: Uint8Array }
  | { readonly kind: 'crl'; readonly number: string | undefined; readonly sha256: string };

/** One place to ask for the status of certificates. It never throws for what came from outside. */
export interface StatusSource {
  /** Whether a service has to be asked for each certificate: then it is asked only for what must be known. */
  readonly isRemote?: boolean;
  status(question: StatusQuestion): Promise<StatusAnswer>;
}
