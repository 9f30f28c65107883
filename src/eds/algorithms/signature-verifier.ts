import { createVerify } from 'node:crypto';
import { readSignature } from '../crypto/gost3410-octets.ts';
import { createHasher, type DigestName } from './digests.ts';
import { type GostWork, gostWorkHere } from './gost-work.ts';
import { Refusal } from '../refusal.ts';
import type { PublicKey } from './public-key.ts';
import type { SignatureAlgorithm } from './signature-algorithms.ts';

/** Takes the signed octets as they come, then says whether a signature over them is good. */
export interface RunningVerification {
  update(chunk: Uint8Array): void;
  /** Never throws for a signature or key that is wrong: that is false. */
  verify(signature: Uint8Array): Promise<boolean>;
}

/** Verifies signatures of every allowed algorithm. */
export class SignatureVerifier {
  readonly #gost: GostWork;
  #left: number;

  constructor(gost: GostWork = gostWorkHere, mostSignatures = Infinity) {
    this.#gost = gost;
    this.#left = mostSignatures;
  }

  /** One that does the same and refuses with `too-large` after so many signatures: for one file of a stranger. */
  bounded(mostSignatures: number): SignatureVerifier {
    return new SignatureVerifier(this.#gost, mostSignatures);
  }

  /** The digest of content of any length; that of GOST is the work of a pool, where there is one. */
  async digest(
    name: DigestName,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<Uint8Array> {
    if (name === 'streebog256' || name === 'streebog512' || name === 'gost34311') {
      return this.#gost.digest(name, content);
    }
    const hasher = createHasher(name);
    for await (const chunk of content) hasher.update(chunk);
    return hasher.digest();
  }

  /** `issuer`: more signatures of this key will come, so that preparing it pays. */
  begin(
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    { issuer = false } = {},
  ): RunningVerification {
    if (this.#left-- <= 0) throw new Refusal('too-large', 'signatures');
    if (key.family !== algorithm.family) return neverGood;
    if ('key' in key) {
      const verify = createVerify(algorithm.digest);
      return {
        update: (chunk) => verify.update(chunk),
        verify: (signature) =>
          Promise.resolve(
            verify.verify({ key: key.key, dsaEncoding: 'der' }, Buffer.from(signature)),
          ),
      };
    }
    const hasher = createHasher(algorithm.digest);
    return {
      update: (chunk) => {
        hasher.update(chunk);
      },
      verify: async (octets) => {
        const signature = readSignature(key.curve, octets);
        if (signature === undefined) return false;
        return this.#gost.verify(key.curve, key.point, hasher.digest(), signature, { issuer });
      },
    };
  }

  async verify(
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    message: Uint8Array,
    signature: Uint8Array,
    options: { readonly issuer?: boolean } = {},
  ): Promise<boolean> {
    const running = this.begin(key, algorithm, options);
    running.update(message);
    return running.verify(signature);
  }
}

/** A key of one family never verifies an algorithm of another. */
const neverGood: RunningVerification = {
  update: () => undefined,
  verify: () => Promise.resolve(false),
};
