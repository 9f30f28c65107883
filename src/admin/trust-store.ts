import { join } from 'node:path';
import { SignatureVerifier } from '../eds/algorithms/signature-verifier.ts';
import { Refusal } from '../eds/refusal.ts';
import { type Acceptance, isAccepted } from '../eds/trust/accept-certificates.ts';
import { findChain } from '../eds/trust/find-chain.ts';
import { TrustFolder, type TrustEntry } from '../eds/trust/trust-folder.ts';
import type { Profile } from '../eds/trust/trust-store.ts';
import { VerifiedLinks } from '../eds/trust/verified-links.ts';
import { nameText } from '../eds/x509/name.ts';
import { readCertificates } from './read-trust.ts';

const links = (): VerifiedLinks => new VerifiedLinks(new SignatureVerifier());

/** The trust store of a profile within the data folder. */
export function trustFolderOf(dataFolder: string, profile: Profile): string {
  return join(dataFolder, 'trust', profile);
}

export interface ImportTrustInput {
  readonly folder: string;
  readonly profile: Profile;
  readonly files: readonly string[];
  /** SHA-256 of roots that the operator vouches for, in hex. */
  readonly known: readonly string[];
  readonly apply: boolean;
  readonly at: number;
  readonly actor: string;
}

export interface ImportedTrust {
  readonly applied: boolean;
  readonly certificates: readonly {
    readonly sha256: string;
    readonly subject: string;
    readonly acceptance: Acceptance;
  }[];
  /** Those that were not taken. */
  readonly refused: number;
}

/** Takes certificates of authorities into a trust store. */
export async function importTrust(input: ImportTrustInput): Promise<ImportedTrust> {
  const read = await Promise.all(input.files.map((file) => readCertificates(file)));
  const folder = new TrustFolder(input.folder, input.profile, links());
  const found = await folder.import(read.flat(), {
    known: input.known.map((one) => one.toLowerCase().replaceAll(':', '')),
    apply: input.apply,
    addedAt: input.at,
    addedBy: input.actor,
  });
  return {
    applied: input.apply,
    certificates: found.map(({ certificate, acceptance }) => ({
      sha256: certificate.fingerprint,
      subject: nameText(certificate.subject),
      acceptance,
    })),
    refused: found.filter(({ acceptance }) => !isAccepted(acceptance)).length,
  };
}

export async function listTrust(folder: string, profile: Profile): Promise<readonly TrustEntry[]> {
  return new TrustFolder(folder, profile, links()).entries();
}

/** What is wrong with a certificate of a trust store, or will be soon. */
export interface TrustFinding {
  readonly sha256: string;
  readonly subject: string;
  readonly state: 'good' | 'ends-soon' | 'ended' | 'no-way-to-a-root';
  readonly notAfter: string;
}

/** Long enough for an authority to tell of its new certificate, and for an operator to hear it. */
const soonMs = 90 * 86_400_000;

/** Reads a trust store whole and looks at each certificate. Throws a MailError when a file is not what it was. */
export async function checkTrust(
  folder: string,
  profile: Profile,
  now: number,
): Promise<readonly TrustFinding[]> {
  const verified = links();
  const trust = await new TrustFolder(folder, profile, verified).load();
  const findings: TrustFinding[] = [];
  for (const certificate of [...trust.roots, ...trust.issuers]) {
    let state: TrustFinding['state'] = 'good';
    if (certificate.notAfter < now) state = 'ended';
    else if (certificate.notAfter < now + soonMs) state = 'ends-soon';
    try {
      await findChain(verified, { certificate, hints: [], trust, at: certificate.notBefore });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      state = 'no-way-to-a-root';
    }
    findings.push({
      sha256: certificate.fingerprint,
      subject: nameText(certificate.subject),
      state,
      notAfter: new Date(certificate.notAfter).toISOString(),
    });
  }
  return findings;
}
