import { type DigestName } from '../algorithms/digests.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { timeOf } from '../asn1/time-of.ts';
import { octetsOf, oidOf } from '../asn1/values.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import type { Attributes } from './attributes.ts';
import type { SignedContent } from './content.ts';
import type { SignerInfo } from './signer-info.ts';

/** Signed attributes that are there and single. */
export interface SignedAttributes {
  readonly attributes: Attributes;
  /** What the signature is over. */
  readonly bytes: Uint8Array;
}

/**
 * Asks for signed attributes, each once and with one value. A signature over the content itself is refused: what it
 * signs could be the attributes of another one. RFC 5652 5.3 and 11, docs/eds.md step 4.
 */
export function requireAttributes(signer: SignerInfo): SignedAttributes {
  const { signedAttributes, signedBytes } = signer;
  if (signedAttributes === undefined || signedBytes === undefined) {
    throw new Refusal('no-signed-attrs');
  }
  const seen = new Set<string>();
  for (const { oid, values } of signedAttributes.all) {
    if (seen.has(oid) || values.length !== 1) throw new Refusal('attribute-not-single-valued', oid);
    seen.add(oid);
  }
  return { attributes: signedAttributes, bytes: signedBytes };
}

/** The content type is signed and is that of the content. RFC 5652 11.1. */
export function checkContentType({ attributes }: SignedAttributes, contentType: string): void {
  const value = single(attributes, oids.contentType);
  if (value === undefined) throw new Refusal('content-type-missing');
  if (oidOf(value, 'contentType') !== contentType) throw new Refusal('content-type-mismatch');
}

/** The digest of the content is the one that was signed. RFC 5652 11.2. */
export async function checkMessageDigest(
  { attributes }: SignedAttributes,
  digest: DigestName,
  content: SignedContent,
): Promise<void> {
  const value = single(attributes, oids.messageDigest);
  if (value === undefined) throw new Refusal('message-digest-missing');
  const signed = octetsOf(value, 'messageDigest');
  if (Buffer.compare(signed, await content.digest(digest)) !== 0) {
    throw new Refusal('message-digest-mismatch');
  }
}

/** When the signer says that he signed. Nothing may rest on it. RFC 5652 11.3. */
export function claimedTime({ attributes }: SignedAttributes): number | undefined {
  const value = single(attributes, oids.signingTime);
  return value && timeOf(value, 'signingTime');
}

function single(attributes: Attributes, oid: string): Asn1Node | undefined {
  return attributes.values(oid)[0];
}
