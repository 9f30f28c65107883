import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '../eds/cms/unwrap.ts';
import { readSignedData } from '../eds/cms/signed-data.ts';
import { limits } from '../eds/limits.ts';
import type { ReasonCode } from '../eds/reasons.ts';
import { Refusal } from '../eds/refusal.ts';
import { CrlFolder } from '../eds/revocation/crl-folder.ts';
import { GivenAnswers } from '../eds/revocation/given-answers.ts';
import type { StatusAnswer, StatusSource } from '../eds/revocation/status-source.ts';
import type { Profile, TrustStore } from '../eds/trust/trust-store.ts';
import { EdsVerifier } from '../eds/verify/eds-verifier.ts';
import {
  harmlessReasons,
  nationalTimestampPolicies,
  type VerificationPolicy,
} from '../eds/verify/policy.ts';
import { isUndecided, type SignerVerdict, type Verdict } from '../eds/verify/verdict.ts';
import type { Certificate } from '../eds/x509/certificate.ts';
import { nameText } from '../eds/x509/name.ts';
import { checkReadable, readInput, readTrust } from './read-trust.ts';

/** Whom to trust for a verification, what of statuses is at hand, and who may have signed. */
export interface EdsTrustInput {
  /** The moment to verify at, milliseconds since 1970. */
  readonly at: number;
  readonly trust: readonly string[];
  readonly crls: readonly string[];
  readonly ocsp: readonly string[];
  readonly revocation: 'required' | 'none';
  readonly profile: Profile;
  readonly owner: 'person' | 'company' | 'anyone';
}

export interface VerifyEdsInput extends EdsTrustInput {
  readonly file: string;
  /** The content of a detached signature. */
  readonly content: string | undefined;
}

/** What `zhashik eds verify` prints: a verdict of plain data. */
export interface EdsReport {
  readonly verdict: 'valid' | 'invalid' | 'undecided';
  readonly valid: boolean;
  readonly reasons: readonly ReasonCode[];
  readonly signers: readonly EdsSignerReport[];
}

export interface EdsSignerReport {
  readonly reasons: readonly ReasonCode[];
  readonly details: readonly string[];
  readonly iin: string | null;
  readonly bin: string | null;
  readonly roles: readonly string[];
  readonly certificate: {
    readonly sha256: string;
    readonly serial: string;
    readonly subject: string;
    readonly issuer: string;
    readonly notBefore: string;
    readonly notAfter: string;
  } | null;
  readonly signedAt: string | null;
  readonly timestamp: {
    readonly time: string;
    readonly policy: string;
    readonly authority: string;
  } | null;
  readonly revocation: Readonly<Record<string, string | null>> | null;
}

/** Sources beside the files, such as the configured services. */
export type OnlineSources = (
  verifier: EdsVerifier,
  trust: TrustStore,
) => { readonly sources: readonly StatusSource[]; close(): Promise<void> };

/** Verifies a file with what the operator names. Throws a MailError when something named cannot be used. */
export async function verifyEds(
  input: VerifyEdsInput,
  online: OnlineSources = noOnlineSources,
): Promise<EdsReport> {
  const signature = await readInput(input.file);
  const { content } = input;
  if (content !== undefined) await checkReadable(content);
  return withEdsTrust(input, signature, online, async (verifier, policy) => {
    const given = content === undefined ? {} : { content: () => createReadStream(content) };
    return reportEds(await verifier.verify({ signature, ...given }, policy));
  });
}

export const noOnlineSources: OnlineSources = () => ({
  sources: [],
  close: () => Promise.resolve(),
});

/** Does the work with what the input says of roots, statuses and time; the CMS may bring issuers of CRLs along. */
export async function withEdsTrust<Result>(
  input: EdsTrustInput,
  signature: Uint8Array,
  online: OnlineSources,
  work: (verifier: EdsVerifier, policy: VerificationPolicy) => Promise<Result>,
): Promise<Result> {
  const verifier = new EdsVerifier();
  const trust = await readTrust(verifier.links, input.trust, input.profile);
  const folder = await mkdtemp(join(tmpdir(), 'zhashik-eds-'));
  const crls = new CrlFolder(folder, verifier.signatures);
  const services = online(verifier, trust);
  try {
    const issuers = [...trust.roots, ...trust.issuers, ...hintsOf(signature)];
    const sources = [
      await givenAnswers(verifier, input.ocsp),
      ...(await givenCrls(crls, input.crls, issuers)),
      ...services.sources,
    ];
    return await work(verifier, policyOf(input, trust, sources));
  } finally {
    await services.close();
    await crls.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function policyOf(
  input: EdsTrustInput,
  trust: TrustStore,
  sources: readonly StatusSource[],
): VerificationPolicy {
  return {
    trust,
    now: input.at,
    purpose: 'document',
    ess: 'when-present',
    timestamp: 'when-present',
    timestampPolicies: nationalTimestampPolicies,
    revocation: {
      signer: input.revocation,
      authorities: input.revocation === 'none' ? 'none' : 'when-known',
      sources,
      embedded: true,
      harmlessLater: harmlessReasons,
    },
    owner: { kind: input.owner, roles: ['CEO', 'CAN_SIGN'] },
  };
}

async function givenAnswers(
  verifier: EdsVerifier,
  paths: readonly string[],
): Promise<StatusSource> {
  const answers = await Promise.all(paths.map((path) => readInput(path)));
  const tools = { verifier: verifier.signatures, links: verifier.links };
  return new GivenAnswers(tools, answers, limits.ocspFreshMs);
}

/** The lists that are good, in a folder, and for each that is not the reason, in case nothing else knows. */
async function givenCrls(
  folder: CrlFolder,
  paths: readonly string[],
  issuers: readonly Certificate[],
): Promise<readonly StatusSource[]> {
  const sources: StatusSource[] = [folder];
  for (const path of paths) {
    await checkReadable(path);
    try {
      await folder.import(createReadStream(path), issuers);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const answer: StatusAnswer = { status: 'unknown', reason: error.code, detail: error.detail };
      sources.push({ status: () => Promise.resolve(answer) });
    }
  }
  return sources;
}

/** The certificates that came along may be those of the issuers of CRLs: a list is only used for a chain with its key. */
function hintsOf(signature: Uint8Array): readonly Certificate[] {
  try {
    return readSignedData(unwrap(signature)).certificates;
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

/** A verdict as plain data. */
export function reportEds(verdict: Verdict): EdsReport {
  return {
    verdict: verdict.valid ? 'valid' : isUndecided(verdict) ? 'undecided' : 'invalid',
    valid: verdict.valid,
    reasons: verdict.reasons,
    signers: verdict.signers.map(reportSigner),
  };
}

function reportSigner(signer: SignerVerdict): EdsSignerReport {
  const { certificate, timestamp } = signer;
  return {
    reasons: signer.reasons,
    details: signer.details,
    iin: signer.iin ?? null,
    bin: signer.bin ?? null,
    roles: signer.roles,
    certificate:
      certificate === undefined
        ? null
        : {
            sha256: certificate.fingerprint,
            serial: certificate.serialHex,
            subject: nameText(certificate.subject),
            issuer: nameText(certificate.issuer),
            notBefore: isoTime(certificate.notBefore),
            notAfter: isoTime(certificate.notAfter),
          },
    signedAt: signer.signedAt === undefined ? null : isoTime(signer.signedAt),
    timestamp:
      timestamp === undefined
        ? null
        : {
            time: isoTime(timestamp.time),
            policy: timestamp.policy,
            authority: nameText(timestamp.authority.subject),
          },
    revocation: signer.revocation === undefined ? null : reportStatus(signer.revocation),
  };
}

function reportStatus(answer: StatusAnswer): Readonly<Record<string, string | null>> {
  if (answer.status === 'unknown') return { status: answer.status };
  return {
    status: answer.status,
    source: answer.source,
    thisUpdate: isoTime(answer.thisUpdate),
    ...(answer.status === 'revoked'
      ? { revokedAt: isoTime(answer.revokedAt), reason: answer.reason }
      : {}),
  };
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
