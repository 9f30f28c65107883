import { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import { MailError } from '../../core/errors.ts';
import { type Content, type SignedContent, signedContent } from '../cms/content.ts';
import { readSignedData, type SignedData } from '../cms/signed-data.ts';
import { revocationValues } from '../cms/unsigned-values.ts';
import { unwrap } from '../cms/unwrap.ts';
import { limits } from '../limits.ts';
import type { ReasonCode } from '../reasons.ts';
import { Refusal } from '../refusal.ts';
import type { OcspTools } from '../revocation/check-ocsp.ts';
import { GivenAnswers } from '../revocation/given-answers.ts';
import { GivenCrls } from '../revocation/given-crls.ts';
import type { StatusSource } from '../revocation/status-source.ts';
import { VerifiedLinks } from '../trust/verified-links.ts';
import type { VerificationPolicy } from './policy.ts';
import type { SignerVerdict, Verdict } from './verdict.ts';
import { SignerVerification } from './verify-signer.ts';

export interface SignatureToVerify {
  /** DER, BER, base64 or PEM. */
  readonly signature: Uint8Array;
  /** The content when the signature is detached; when it is not, the content must be the same. */
  readonly content?: Content;
}

/** Verifies electronic digital signatures: CMS and CAdES by the recipe of docs/eds.md. */
export class EdsVerifier {
  readonly #verifier: SignatureVerifier;
  readonly links: VerifiedLinks;

  /** The arithmetic may be that of a pool of threads; links that were verified are kept as long as this object. */
  constructor(verifier: SignatureVerifier = new SignatureVerifier()) {
    this.#verifier = verifier;
    this.links = new VerifiedLinks(verifier);
  }

  get signatures(): SignatureVerifier {
    return this.#verifier;
  }

  /** Never throws for what is in the files: all that is wrong with them, or that we are busy, is in the verdict. */
  async verify(input: SignatureToVerify, policy: VerificationPolicy): Promise<Verdict> {
    let data: SignedData;
    let content: SignedContent;
    try {
      data = readWithin(input.signature, policy);
      content = await signedContent(data, input.content, this.#verifier);
    } catch (error) {
      return refused(error);
    }
    // What one file may cost is bounded, whoever sent it; links that others needed are known already.
    const verifier = this.#verifier.bounded(limits.signatureChecks);
    const links = this.links.with(verifier);
    const signers: SignerVerdict[] = [];
    try {
      const embedded = policy.revocation.embedded ? embeddedSources({ verifier, links }, data) : [];
      const sources = [...policy.revocation.sources, ...embedded];
      for (const signer of data.signers) {
        const question = { data, signer, content, policy, sources };
        signers.push(await new SignerVerification(verifier, links, question).run());
      }
    } catch (error) {
      return refused(error);
    }
    const reasons = [...new Set(signers.flatMap((signer) => signer.reasons))];
    return { valid: reasons.length === 0, reasons, signers };
  }
}

/** What a long-term signature has within it; read once for all signers. */
function embeddedSources(tools: OcspTools, data: SignedData): readonly StatusSource[] {
  const values = data.signers.map(revocationValues);
  const crls = [...data.crls, ...values.flatMap((one) => one.crls)];
  const ocspResponses = values.flatMap((one) => one.ocspResponses);
  if (crls.length + ocspResponses.length > limits.embeddedStatuses) {
    throw new Refusal('too-large', 'revocation values');
  }
  return [
    new GivenAnswers(tools, ocspResponses, limits.ocspFreshMs),
    new GivenCrls(tools.verifier, crls),
  ];
}

/** Steps 1 and 2: a file of a sane size that is signed by somebody. */
function readWithin(bytes: Uint8Array, policy: VerificationPolicy): SignedData {
  const login = policy.purpose === 'login';
  const mostBytes = policy.mostBytes ?? (login ? limits.loginCmsBytes : limits.cmsBytes);
  if (bytes.length > mostBytes) throw new Refusal('too-large');
  const data = readSignedData(unwrap(bytes));
  if (data.signers.length === 0) throw new Refusal('no-signers');
  if (login && data.signers.length > 1) throw new Refusal('too-many-signers');
  return data;
}

function refused(error: unknown): Verdict {
  const code =
    error instanceof Refusal
      ? error.code
      : error instanceof MailError && error.failure === 'unavailable'
        ? 'service-busy'
        : undefined;
  if (code === undefined) throw error;
  const reasons: readonly ReasonCode[] = [code];
  return { valid: false, reasons, signers: [] };
}
