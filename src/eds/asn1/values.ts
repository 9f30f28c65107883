import { limits } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import type { Asn1Node } from './node.ts';
import { tags } from './tags.ts';

/*
 * The values of primitive elements. Each throws `parse` with `what` in it, and takes only the one form that DER has.
 */

function primitive(node: Asn1Node, tag: number, what: string): Uint8Array {
  if (!node.is('universal', tag)) throw new Refusal('parse', `${what}: another type`);
  return node.content;
}

/** X.690 8.2, 11.1. */
export function booleanOf(node: Asn1Node, what: string): boolean {
  const [octet, ...rest] = primitive(node, tags.boolean, what);
  if (rest.length > 0 || (octet !== 0 && octet !== 0xff)) {
    throw new Refusal('parse', `${what}: not a boolean`);
  }
  return octet === 0xff;
}

/** The octets of an INTEGER, two's complement, the shortest form. X.690 8.3. */
export function integerBytes(node: Asn1Node, what: string, tag: number = tags.integer): Uint8Array {
  const bytes = primitive(node, tag, what);
  const [first, second = 0] = bytes;
  const padded =
    bytes.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (first === undefined || padded) throw new Refusal('parse', `${what}: not an integer`);
  return bytes;
}

/** A number that fits into 31 bits and is not negative; larger ones are refused. */
export function smallInteger(node: Asn1Node, what: string, tag: number = tags.integer): number {
  const bytes = integerBytes(node, what, tag);
  const [first = 0] = bytes;
  if (bytes.length > 4 || first >= 0x80) throw new Refusal('parse', `${what}: out of range`);
  return bytes.reduce((value, octet) => value * 256 + octet, 0);
}

/** A number that is not negative, such as the two of an RSA key. */
export function naturalOf(node: Asn1Node, what: string): Uint8Array {
  const bytes = integerBytes(node, what);
  if ((bytes[0] ?? 0) >= 0x80) throw new Refusal('parse', `${what}: negative`);
  return bytes[0] === 0 ? bytes.subarray(1) : bytes;
}

/** The octets of an OCTET STRING; a constructed one of BER is put together. X.690 8.7.3. */
export function octetsOf(node: Asn1Node, what: string): Uint8Array {
  return node.constructed
    ? joinOctets(node, 'universal', what)
    : primitive(node, tags.octetString, what);
}

/** The octets of `[tag] IMPLICIT OCTET STRING`. */
export function implicitOctetsOf(node: Asn1Node, tag: number, what: string): Uint8Array {
  if (node.tagClass !== 'context' || node.tag !== tag) {
    throw new Refusal('parse', `${what}: another type`);
  }
  return node.constructed ? joinOctets(node, 'context', what) : node.content;
}

function joinOctets(node: Asn1Node, own: 'universal' | 'context', what: string): Uint8Array {
  if (own === 'universal' && !node.is('universal', tags.octetString, true)) {
    throw new Refusal('parse', `${what}: another type`);
  }
  const chunks: Uint8Array[] = [];
  const visit = (part: Asn1Node): void => {
    for (const child of part.children) {
      if (child.is('universal', tags.octetString)) chunks.push(child.content);
      else if (child.is('universal', tags.octetString, true)) visit(child);
      else throw new Refusal('parse', `${what}: another type in a chunk`);
    }
  };
  visit(node);
  return Buffer.concat(chunks);
}

/** The octets of a BIT STRING of whole octets. */
export function wholeBits(node: Asn1Node, what: string): Uint8Array {
  const bytes = primitive(node, tags.bitString, what);
  if (bytes[0] !== 0) throw new Refusal('parse', `${what}: not whole octets`);
  return bytes.subarray(1);
}

/** The numbers of the bits that are set, as in KeyUsage. X.690 8.6, 11.2. */
export function namedBits(node: Asn1Node, what: string, tag?: number): ReadonlySet<number> {
  const bytes =
    tag === undefined ? primitive(node, tags.bitString, what) : contextPrimitive(node, tag, what);
  const [unused, ...octets] = bytes;
  if (unused === undefined || unused > 7 || octets.length > 8) {
    throw new Refusal('parse', `${what}: not a list of bits`);
  }
  const last = octets.at(-1);
  if (last === undefined ? unused !== 0 : (last & ((1 << unused) - 1)) !== 0) {
    throw new Refusal('parse', `${what}: unused bits are set`);
  }
  const set = new Set<number>();
  for (const [i, octet] of octets.entries()) {
    for (let bit = 0; bit < 8; bit++) if ((octet & (0x80 >> bit)) !== 0) set.add(i * 8 + bit);
  }
  return set;
}

/** The content of `[tag] IMPLICIT` over a primitive type. */
export function contextPrimitive(node: Asn1Node, tag: number, what: string): Uint8Array {
  if (!node.is('context', tag)) throw new Refusal('parse', `${what}: another type`);
  return node.content;
}

/** `1.2.398.3.10.1.1.2.3.2`. X.690 8.19. */
export function oidOf(node: Asn1Node, what: string): string {
  return oidFromContent(primitive(node, tags.oid, what), what);
}

export function oidFromContent(bytes: Uint8Array, what: string): string {
  if (bytes.length === 0 || bytes.length > limits.oidBytes || (bytes.at(-1) ?? 0) >= 0x80) {
    throw new Refusal('parse', `${what}: not an object identifier`);
  }
  const arcs: number[] = [];
  let arc = 0;
  let begun = false;
  for (const octet of bytes) {
    if (!begun && octet === 0x80) throw new Refusal('parse', `${what}: an arc with a leading zero`);
    arc = arc * 128 + (octet & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new Refusal('parse', `${what}: an arc too large`);
    begun = octet >= 0x80;
    if (begun) continue;
    if (arcs.length === 0) {
      const root = Math.min(2, Math.floor(arc / 40));
      arcs.push(root, arc - root * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

export function nullOf(node: Asn1Node, what: string): void {
  if (primitive(node, tags.null, what).length > 0) throw new Refusal('parse', `${what}: not NULL`);
}
