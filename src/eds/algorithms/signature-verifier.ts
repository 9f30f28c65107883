import { createVerify } from 'node:crypto';
import type { CurvePoint, GostCurve } from '../crypto/gost-curve.ts';
import { verifyGost3410 } from '../crypto/gost3410.ts';
import { readSignature } from '../crypto/gost3410-octets.ts';
import { createHasher } from './digests.ts';
import type { PublicKey } from './public-key.ts';
import type { SignatureAlgorithm } from './signature-algorithms.ts';

/** Where the arithmetic of GOST is done: on this thread, or on those of a pool. */
export type GostArithmetic = (
  curve: GostCurve,
  key: CurvePoint,
  digest: Uint8Array,
  signature: { readonly r: bigint; readonly s: bigint },
) => boolean | Promise<boolean>;

/** Takes the signed octets as they come, then says whether a signature over them is good. */
export interface RunningVerification {
  update(chunk: Uint8Array): void;
  /** Never throws for a signature or key that is wrong: that is false. */
  verify(signature: Uint8Array): Promise<boolean>;
}

/** Verifies signatures of every allowed algorithm. */
export class SignatureVerifier {
  readonly #gost: GostArithmetic;

  constructor(gost: GostArithmetic = verifyGost3410) {
    this.#gost = gost;
  }

  begin(key: PublicKey, algorithm: SignatureAlgorithm): RunningVerification {
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
        return this.#gost(key.curve, key.point, hasher.digest(), signature);
      },
    };
  }

  verify(
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    message: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean> {
    const running = this.begin(key, algorithm);
    running.update(message);
    return running.verify(signature);
  }
}

/** A key of one family never verifies an algorithm of another. */
const neverGood: RunningVerification = {
  update: () => undefined,
  verify: () => Promise.resolve(false),
};
