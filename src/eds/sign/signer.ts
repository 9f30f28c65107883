import type { Certificate } from '../x509/certificate.ts';
import type { SigningKey } from './signing-key.ts';

/** Who signs: a key, the certificate that names its owner, and the authorities above. */
export interface Signer {
  readonly key: SigningKey;
  readonly certificate: Certificate;
  /** From the issuer upwards; the root may be left out. */
  readonly chain: readonly Certificate[];
}
