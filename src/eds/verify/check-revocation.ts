import type { ReasonCode } from '../reasons.ts';
import type { StatusAnswer, StatusQuestion, StatusSource } from '../revocation/status-source.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { RevocationPolicy } from './policy.ts';

export interface RevocationFinding {
  readonly reasons: readonly ReasonCode[];
  readonly details: readonly string[];
  readonly answer: StatusAnswer | undefined;
}

export interface RevocationMoments {
  readonly now: number;
  /** When the signature is known to have existed; `now` without a timestamp. */
  readonly reference: number;
}

/**
 * The status of the first certificate of a chain, from the first source that knows it. Silence is never taken for
 * good: docs/eds.md steps 10 and 11. A revocation counts from whenever it says, unless the signature is older by its
 * timestamp and the key stayed its owner's.
 */
export async function checkRevocation(
  [certificate, issuer]: readonly Certificate[],
  sources: readonly StatusSource[],
  policy: RevocationPolicy,
  moments: RevocationMoments,
): Promise<RevocationFinding> {
  if (certificate === undefined || issuer === undefined) {
    return { reasons: [], details: [], answer: undefined };
  }
  const { answer, failures } = await ask(sources, { certificate, issuer, ...moments });
  if (answer === undefined) {
    const codes = failures.map((one) => one.reason);
    return {
      reasons: [...new Set<ReasonCode>(['revocation-unknown', ...codes])],
      details: failures.filter((one) => one.detail !== '').map((one) => one.detail),
      answer: { status: 'unknown', reason: codes[0] ?? 'revocation-unknown', detail: '' },
    };
  }
  return { reasons: reasonsOf(answer, policy, moments), details: [], answer };
}

type Known = Exclude<StatusAnswer, { readonly status: 'unknown' }>;
type Unknown = Extract<StatusAnswer, { readonly status: 'unknown' }>;

async function ask(
  sources: readonly StatusSource[],
  question: StatusQuestion,
): Promise<{ readonly answer: Known | undefined; readonly failures: readonly Unknown[] }> {
  const failures: Unknown[] = [];
  for (const source of sources) {
    const answer = await source.status(question);
    if (answer.status !== 'unknown') return { answer, failures };
    failures.push(answer);
  }
  return { answer: undefined, failures };
}

function reasonsOf(
  answer: Known,
  { harmlessLater }: RevocationPolicy,
  { now, reference }: RevocationMoments,
): readonly ReasonCode[] {
  if (answer.status === 'good') return [];
  if (answer.neverIssued) return ['never-issued'];
  const isOlder = reference < now && reference < answer.revokedAt;
  return isOlder && harmlessLater.includes(answer.reason) ? [] : ['revoked'];
}
