import type { CurvePoint, GostCurve } from '../crypto/gost-curve.ts';
import { prepareGost3410Key, verifyGost3410, type GostSignature } from '../crypto/gost3410.ts';
import { createHasher } from './digests.ts';

/** The digests that GOST names; the platform has the others. */
export type GostDigest = 'streebog256' | 'streebog512' | 'gost34311';

/** Who does the work of GOST: this thread, or those of a `CryptoPool`, which rejects with `unavailable` when busy. */
export interface GostWork {
  verify(
    curve: GostCurve,
    key: CurvePoint,
    digest: Uint8Array,
    signature: GostSignature,
    /** Whether more signatures of the key will come. */
    options?: { readonly issuer?: boolean },
  ): Promise<boolean>;
  /** The digest of content, read as fast as it is hashed. */
  digest(
    hash: GostDigest,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<Uint8Array>;
}

/** On this thread: for commands, tests, and signatures that are few. */
export const gostWorkHere: GostWork = {
  verify: (curve, key, digest, signature, { issuer = false } = {}) => {
    if (issuer) prepareGost3410Key(curve, key);
    return Promise.resolve(verifyGost3410(curve, key, digest, signature));
  },
  digest: async (hash, content) => {
    const hasher = createHasher(hash);
    for await (const chunk of content) hasher.update(chunk);
    return hasher.digest();
  },
};
