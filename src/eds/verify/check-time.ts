import { limits } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import type { Certificate } from '../x509/certificate.ts';

export interface Moments {
  /** When the signature is known to have existed: of its timestamp, else now. */
  readonly reference: number;
  readonly now: number;
  /** What the signer says. */
  readonly claimed: number | undefined;
  /** Whether the certificate must be valid now as well: who logs in, does it now. */
  readonly validNow: boolean;
}

/** The signer's certificate at the moment that counts, which is never the one the signer says. docs/eds.md step 8. */
export function checkTime(certificate: Certificate, moments: Moments): void {
  const { reference, now, claimed, validNow } = moments;
  for (const moment of validNow ? [reference, now] : [reference]) {
    if (moment < certificate.notBefore) throw new Refusal('not-yet-valid');
    if (moment > certificate.notAfter) throw new Refusal('expired');
  }
  if (claimed !== undefined && claimed > reference + limits.clockSkewMs) {
    throw new Refusal('signing-time-in-future');
  }
}
