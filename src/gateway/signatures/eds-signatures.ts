import type { Clock } from '../../core/clock.ts';
import { reasons } from '../../eds/reasons.ts';
import { withStatus } from '../../eds/sign/with-status.ts';
import type { StatusSource } from '../../eds/revocation/status-source.ts';
import type { TrustStore } from '../../eds/trust/trust-store.ts';
import { unwrap } from '../../eds/cms/unwrap.ts';
import { readSignedData } from '../../eds/cms/signed-data.ts';
import type { EdsVerifier } from '../../eds/verify/eds-verifier.ts';
import { nationalTimestampPolicies, type VerificationPolicy } from '../../eds/verify/policy.ts';
import type { SignerVerdict, Verdict } from '../../eds/verify/verdict.ts';
import type { Role } from '../../eds/x509/roles.ts';
import type { Signatures, SignedBy, SignerRole } from '../api.ts';
import { type ErrorParams, GatewayError } from '../gateway-error.ts';
import { isCertified } from '../identifiers/is-certified.ts';
import type { TestIdentifiers } from '../identifiers/test-identifiers.ts';
import type { Bin, Iin } from '../identifiers/values.ts';
import type { ErrorCode } from '../texts/catalogue.ts';
import { certificateName, certificateOrganisation } from './certificate-name.ts';
import { codeOfReason } from './code-of-reason.ts';
import { dateText, timeText } from './local-time.ts';
import { signatureLimits } from './limits.ts';

export interface EdsSignaturesOptions {
  /** With the threads of a pool, where there is one. */
  readonly verifier: EdsVerifier;
  /** The roots in force, read anew for each signature. */
  readonly trust: () => TrustStore;
  /** Who is asked for the status of a certificate, in this order. */
  readonly sources: readonly StatusSource[];
  readonly clock: Clock;
  /** Numbers of public test keys that count here. */
  readonly testIdentifiers: TestIdentifiers;
  /** Octets of a signature at most, before base64 is removed. */
  readonly mostBytes: number;
}

/** The roles that count for the gateway; others say nothing about what somebody may do here. */
const roleOf: Readonly<Partial<Record<Role, SignerRole>>> = {
  INDIVIDUAL: 'individual',
  CEO: 'ceo',
  CAN_SIGN: 'canSign',
  CAN_SIGN_FINANCIAL: 'canSignFinancial',
  HR: 'hr',
  EMPLOYEE: 'employee',
};

/**
 * Signatures that people give now, over challenges and documents: by the recipe of docs/eds.md with the policy of a
 * login. A timestamp within changes nothing: what counts is that the certificate is good at this moment.
 */
export class EdsSignatures implements Signatures {
  readonly #options: EdsSignaturesOptions;

  constructor(options: EdsSignaturesOptions) {
    this.#options = options;
  }

  async verify(given: Uint8Array | string, content?: Uint8Array): Promise<SignedBy> {
    const { verifier, clock } = this.#options;
    const signature = typeof given === 'string' ? Buffer.from(given) : given;
    const now = clock.now();
    const verdict = await verifier.verify(
      { signature, ...(content === undefined ? {} : { content }) },
      this.#policy(now),
    );
    const [signer] = verdict.signers;
    if (!verdict.valid || signer === undefined) throw this.#refusal(verdict, now);
    const by = signedBy(signer, signature, content, now);
    // The authority vouches for the number, whatever its digits add up to; but anybody has the public test keys.
    const numbers = [by.iin, ...(by.bin === undefined ? [] : [by.bin])];
    if (!numbers.every((one) => isCertified(one, this.#options.testIdentifiers))) {
      throw new GatewayError('EDS_TEST');
    }
    return by;
  }

  #policy(now: number): VerificationPolicy {
    const { trust, sources, mostBytes } = this.#options;
    return {
      trust: trust(),
      now,
      purpose: 'login',
      mostBytes,
      ess: 'required',
      timestamp: 'when-present',
      timestampPolicies: nationalTimestampPolicies,
      // Nothing that the signer brings along, and nothing that came later, makes a certificate good today.
      revocation: {
        signer: 'required',
        authorities: 'when-known',
        sources,
        embedded: false,
        harmlessLater: [],
      },
      owner: { kind: 'person', roles: [] },
    };
  }

  /** What is wrong for good is told before what may be another time. */
  #refusal({ reasons: found, signers }: Verdict, now: number): GatewayError {
    const invalid = found.find((one) => reasons[one].kind === 'invalid');
    const undecided = found.includes('service-busy') ? 'EDS_BUSY' : 'EDS_STATUS_UNKNOWN';
    const code = invalid === undefined ? undecided : codeOfReason[invalid];
    const [signer] = signers;
    const params: Partial<Record<ErrorCode, ErrorParams>> = {
      EDS_EXPIRED: { date: dateText(signer?.certificate?.notAfter ?? now) },
      EDS_NOT_YET: { date: dateText(signer?.certificate?.notBefore ?? now) },
      EDS_REVOKED: { date: dateText(revokedAt(signer) ?? now) },
      EDS_STATUS_UNKNOWN: { time: timeText(now + signatureLimits.retryMs) },
      EDS_TOO_BIG: { limit: String(this.#options.mostBytes / 1024) },
    };
    return new GatewayError(code, params[code]);
  }
}

function revokedAt(signer: SignerVerdict | undefined): number | undefined {
  return signer?.revocation?.status === 'revoked' ? signer.revocation.revokedAt : undefined;
}

function signedBy(
  signer: SignerVerdict,
  signature: Uint8Array,
  content: Uint8Array | undefined,
  verifiedAt: number,
): SignedBy {
  const { certificate, iin, bin, roles, revocation } = signer;
  if (certificate === undefined || iin === undefined) throw new GatewayError('EDS_OWNER');
  const der = unwrap(signature);
  const signed = content ?? readSignedData(der).content;
  if (signed === undefined) throw new GatewayError('EDS_NO_CONTENT');
  const told = revocation?.status === 'good' ? revocation.evidence : undefined;
  return {
    iin: iin as Iin,
    bin: bin as Bin | undefined,
    roles: roles.flatMap((role) => roleOf[role] ?? []),
    name: certificateName(certificate),
    organisation: certificateOrganisation(certificate),
    certificate: {
      serial: certificate.serialHex,
      sha256: certificate.fingerprint,
      notAfter: certificate.notAfter,
    },
    content: signed,
    cms: told?.kind === 'ocsp' ? withStatus(der, told.response) : der,
    verifiedAt,
  };
}
