import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { SignatureAlgorithm } from '../algorithms/signature-algorithms.ts';
import type { SigningKey } from './signing-key.ts';

const signAsync = promisify(sign);

/** An RSA or elliptic curve key of the platform. The work is done on its thread pool. */
export class NodeKey implements SigningKey {
  readonly algorithm: SignatureAlgorithm;
  readonly publicKeyInfo: Uint8Array;
  readonly #key: KeyObject;

  /** Throws a RangeError for other kinds of keys. */
  constructor(privateKey: KeyObject, digest: 'sha256' | 'sha384' | 'sha512' = 'sha256') {
    const type = privateKey.asymmetricKeyType;
    if (type !== 'rsa' && type !== 'ec') throw new RangeError('neither an RSA nor an EC key');
    this.algorithm = { family: type === 'rsa' ? 'rsa' : 'ecdsa', digest };
    this.#key = privateKey;
    this.publicKeyInfo = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  }

  sign(message: Uint8Array): Promise<Uint8Array> {
    return signAsync(this.algorithm.digest, message, { key: this.#key, dsaEncoding: 'der' });
  }
}
