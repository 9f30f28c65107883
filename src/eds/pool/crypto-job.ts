import type { CurvePoint } from '../crypto/gost-curve.ts';
import type { GostSignature } from '../crypto/gost3410.ts';
import type { HashState } from '../crypto/hash-state.ts';

/** The hash functions whose work is worth a thread; the platform's own are fast. */
export type GostHash = 'streebog256' | 'streebog512' | 'gost34311';

export interface VerifyJob {
  readonly kind: 'verify';
  /** OID of the parameter set. */
  readonly curve: string;
  readonly publicKey: CurvePoint;
  readonly digest: Uint8Array;
  readonly signature: GostSignature;
  /** Whether more signatures of the key will come: an issuer's. */
  readonly prepare: boolean;
}

export interface SignJob {
  readonly kind: 'sign';
  readonly curve: string;
  readonly privateKey: bigint;
  readonly digest: Uint8Array;
}

/** Takes the next piece in; the last one is followed by the digest. */
export interface HashJob {
  readonly kind: 'hash';
  readonly hash: GostHash;
  readonly saved: HashState | undefined;
  readonly piece: Uint8Array;
  readonly last: boolean;
}

export type CryptoJob = VerifyJob | SignJob | HashJob;

/** What each kind of job gives. */
export type CryptoAnswer = boolean | GostSignature | HashState | Uint8Array;
