import { limits } from '../limits.ts';
import type { ReasonCode } from '../reasons.ts';
import { Refusal } from '../refusal.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { TrustStore } from './trust-store.ts';
import type { VerifiedLinks } from './verified-links.ts';

export interface ChainQuestion {
  readonly certificate: Certificate;
  /** Certificates that came along: ways to look at, never trusted. */
  readonly hints: readonly Certificate[];
  readonly trust: TrustStore;
  /** The moment at which every issuer must be valid; that of the certificate itself is asked elsewhere. */
  readonly at: number;
}

/** When no way leads to a root, the reason of the way that came farthest is told: the later in this list. */
const ranks: readonly ReasonCode[] = [
  'chain-untrusted',
  'algorithm-fields-differ',
  'algorithm-not-allowed',
  'key-invalid',
  'issuer-not-ca',
  'issuer-key-usage',
  'unknown-critical-extension',
  'path-too-long',
  'issuer-expired',
];

/**
 * From a certificate to a root of the store, both included. Names repeat between generations of an authority, so all
 * issuers of the right name are tried. Throws a `Refusal`. RFC 5280 6.1, docs/eds.md step 7.
 */
export function findChain(
  links: VerifiedLinks,
  question: ChainQuestion,
): Promise<readonly Certificate[]> {
  return new ChainSearch(links, question).run();
}

class ChainSearch {
  readonly #links: VerifiedLinks;
  readonly #question: ChainQuestion;
  readonly #known: readonly Certificate[];
  #signatures = 0;
  #worst: Refusal = new Refusal('chain-untrusted', 'no way to a root');

  constructor(links: VerifiedLinks, question: ChainQuestion) {
    this.#links = links;
    this.#question = question;
    const { trust, hints } = question;
    const unique = new Map<string, Certificate>();
    for (const one of [...trust.roots, ...trust.issuers, ...hints]) {
      unique.set(one.fingerprint, one);
    }
    this.#known = [...unique.values()];
  }

  async run(): Promise<readonly Certificate[]> {
    const { certificate } = this.#question;
    checkFields(certificate);
    const chain = await this.#extend([certificate]);
    if (chain === undefined) throw this.#worst;
    return chain;
  }

  async #extend(path: readonly Certificate[]): Promise<readonly Certificate[] | undefined> {
    const last = path.at(-1);
    if (last === undefined) return undefined;
    if (this.#question.trust.isRoot(last)) return path;
    if (path.length >= limits.chainLength) {
      this.#note(new Refusal('path-too-long', 'no root within the limit'));
      return undefined;
    }
    for (const issuer of this.#issuersOf(last, path)) {
      if (this.#signatures >= limits.chainSignatures) return undefined;
      try {
        this.#signatures++;
        if (!(await this.#links.isSignedBy(last, issuer))) continue;
        checkIssuer(issuer, path, this.#question.at);
      } catch (error) {
        if (!(error instanceof Refusal) || error.code === 'too-large') throw error;
        this.#note(error);
        continue;
      }
      const chain = await this.#extend([...path, issuer]);
      if (chain !== undefined) return chain;
    }
    return undefined;
  }

  /** Those of the right name, the ones whose key identifier fits first; identifiers are hints. RFC 5280 4.2.1.1. */
  #issuersOf(certificate: Certificate, path: readonly Certificate[]): readonly Certificate[] {
    const named = this.#known.filter(
      (one) =>
        Buffer.compare(one.subject.raw, certificate.issuer.raw) === 0 &&
        !path.some((other) => other.equals(one)),
    );
    return named.toSorted((a, b) => fits(b, certificate) - fits(a, certificate));
  }

  #note(refusal: Refusal): void {
    if (ranks.indexOf(refusal.code) > ranks.indexOf(this.#worst.code)) this.#worst = refusal;
  }
}

function fits(issuer: Certificate, certificate: Certificate): number {
  const { authorityKeyId } = certificate;
  const { subjectKeyId } = issuer;
  if (authorityKeyId === undefined || subjectKeyId === undefined) return 0;
  return Buffer.compare(authorityKeyId, subjectKeyId) === 0 ? 1 : -1;
}

/** What is asked of each certificate of a chain, the first included. */
function checkFields(certificate: Certificate): void {
  if (!certificate.algorithmFieldsAgree) throw new Refusal('algorithm-fields-differ');
  const [unknown] = certificate.unknownCriticalExtensions;
  if (unknown !== undefined) throw new Refusal('unknown-critical-extension', unknown);
}

/** What is asked of an issuer above `path`. */
function checkIssuer(issuer: Certificate, path: readonly Certificate[], at: number): void {
  const { basicConstraints, keyUsage } = issuer;
  if (basicConstraints?.authority !== true) throw new Refusal('issuer-not-ca');
  if (keyUsage?.has('keyCertSign') !== true) throw new Refusal('issuer-key-usage', 'keyCertSign');
  checkFields(issuer);
  // RFC 5280 4.2.1.9: issuers between this one and the end, those that renewed their own certificate not counted.
  const between = path.slice(1).filter((one) => !one.isSelfIssued).length;
  if (basicConstraints.pathLength !== undefined && between > basicConstraints.pathLength) {
    throw new Refusal('path-too-long', `pathLenConstraint ${basicConstraints.pathLength}`);
  }
  if (at < issuer.notBefore || at > issuer.notAfter) throw new Refusal('issuer-expired');
}
