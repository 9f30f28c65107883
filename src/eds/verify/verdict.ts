import { type ReasonCode, reasons } from '../reasons.ts';
import type { StatusAnswer } from '../revocation/status-source.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { Role } from '../x509/roles.ts';

/** What was found of a signed file. It is data: nothing is thrown for what a stranger sent. */
export interface Verdict {
  /** All signers are good, and there is at least one. */
  readonly valid: boolean;
  /** Of the file, then of its signers; each once. Empty when it is valid. */
  readonly reasons: readonly ReasonCode[];
  readonly signers: readonly SignerVerdict[];
}

export interface SignerVerdict {
  /** Empty when this signer is good. */
  readonly reasons: readonly ReasonCode[];
  /** More about the reasons, for who looks into the file. No words of the file are in it. */
  readonly details: readonly string[];
  /** Of the certificate of this SignerInfo, when it names exactly one. Worth something only without reasons. */
  readonly iin: string | undefined;
  readonly bin: string | undefined;
  readonly roles: readonly Role[];
  readonly certificate: Certificate | undefined;
  /** From the certificate to a root, both included; empty when there is no way. */
  readonly chain: readonly Certificate[];
  /** What the signer says, milliseconds since 1970. */
  readonly signedAt: number | undefined;
  /** What a timestamp authority says: the first of them, all being good. */
  readonly timestamp: TimestampVerdict | undefined;
  /** The status of the signer's certificate; undefined when it was not asked. */
  readonly revocation: StatusAnswer | undefined;
}

export interface TimestampVerdict {
  readonly time: number;
  readonly policy: string;
  readonly authority: Certificate;
}

/** Whether nothing is wrong but that the status could not be learned: another time the answer may be another one. */
export function isUndecided(verdict: Verdict): boolean {
  return (
    verdict.reasons.length > 0 && verdict.reasons.every((code) => reasons[code].kind === 'unknown')
  );
}
