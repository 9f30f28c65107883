/** Why a signature, certificate or status was refused, or why its status could not be learned. */
export interface ReasonRow {
  /** The step of the recipe in docs/eds.md that says it. */
  readonly step: number;
  /** `invalid`: it is not good. `unknown`: nobody could be asked, and the answer may be another one later. */
  readonly kind: 'invalid' | 'unknown';
  /** Where the rule stands. */
  readonly source: string;
}

const invalid = (step: number, source: string): ReasonRow => ({ step, kind: 'invalid', source });
const unknown = (step: number, source: string): ReasonRow => ({ step, kind: 'unknown', source });

/** Every reason there is; the words for it are in `text/`. */
export const reasons = {
  'too-large': invalid(1, 'limits.ts'),
  parse: invalid(1, 'X.690, RFC 5652'),
  'trailing-data': invalid(1, 'X.690 8.1.1'),

  'no-signers': invalid(2, 'RFC 5652 5.1'),
  'too-many-signers': invalid(2, 'policy'),
  'signer-cert-missing': invalid(2, 'RFC 5652 5.3'),

  'content-missing': invalid(3, 'RFC 5652 5.2'),
  'content-mismatch': invalid(3, 'RFC 5652 5.2'),

  'no-signed-attrs': invalid(4, 'ETSI EN 319 122-1 5.1'),
  'attribute-not-single-valued': invalid(4, 'RFC 5652 11'),
  'content-type-missing': invalid(4, 'RFC 5652 11.1'),
  'content-type-mismatch': invalid(4, 'RFC 5652 11.1'),
  'message-digest-missing': invalid(4, 'RFC 5652 11.2'),
  'message-digest-mismatch': invalid(4, 'RFC 5652 11.2'),

  'algorithm-not-allowed': invalid(5, 'RFC 5652 5.3'),
  'digest-alg-mismatch': invalid(5, 'RFC 5652 5.4'),
  'key-invalid': invalid(5, 'GOST R 34.10-2012 6.2, RFC 8017 3.1'),
  'signature-invalid': invalid(5, 'RFC 5652 5.6'),

  'ess-cert-missing': invalid(6, 'ETSI EN 319 122-1 5.2.2'),
  'ess-cert-mismatch': invalid(6, 'RFC 5035 5.4'),

  'chain-untrusted': invalid(7, 'RFC 5280 6.1'),
  'issuer-not-ca': invalid(7, 'RFC 5280 4.2.1.9'),
  'issuer-key-usage': invalid(7, 'RFC 5280 4.2.1.3'),
  'path-too-long': invalid(7, 'RFC 5280 4.2.1.9'),
  'algorithm-fields-differ': invalid(7, 'RFC 5280 4.1.1.2'),
  'unknown-critical-extension': invalid(7, 'RFC 5280 4.2'),

  expired: invalid(8, 'RFC 5280 4.1.2.5'),
  'not-yet-valid': invalid(8, 'RFC 5280 4.1.2.5'),
  'issuer-expired': invalid(8, 'RFC 5280 6.1.3'),
  'signing-time-in-future': invalid(8, 'RFC 5652 11.3'),

  'tst-missing': invalid(9, 'policy'),
  'tst-parse': invalid(9, 'RFC 3161 2.4.2'),
  'tst-refused': invalid(9, 'RFC 3161 2.4.2'),
  'tst-imprint-mismatch': invalid(9, 'RFC 3161 2.4.2'),
  'tst-signature-invalid': invalid(9, 'RFC 3161 2.4.2'),
  'tst-cert-untrusted': invalid(9, 'RFC 3161 2.3'),
  'tst-eku': invalid(9, 'RFC 3161 2.3'),
  'tst-policy': invalid(9, 'RFC 3161 2.4.1'),
  'tst-nonce-mismatch': invalid(9, 'RFC 3161 2.4.2'),
  'tst-in-future': invalid(9, 'RFC 3161 2.4.2'),

  revoked: invalid(10, 'RFC 5280 3.3'),
  'issuer-revoked': invalid(10, 'RFC 5280 6.3'),
  'never-issued': invalid(10, 'RFC 6960 2.2'),
  'revocation-unknown': unknown(10, 'RFC 6960 2.2'),
  'ocsp-parse': unknown(10, 'RFC 6960 4.2.1'),
  'ocsp-not-successful': unknown(10, 'RFC 6960 2.3'),
  'ocsp-signature-invalid': unknown(10, 'RFC 6960 3.2'),
  'ocsp-responder-untrusted': unknown(10, 'RFC 6960 4.2.2.2'),
  'ocsp-cert-id-mismatch': unknown(10, 'RFC 6960 3.2'),
  'ocsp-nonce-mismatch': unknown(10, 'RFC 8954 2.1'),
  'ocsp-stale': unknown(10, 'RFC 6960 4.2.2.1'),
  'ocsp-in-future': unknown(10, 'RFC 6960 4.2.2.1'),
  'ocsp-status-unknown': unknown(10, 'RFC 6960 2.2'),
  'crl-parse': unknown(11, 'RFC 5280 5.1'),
  'crl-signature-invalid': unknown(11, 'RFC 5280 6.3.3'),
  'crl-issuer-mismatch': unknown(11, 'RFC 5280 5.1.2.3'),
  'crl-stale': unknown(11, 'RFC 5280 5.1.2.5'),
  'crl-in-future': unknown(11, 'RFC 5280 5.1.2.4'),
  'crl-scope': unknown(11, 'RFC 5280 5.2.5'),
  'crl-after-expiry': unknown(11, 'RFC 5280 3.3'),
  'service-silent': unknown(10, 'RFC 6960 appendix A'),
  'service-busy': unknown(10, 'limits.ts'),

  'iin-missing': invalid(12, 'NCA certificate profile'),
  'iin-ambiguous': invalid(12, 'NCA certificate profile'),
  'bin-missing': invalid(12, 'NCA certificate profile'),
  'bin-ambiguous': invalid(12, 'NCA certificate profile'),
  'key-usage': invalid(12, 'RFC 5280 4.2.1.3'),
  'extended-key-usage': invalid(12, 'RFC 5280 4.2.1.12'),
  'role-missing': invalid(12, 'policy'),
  'iin-mismatch': invalid(13, 'policy'),
  'bin-mismatch': invalid(13, 'policy'),
  'test-identity': invalid(13, 'policy'),
} as const satisfies Readonly<Record<string, ReasonRow>>;

export type ReasonCode = keyof typeof reasons;
