import type { RevocationReason, StatusSource } from '../revocation/status-source.ts';
import type { TrustStore } from '../trust/trust-store.ts';
import type { Role } from '../x509/roles.ts';

/** What is asked of a signature, by whom it is verified and for what. Nothing of it is global. */
export interface VerificationPolicy {
  /** The roots, and whether they are those of production. */
  readonly trust: TrustStore;
  /** The moment of the verification, milliseconds since 1970. */
  readonly now: number;
  /** `login`: one signer, a small file, the certificate named in the signature, valid now; the signer's clock does not count. */
  readonly purpose: 'document' | 'login';
  /** Octets of the file at most, where it is not the limit of the purpose. */
  readonly mostBytes?: number;
  /** Whether a document's signature must name the certificate by its hash (CAdES); a wrong one is never accepted. */
  readonly ess: 'required' | 'when-present';
  readonly timestamp: 'required' | 'when-present';
  /** The policies of timestamp authorities that are accepted. */
  readonly timestampPolicies: readonly string[];
  readonly revocation: RevocationPolicy;
  readonly owner: OwnerPolicy;
}

export interface RevocationPolicy {
  /** `none`: the status of the signer's certificate is not asked. */
  readonly signer: 'required' | 'none';
  /** The same for authorities and timestamp authorities. `when-known`: what is at hand is looked at, nobody is asked. */
  readonly authorities: 'required' | 'when-known' | 'none';
  /** Asked in this order, until one knows. */
  readonly sources: readonly StatusSource[];
  /** Whether the answers that are within the CMS are asked after the sources. */
  readonly embedded: boolean;
  /** A certificate that was revoked for one of these after a timestamp leaves the signature good. */
  readonly harmlessLater: readonly RevocationReason[];
}

export interface OwnerPolicy {
  /** `person`: one IIN. `company`: one IIN, one BIN and one of the roles. `anyone`: whoever the certificate names. */
  readonly kind: 'person' | 'company' | 'anyone';
  /** For `company`: those who may sign for it. */
  readonly roles: readonly Role[];
  /** When given, the certificate's must equal it. */
  readonly iin?: string;
  readonly bin?: string;
}

/** National CA: GOST 34.310, RSA and GOST 34.10-2015; 6.3 was that of a standard we do not read. */
export const nationalTimestampPolicies: readonly string[] = [
  '1.2.398.3.3.2.6.1',
  '1.2.398.3.3.2.6.2',
  '1.2.398.3.3.2.6.4',
];

/** RFC 5280 5.3.1: the key stayed its owner's. An unspecified reason may be anything and is not among them. */
export const harmlessReasons: readonly RevocationReason[] = [
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
];
