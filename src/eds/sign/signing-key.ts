import type { SignatureAlgorithm } from '../algorithms/signature-algorithms.ts';

/** A private key, wherever it is. What signs with it does not see it. */
export interface SigningKey {
  readonly algorithm: SignatureAlgorithm;
  /** SubjectPublicKeyInfo of the other half, DER. */
  readonly publicKeyInfo: Uint8Array;
  /** The signature of these octets, as a CMS or a certificate has it. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
