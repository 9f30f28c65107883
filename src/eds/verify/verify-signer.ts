import { digestOf } from '../algorithms/digests.ts';
import type { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import { claimedTime, type SignedAttributes } from '../cms/check-attributes.ts';
import { checkEss } from '../cms/check-ess.ts';
import { checkSignature } from '../cms/check-signature.ts';
import type { SignedContent } from '../cms/content.ts';
import { findSigner } from '../cms/find-signer.ts';
import type { SignedData } from '../cms/signed-data.ts';
import type { SignerInfo } from '../cms/signer-info.ts';
import { certificateValues, signatureTimestamps } from '../cms/unsigned-values.ts';
import type { ReasonCode } from '../reasons.ts';
import { Refusal } from '../refusal.ts';
import type { StatusSource } from '../revocation/status-source.ts';
import { type CheckedTimestamp, checkTimestamp } from '../timestamp/check-timestamp.ts';
import { findChain } from '../trust/find-chain.ts';
import type { VerifiedLinks } from '../trust/verified-links.ts';
import type { Certificate } from '../x509/certificate.ts';
import { identityOf } from '../x509/identity.ts';
import { checkOwner } from './check-owner.ts';
import { checkRevocation, type RevocationMoments } from './check-revocation.ts';
import { checkTime } from './check-time.ts';
import type { VerificationPolicy } from './policy.ts';
import type { SignerVerdict, TimestampVerdict } from './verdict.ts';

export interface SignerQuestion {
  readonly data: SignedData;
  readonly signer: SignerInfo;
  readonly content: SignedContent;
  readonly policy: VerificationPolicy;
  /** The sources of the policy, then what the CMS brings along. */
  readonly sources: readonly StatusSource[];
}

/**
 * One signer, by the steps of docs/eds.md in their order. What the later steps rest on ends the verification when it
 * fails; the others are all told.
 */
export class SignerVerification {
  readonly #verifier: SignatureVerifier;
  readonly #links: VerifiedLinks;
  readonly #question: SignerQuestion;
  readonly #reasons: ReasonCode[] = [];
  readonly #details: string[] = [];
  #known: readonly Certificate[] | undefined;
  #certificate: Certificate | undefined;
  #chain: readonly Certificate[] = [];
  #signedAt: number | undefined;
  #timestamp: TimestampVerdict | undefined;
  #revocation: SignerVerdict['revocation'];

  constructor(verifier: SignatureVerifier, links: VerifiedLinks, question: SignerQuestion) {
    this.#verifier = verifier;
    this.#links = links;
    this.#question = question;
  }

  async run(): Promise<SignerVerdict> {
    try {
      await this.#steps();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse([error.code], error.detail);
    }
    return this.#verdict();
  }

  async #steps(): Promise<void> {
    const { data, signer, content, policy } = this.#question;
    const certificate = findSigner(signer, this.#hints);
    this.#certificate = certificate;
    const attributes = await checkSignature(this.#verifier, data, signer, certificate, content);
    this.#signedAt = claimedTime(attributes);
    this.#checkEss(attributes, certificate);

    const timestamps = await this.#checkTimestamps();
    const reference = Math.min(policy.now, ...timestamps.map(({ info }) => info.genTime));
    this.#chain = await findChain(this.#links, {
      certificate,
      hints: this.#hints,
      trust: policy.trust,
      at: reference,
    });
    const moments = { now: policy.now, reference };
    const validNow = policy.purpose === 'login';
    // Who logs in does it now, whatever the clock of his machine says.
    const claimed = validNow ? undefined : this.#signedAt;
    checkTime(certificate, { ...moments, claimed, validNow });
    await this.#checkStatus(moments, timestamps);
    this.#refuse(checkOwner(certificate, policy.owner, policy.trust.profile));
  }

  /** Read once: a signer may bring certificates of his own. */
  get #hints(): readonly Certificate[] {
    const { data, signer } = this.#question;
    return (this.#known ??= [...data.certificates, ...certificateValues(signer)]);
  }

  #checkEss(attributes: SignedAttributes, certificate: Certificate): void {
    const { ess, purpose } = this.#question.policy;
    const isRequired = ess === 'required' || purpose === 'login';
    if (!checkEss(attributes, certificate) && isRequired) throw new Refusal('ess-cert-missing');
  }

  /** All of them must be good: one that is not says that somebody touched the file. docs/eds.md step 9. */
  async #checkTimestamps(): Promise<readonly CheckedTimestamp[]> {
    const { signer, policy } = this.#question;
    const tokens = signatureTimestamps(signer);
    if (tokens.length === 0 && policy.timestamp === 'required') throw new Refusal('tst-missing');
    const checked: CheckedTimestamp[] = [];
    for (const token of tokens) {
      const timestamp = await checkTimestamp(
        { verifier: this.#verifier, links: this.#links },
        {
          token,
          imprint: (digest) => digestOf(digest, signer.signature),
          hints: this.#hints,
          trust: policy.trust,
          now: policy.now,
          policies: policy.timestampPolicies,
        },
      );
      checked.push(timestamp);
    }
    const [first] = checked.toSorted((a, b) => a.info.genTime - b.info.genTime);
    const authority = first?.chain[0];
    if (first !== undefined && authority !== undefined) {
      this.#timestamp = { time: first.info.genTime, policy: first.info.policy, authority };
    }
    return checked;
  }

  async #checkStatus(
    moments: RevocationMoments,
    timestamps: readonly CheckedTimestamp[],
  ): Promise<void> {
    const { sources, policy } = this.#question;
    if (policy.revocation.signer === 'required') {
      const found = await checkRevocation(this.#chain, sources, policy.revocation, moments);
      this.#revocation = found.answer;
      this.#refuse(found.reasons, ...found.details);
    }
    if (policy.revocation.authorities === 'none') return;
    for (let i = 1; i < this.#chain.length - 1; i++) {
      await this.#checkAuthority(this.#chain.slice(i), moments, 'issuer-revoked');
    }
    for (const { chain } of timestamps) {
      for (let i = 0; i < chain.length - 1; i++) {
        await this.#checkAuthority(chain.slice(i), moments, 'tst-cert-untrusted');
      }
    }
  }

  async #checkAuthority(
    chain: readonly Certificate[],
    moments: RevocationMoments,
    code: ReasonCode,
  ): Promise<void> {
    const { policy } = this.#question;
    const isRequired = policy.revocation.authorities === 'required';
    const sources = this.#question.sources.filter((one) => isRequired || one.isRemote !== true);
    const found = await checkRevocation(chain, sources, policy.revocation, moments);
    if (found.reasons.length === 0) return;
    if (found.answer?.status !== 'unknown') this.#refuse([code], 'revoked');
    else if (isRequired) this.#refuse(found.reasons, ...found.details);
  }

  #refuse(codes: readonly ReasonCode[], ...details: readonly string[]): void {
    for (const code of codes) if (!this.#reasons.includes(code)) this.#reasons.push(code);
    this.#details.push(...details.filter((detail) => detail !== ''));
  }

  #verdict(): SignerVerdict {
    const identity = this.#certificate && identityOf(this.#certificate);
    return {
      reasons: this.#reasons,
      details: this.#details,
      iin: theOnly(identity?.iins),
      bin: theOnly(identity?.bins),
      roles: identity?.roles ?? [],
      certificate: this.#certificate,
      chain: this.#chain,
      signedAt: this.#signedAt,
      timestamp: this.#timestamp,
      revocation: this.#revocation,
    };
  }
}

function theOnly(values: readonly string[] | undefined): string | undefined {
  const [value] = values ?? [];
  return values?.length === 1 && value !== '' ? value : undefined;
}
