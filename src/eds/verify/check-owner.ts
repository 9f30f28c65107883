import { oids } from '../oids.ts';
import type { ReasonCode } from '../reasons.ts';
import type { Profile } from '../trust/trust-store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { type Identity, identityOf } from '../x509/identity.ts';
import type { OwnerPolicy } from './policy.ts';

/**
 * The identities of the key pairs that the National CA gives away for trying out. Those of 2018 were issued by the
 * authority of production, so that only their numbers tell them. docs/eds.md step 13.
 */
const testIins: readonly string[] = ['123456789011', '123456789012'];
const testBins: readonly string[] = ['123456789021'];

/** Every reason for which the owner of the certificate is not who may sign: docs/eds.md steps 12 and 13. */
export function checkOwner(
  certificate: Certificate,
  policy: OwnerPolicy,
  profile: Profile,
): readonly ReasonCode[] {
  const identity = identityOf(certificate);
  return [
    ...checkNumbers(identity, policy),
    ...checkUsage(certificate, policy),
    ...checkRole(identity, policy),
    ...checkExpected(identity, policy),
    ...checkProfile(identity, profile),
  ];
}

/** One IIN, unless anyone will do; never two, and never one that is none. */
function checkNumbers({ iins, bins }: Identity, { kind }: OwnerPolicy): readonly ReasonCode[] {
  const found: ReasonCode[] = [];
  if (iins.length === 0 && kind !== 'anyone') found.push('iin-missing');
  if (iins.length > 1 || iins.includes('')) found.push('iin-ambiguous');
  if (bins.length === 0 && kind === 'company') found.push('bin-missing');
  if (bins.length > 1 || bins.includes('')) found.push('bin-ambiguous');
  return found;
}

/** A key for signatures that are meant: nonRepudiation, and emailProtection as the National CA marks them. */
function checkUsage(
  { keyUsage, extendedKeyUsage }: Certificate,
  { kind }: OwnerPolicy,
): readonly ReasonCode[] {
  const found: ReasonCode[] = [];
  if (keyUsage?.has('nonRepudiation') !== true) found.push('key-usage');
  if (kind !== 'anyone' && !extendedKeyUsage.includes(oids.emailProtection)) {
    found.push('extended-key-usage');
  }
  return found;
}

function checkRole({ roles }: Identity, policy: OwnerPolicy): readonly ReasonCode[] {
  if (policy.kind !== 'company' || policy.roles.some((role) => roles.includes(role))) return [];
  return ['role-missing'];
}

/** Every number counts, so that one that is wrong is not covered by one that is right. */
function checkExpected({ iins, bins }: Identity, { iin, bin }: OwnerPolicy): readonly ReasonCode[] {
  const found: ReasonCode[] = [];
  if (iin !== undefined && !(iins.length > 0 && iins.every((one) => one === iin))) {
    found.push('iin-mismatch');
  }
  if (bin !== undefined && !(bins.length > 0 && bins.every((one) => one === bin))) {
    found.push('bin-mismatch');
  }
  return found;
}

function checkProfile({ iins, bins }: Identity, profile: Profile): readonly ReasonCode[] {
  if (profile === 'test') return [];
  const isTest =
    iins.some((iin) => testIins.includes(iin)) || bins.some((bin) => testBins.includes(bin));
  return isTest ? ['test-identity'] : [];
}
