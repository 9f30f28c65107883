import type { StatusSource } from '../../../src/eds/revocation/status-source.ts';
import { TrustStore } from '../../../src/eds/trust/trust-store.ts';
import {
  harmlessReasons,
  nationalTimestampPolicies,
  type VerificationPolicy,
} from '../../../src/eds/verify/policy.ts';
import type { Certificate } from '../../../src/eds/x509/certificate.ts';

/** Those that issued themselves are the roots. */
export function trusting(...certificates: readonly Certificate[]): TrustStore {
  return new TrustStore(
    'test',
    certificates.filter((one) => one.isSelfIssued),
    certificates.filter((one) => !one.isSelfIssued),
  );
}

/** A document of a person, CAdES, with sources that must know the signer's certificate when there are any. */
export function documentPolicy(
  trust: TrustStore,
  now: number,
  sources: readonly StatusSource[] = [],
  changes: Partial<VerificationPolicy> = {},
): VerificationPolicy {
  return {
    trust,
    now,
    purpose: 'document',
    ess: 'required',
    timestamp: 'when-present',
    timestampPolicies: nationalTimestampPolicies,
    revocation: {
      signer: sources.length === 0 ? 'none' : 'required',
      authorities: 'when-known',
      sources,
      embedded: true,
      harmlessLater: harmlessReasons,
    },
    owner: { kind: 'person', roles: [] },
    ...changes,
  };
}
