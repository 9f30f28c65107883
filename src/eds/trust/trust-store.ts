import type { Certificate } from '../x509/certificate.ts';

/** Production and test never mix: what a store is for is said once, and a signature is verified for the same. */
export type Profile = 'production' | 'test';

/** The certificates that chains may end at, and those that are known to stand between. */
export class TrustStore {
  readonly profile: Profile;
  readonly roots: readonly Certificate[];
  /** Hints, like those in a CMS: each must lead to a root by itself. */
  readonly issuers: readonly Certificate[];

  constructor(profile: Profile, roots: readonly Certificate[], issuers: readonly Certificate[]) {
    this.profile = profile;
    this.roots = roots;
    this.issuers = issuers;
  }

  /** Whether these very octets are a root: neither name nor key is enough. */
  isRoot(certificate: Certificate): boolean {
    return this.roots.some((root) => root.equals(certificate));
  }
}
