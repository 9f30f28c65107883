import { digestByOid, type DigestName } from '../algorithms/digests.ts';
import type { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import { checkEss } from '../cms/check-ess.ts';
import { checkSignature } from '../cms/check-signature.ts';
import { SignedContent } from '../cms/content.ts';
import { findSigner } from '../cms/find-signer.ts';
import { limits } from '../limits.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import { findChain } from '../trust/find-chain.ts';
import type { TrustStore } from '../trust/trust-store.ts';
import type { VerifiedLinks } from '../trust/verified-links.ts';
import type { Certificate } from '../x509/certificate.ts';
import { readTimestampToken, type TimestampInfo } from './timestamp-token.ts';

export interface TimestampQuestion {
  readonly token: Uint8Array;
  /** The digest of what must have been stamped. */
  readonly imprint: (digest: DigestName) => Uint8Array | Promise<Uint8Array>;
  /** Certificates beside those of the token. */
  readonly hints: readonly Certificate[];
  readonly trust: TrustStore;
  readonly now: number;
  /** Policies that are accepted. */
  readonly policies: readonly string[];
  /** What we asked with; undefined when the token was not asked for by us. */
  readonly nonce?: Uint8Array;
}

export interface CheckedTimestamp {
  readonly info: TimestampInfo;
  /** From the authority's certificate to a root. Its revocation is not asked here. */
  readonly chain: readonly Certificate[];
}

/**
 * Whether a timestamp is good and over these octets: docs/eds.md step 9, RFC 3161 2.4.2. The authority's certificate
 * must have been valid at the time that the token says. Throws a `Refusal` with a code of timestamps.
 */
export async function checkTimestamp(
  tools: { readonly verifier: SignatureVerifier; readonly links: VerifiedLinks },
  question: TimestampQuestion,
): Promise<CheckedTimestamp> {
  const { data, info } = readTimestampToken(question.token);
  await checkImprint(info, question);
  checkTerms(info, question);
  const [signer] = data.signers;
  if (signer === undefined || data.content === undefined) throw new Refusal('tst-parse');
  const authority = await within('tst-signature-invalid', async () => {
    const certificate = findSigner(signer, [...data.certificates, ...question.hints]);
    const content = new SignedContent(data.content ?? new Uint8Array(), tools.verifier);
    const attributes = await checkSignature(tools.verifier, data, signer, certificate, content);
    // RFC 3161 2.4.2 and RFC 5816 ask for the attribute; it binds the token to this certificate.
    if (!checkEss(attributes, certificate)) throw new Refusal('ess-cert-missing');
    return certificate;
  });
  checkUsage(authority);
  const chain = await within('tst-cert-untrusted', () => {
    const { genTime } = info;
    if (genTime < authority.notBefore || genTime > authority.notAfter) throw new Refusal('expired');
    return findChain(tools.links, {
      certificate: authority,
      hints: [...data.certificates, ...question.hints],
      trust: question.trust,
      at: genTime,
    });
  });
  return { info, chain };
}

async function checkImprint(info: TimestampInfo, question: TimestampQuestion): Promise<void> {
  // SHA-1 may be here: whoever made two values with one imprint had both before the stamp.
  const digest = digestByOid(info.imprintAlgorithm);
  if (digest === undefined) throw new Refusal('tst-imprint-mismatch', info.imprintAlgorithm);
  const expected = await question.imprint(digest);
  if (Buffer.compare(info.imprint, expected) !== 0) throw new Refusal('tst-imprint-mismatch');
}

function checkTerms(info: TimestampInfo, question: TimestampQuestion): void {
  if (!question.policies.includes(info.policy)) throw new Refusal('tst-policy', info.policy);
  if (info.genTime > question.now + limits.clockSkewMs) throw new Refusal('tst-in-future');
  const { nonce } = question;
  if (nonce === undefined) return;
  if (info.nonce === undefined || Buffer.compare(nonce, info.nonce) !== 0) {
    throw new Refusal('tst-nonce-mismatch');
  }
}

/** RFC 3161 2.3: id-kp-timeStamping, alone and critical. */
function checkUsage(authority: Certificate): void {
  const [usage, ...others] = authority.extendedKeyUsage;
  const alone = usage === oids.timeStamping && others.length === 0;
  if (!alone || !authority.extensions.isCritical(oids.extendedKeyUsage)) {
    throw new Refusal('tst-eku');
  }
  if (authority.keyUsage !== undefined) {
    const { keyUsage } = authority;
    if (!keyUsage.has('digitalSignature') && !keyUsage.has('nonRepudiation')) {
      throw new Refusal('tst-eku', 'keyUsage');
    }
  }
}

/** What is wrong with a part of the timestamp is told as such, with the first reason behind it. */
async function within<Result>(
  code: 'tst-signature-invalid' | 'tst-cert-untrusted',
  check: () => Promise<Result>,
): Promise<Result> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === 'too-large') throw error;
    throw new Refusal(code, error.message, { cause: error });
  }
}
