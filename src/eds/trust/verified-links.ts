import { signatureAlgorithmOf } from '../algorithms/signature-algorithms.ts';
import type { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import type { Certificate } from '../x509/certificate.ts';

const mostLinks = 10_000;

/** Which certificate was signed by which key, checked once: the same certificates come again and again. */
export class VerifiedLinks {
  readonly #verifier: SignatureVerifier;
  readonly #good: Set<string>;

  constructor(verifier: SignatureVerifier, good = new Set<string>()) {
    this.#verifier = verifier;
    this.#good = good;
  }

  /** The same memory with another verifier, such as a bounded one. */
  with(verifier: SignatureVerifier): VerifiedLinks {
    return new VerifiedLinks(verifier, this.#good);
  }

  /** Throws `algorithm-not-allowed` and `key-invalid`. */
  async isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
    const link = `${certificate.fingerprint} ${issuer.fingerprint}`;
    if (this.#good.has(link)) return true;
    const algorithm = signatureAlgorithmOf(certificate.signatureAlgorithm);
    const { tbs, signature } = certificate;
    const { publicKey } = issuer;
    const options = { issuer: true };
    if (!(await this.#verifier.verify(publicKey, algorithm, tbs, signature, options))) return false;
    const [oldest] = this.#good;
    if (this.#good.size >= mostLinks && oldest !== undefined) this.#good.delete(oldest);
    this.#good.add(link);
    return true;
  }
}
