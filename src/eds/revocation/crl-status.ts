import { limits } from '../limits.ts';
import type { ReasonCode } from '../reasons.ts';
import type { CrlIndex } from './crl-index.ts';
import type { StatusAnswer, StatusQuestion } from './status-source.ts';

/**
 * What the lists of an issuer say of a certificate: docs/eds.md step 11, RFC 5280 6.3.3. A delta list counts only on
 * the list that it goes with. A list says `revoked` however old it is; it says `good` only while it is in force, or
 * when it is younger than a signature that was timestamped, and only of certificates that had not ended: those leave it.
 */
export async function crlStatus(
  lists: readonly CrlIndex[],
  question: StatusQuestion,
): Promise<StatusAnswer> {
  const { certificate, now } = question;
  const isAuthority = certificate.basicConstraints?.authority === true;
  const usable = lists.filter(
    ({ meta }) => meta.scope === 'all' || (meta.scope === 'authorities') === isAuthority,
  );
  const bases = usable
    .filter(({ meta }) => meta.deltaBase === undefined)
    .toSorted((a, b) => b.meta.thisUpdate - a.meta.thisUpdate);
  let worst: ReasonCode = lists.length > usable.length ? 'crl-scope' : 'revocation-unknown';
  for (const base of bases) {
    if (base.meta.thisUpdate > now + limits.clockSkewMs) {
      worst = 'crl-in-future';
      continue;
    }
    const delta = bestDelta(base, usable, now);
    const answer = await statusOn(base, delta, question);
    if (answer.status !== 'unknown') return answer;
    worst = answer.reason;
  }
  return { status: 'unknown', reason: worst, detail: '' };
}

/** The newest delta list for a base: base number of the delta ≤ number of the base < number of the delta. */
function bestDelta(base: CrlIndex, lists: readonly CrlIndex[], now: number): CrlIndex | undefined {
  const number = base.meta.number;
  if (number === undefined) return undefined;
  return lists
    .filter(({ meta }) => {
      if (meta.deltaBase === undefined || meta.number === undefined) return false;
      const fits = BigInt(meta.deltaBase) <= BigInt(number) && BigInt(number) < BigInt(meta.number);
      return fits && meta.thisUpdate <= now + limits.clockSkewMs;
    })
    .toSorted((a, b) => b.meta.thisUpdate - a.meta.thisUpdate)[0];
}

async function statusOn(
  base: CrlIndex,
  delta: CrlIndex | undefined,
  question: StatusQuestion,
): Promise<StatusAnswer> {
  const { serial } = question.certificate;
  const later = await delta?.find(serial);
  const entry =
    later?.reason === 'removeFromCRL' ? undefined : (later ?? (await base.find(serial)));
  const { meta } = later === undefined || delta === undefined ? base : delta;
  const source = {
    source: 'crl',
    thisUpdate: meta.thisUpdate,
    evidence: { kind: 'crl', number: meta.number, sha256: meta.sha256 },
  } as const;
  if (entry !== undefined && entry.reason !== 'removeFromCRL') {
    const { revokedAt, reason } = entry;
    return { status: 'revoked', ...source, revokedAt, reason, neverIssued: false };
  }
  const wrong = goodReason(base, question) ?? (delta && later && goodReason(delta, question));
  if (wrong !== undefined) return { status: 'unknown', reason: wrong, detail: '' };
  return { status: 'good', ...source };
}

/** Why a list without the certificate does not say that it is good. */
function goodReason(
  { meta }: CrlIndex,
  { certificate, now, reference }: StatusQuestion,
): ReasonCode | undefined {
  const { thisUpdate, nextUpdate, expiredSince } = meta;
  const inForce = nextUpdate !== undefined && nextUpdate >= now;
  const youngerThanSignature = reference < now && thisUpdate >= reference;
  if (!inForce && !youngerThanSignature) return 'crl-stale';
  const keepsExpired = expiredSince !== undefined && expiredSince <= certificate.notAfter;
  if (thisUpdate > certificate.notAfter && !keepsExpired) return 'crl-after-expiry';
  return undefined;
}
