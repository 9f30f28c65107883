import { digestOf, digestOids } from '../algorithms/digests.ts';
import type { KeyFamily, SignatureAlgorithm } from '../algorithms/signature-algorithms.ts';
import { der } from '../asn1/der.ts';
import { Refusal } from '../refusal.ts';
import type { SigningKey } from './signing-key.ts';

/** What a token is asked to do, in the terms of PKCS #11 2.40: the mechanism works on what it gets as it is. */
export interface TokenRequest {
  /** CKA_LABEL of the private key. */
  readonly label: string;
  /** RSA_PKCS signs a DigestInfo, GOSTR3410 a digest. */
  readonly mechanism: 'RSA_PKCS' | 'GOSTR3410';
  readonly data: Uint8Array;
}

/**
 * A token, HSM or signing service. For RSA the signature is the number, for GOST as Kazakh certificates have it: r,
 * then s, little-endian.
 */
export interface SigningToken {
  sign(request: TokenRequest): Promise<Uint8Array>;
}

export interface RemoteKeyOptions {
  readonly token: SigningToken;
  readonly label: string;
  /** RSA or GOST: the National CA has no others. */
  readonly algorithm: SignatureAlgorithm & { readonly family: Exclude<KeyFamily, 'ecdsa'> };
  /** SubjectPublicKeyInfo, DER: of the certificate that goes with the key. */
  readonly publicKeyInfo: Uint8Array;
  readonly timeoutMs: number;
}

/** A key that never leaves its token: only digests go there. Rejects with `service-silent` when
 * it does not answer or refuses. */
export class RemoteKey implements SigningKey {
  readonly algorithm: SignatureAlgorithm;
  readonly publicKeyInfo: Uint8Array;
  readonly #options: RemoteKeyOptions;

  constructor(options: RemoteKeyOptions) {
    this.algorithm = options.algorithm;
    this.publicKeyInfo = options.publicKeyInfo;
    this.#options = options;
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    const { family, digest } = this.algorithm;
    const hash = digestOf(digest, message);
    if (family !== 'rsa') return this.#ask('GOSTR3410', hash);
    // RFC 8017 9.2: DigestInfo.
    const identifier = der.sequence(der.oid(digestOids[digest]), der.null());
    return this.#ask('RSA_PKCS', der.sequence(identifier, der.octets(hash)));
  }

  async #ask(mechanism: TokenRequest['mechanism'], data: Uint8Array): Promise<Uint8Array> {
    const { token, label, timeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Refusal('service-silent', 'the token does not answer'));
      }, timeoutMs);
    });
    try {
      return await Promise.race([token.sign({ label, mechanism, data }), silence]);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal('service-silent', 'the token refused', { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}
