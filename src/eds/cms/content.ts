import { createHasher, digestOf, type DigestName } from '../algorithms/digests.ts';
import { Refusal } from '../refusal.ts';
import type { SignedData } from './signed-data.ts';

/** Detached content: the octets, or a way to read them again from the start, such as a file that is large. */
export type Content = Uint8Array | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>);

/** What the signers signed. A digest is computed once, however many signers use it. */
export class SignedContent {
  readonly #content: Content;
  readonly #digests = new Map<DigestName, Promise<Uint8Array>>();

  constructor(content: Content) {
    this.#content = content;
  }

  digest(name: DigestName): Promise<Uint8Array> {
    const known = this.#digests.get(name);
    if (known !== undefined) return known;
    const made = this.#compute(name);
    this.#digests.set(name, made);
    return made;
  }

  async #compute(name: DigestName): Promise<Uint8Array> {
    if (typeof this.#content !== 'function') return digestOf(name, this.#content);
    const hasher = createHasher(name);
    for await (const chunk of this.#content()) hasher.update(chunk);
    return hasher.digest();
  }
}

/**
 * The content that was signed: within the CMS, or beside it. Throws `content-missing` when it is in neither place, and
 * `content-mismatch` when it is in both and not the same. RFC 5652 5.2, docs/eds.md step 3.
 */
export async function signedContent(
  data: SignedData,
  detached: Content | undefined,
): Promise<SignedContent> {
  if (data.content === undefined) {
    if (detached === undefined) throw new Refusal('content-missing');
    return new SignedContent(detached);
  }
  const inside = new SignedContent(data.content);
  if (detached !== undefined) {
    const beside = await new SignedContent(detached).digest('sha256');
    if (Buffer.compare(beside, await inside.digest('sha256')) !== 0) {
      throw new Refusal('content-mismatch');
    }
  }
  return inside;
}
