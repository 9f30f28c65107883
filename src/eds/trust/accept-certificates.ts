import { Refusal } from '../refusal.ts';
import type { Certificate } from '../x509/certificate.ts';
import { findChain } from './find-chain.ts';
import { pinnedRoots } from './pinned-roots.ts';
import { type Profile, TrustStore } from './trust-store.ts';
import type { VerifiedLinks } from './verified-links.ts';

/** Why a certificate was taken into a store, or was not. */
export type Acceptance =
  /** A root whose hash is in the program. */
  | 'pinned'
  /** A root whose hash the operator wrote down. */
  | 'known'
  /** An authority that leads to a root of the store. */
  | 'issuer'
  | 'not-an-authority'
  | 'root-not-pinned'
  /** A root of the other profile: never, whatever the operator writes down. */
  | 'other-profile'
  | 'no-way-to-a-root';

export interface AcceptedCertificate {
  readonly certificate: Certificate;
  readonly acceptance: Acceptance;
}

export function isAccepted(acceptance: Acceptance): boolean {
  return acceptance === 'pinned' || acceptance === 'known' || acceptance === 'issuer';
}

/**
 * Sorts certificates into those that a store of a profile may have and those that it may not. `known` are SHA-256
 * hashes that the operator vouches for.
 */
export async function acceptCertificates(
  links: VerifiedLinks,
  store: TrustStore,
  certificates: readonly Certificate[],
  known: readonly string[],
): Promise<readonly AcceptedCertificate[]> {
  const found: AcceptedCertificate[] = [];
  const roots: Certificate[] = [...store.roots];
  const issuers: Certificate[] = [];
  for (const certificate of certificates) {
    if (certificate.basicConstraints?.authority !== true) {
      found.push({ certificate, acceptance: 'not-an-authority' });
    } else if (certificate.isSelfIssued) {
      const acceptance = await acceptRoot(links, store.profile, certificate, known);
      if (isAccepted(acceptance)) roots.push(certificate);
      found.push({ certificate, acceptance });
    } else issuers.push(certificate);
  }
  const trust = new TrustStore(store.profile, roots, [...store.issuers, ...issuers]);
  for (const certificate of issuers) {
    const way = await leadsToRoot(links, trust, certificate);
    found.push({ certificate, acceptance: way ? 'issuer' : 'no-way-to-a-root' });
  }
  return found;
}

async function acceptRoot(
  links: VerifiedLinks,
  profile: Profile,
  root: Certificate,
  known: readonly string[],
): Promise<Acceptance> {
  const other = profile === 'production' ? 'test' : 'production';
  if (profile === 'production' && root.fingerprint in pinnedRoots[other]) return 'other-profile';
  const isPinned = root.fingerprint in pinnedRoots[profile];
  if (!isPinned && !known.includes(root.fingerprint)) return 'root-not-pinned';
  // The hash says which it is; that it signed itself is asked as well, so that no damaged file gets in.
  if (!(await links.isSignedBy(root, root))) return 'root-not-pinned';
  return isPinned ? 'pinned' : 'known';
}

/** Whether it led to a root when it was issued: old generations stay for old archives. */
async function leadsToRoot(
  links: VerifiedLinks,
  trust: TrustStore,
  certificate: Certificate,
): Promise<boolean> {
  try {
    await findChain(links, { certificate, hints: [], trust, at: certificate.notBefore });
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
