import type { DigestName } from '../algorithms/digests.ts';
import type { SignatureVerifier } from '../algorithms/signature-verifier.ts';
import { Refusal } from '../refusal.ts';
import type { SignedData } from './signed-data.ts';

/** Detached content: the octets, or a way to read them again from the start, such as a file that is large. */
export type Content = Uint8Array | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>);

/** What the signers signed. A digest is computed once, however many signers use it. */
export class SignedContent {
  readonly #content: Content;
  readonly #verifier: Pick<SignatureVerifier, 'digest'>;
  readonly #digests = new Map<DigestName, Promise<Uint8Array>>();

  constructor(content: Content, verifier: Pick<SignatureVerifier, 'digest'>) {
    this.#content = content;
    this.#verifier = verifier;
  }

  digest(name: DigestName): Promise<Uint8Array> {
    let digest = this.#digests.get(name);
    if (digest === undefined) {
      const chunks = typeof this.#content === 'function' ? this.#content() : [this.#content];
      digest = this.#verifier.digest(name, chunks);
      this.#digests.set(name, digest);
    }
    return digest;
  }
}

/**
 * The content that was signed: within the CMS, or beside it. Throws `content-missing` when it is in neither place, and
 * `content-mismatch` when it is in both and not the same. RFC 5652 5.2, docs/eds.md step 3.
 */
export async function signedContent(
  data: SignedData,
  detached: Content | undefined,
  verifier: Pick<SignatureVerifier, 'digest'>,
): Promise<SignedContent> {
  if (data.content === undefined) {
    if (detached === undefined) throw new Refusal('content-missing');
    return new SignedContent(detached, verifier);
  }
  const inside = new SignedContent(data.content, verifier);
  if (detached !== undefined) {
    const beside = await new SignedContent(detached, verifier).digest('sha256');
    if (Buffer.compare(beside, await inside.digest('sha256')) !== 0) {
      throw new Refusal('content-mismatch');
    }
  }
  return inside;
}
