import type { Threading } from '../../mail/api.ts';

/**
 * What a conversation is found by: a 52-bit hash of each Message-ID with the base subject, so that a changed subject
 * starts a new conversation. RFC 8621 §3. A message without one is known by its digest.
 */
export function threadRefs(
  { messageId, references, baseSubject }: Threading,
  sha256: string,
): { readonly ref: number; readonly references: readonly number[] } {
  const ref = hash(messageId === undefined ? sha256 : `${messageId}\n${baseSubject}`);
  const others = new Set(references.map((id) => hash(`${id}\n${baseSubject}`)));
  others.delete(ref);
  return { ref, references: [...others] };
}

/** Not cryptographic: whoever wants to join a conversation may simply name it in References. */
function hash(text: string): number {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 2654435761);
    high = Math.imul(high ^ code, 1597334677);
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  return (high & 0xfffff) * 0x1_0000_0000 + (low >>> 0);
}
