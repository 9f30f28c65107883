import { limits } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import { Asn1Node } from './node.ts';
import type { TagClass } from './tags.ts';

const classes: readonly TagClass[] = ['universal', 'application', 'context', 'private'];
/** Tag numbers beyond this are used by nothing we read. */
const largestTag = 1_000;

/** The identifier and length octets of an element. */
export interface Asn1Header {
  readonly tagClass: TagClass;
  readonly tag: number;
  readonly constructed: boolean;
  readonly headerBytes: number;
  /** Undefined: the indefinite form of BER. */
  readonly contentBytes: number | undefined;
  /** Whether DER would write the length so. */
  readonly minimal: boolean;
}

/** Undefined when the header is not whole yet. Throws `parse`. X.690 8.1.2, 8.1.3. */
export function readHeader(bytes: Uint8Array, start: number): Asn1Header | undefined {
  const first = bytes[start];
  if (first === undefined) return undefined;
  let at = start + 1;
  let tag = first & 0x1f;
  let minimal = true;
  if (tag === 0x1f) {
    tag = 0;
    for (;;) {
      const octet = bytes[at++];
      if (octet === undefined) return undefined;
      if (tag === 0 && octet === 0x80) throw new Refusal('parse', 'tag with a leading zero');
      tag = tag * 128 + (octet & 0x7f);
      if (tag > largestTag) throw new Refusal('parse', 'tag number too large');
      if (octet < 0x80) break;
    }
    minimal = tag >= 0x1f;
  }
  const lengthOctet = bytes[at++];
  if (lengthOctet === undefined) return undefined;
  let contentBytes: number | undefined = lengthOctet;
  if (lengthOctet === 0x80) contentBytes = undefined;
  else if (lengthOctet > 0x80) {
    // Six octets are more than any file has, and still exact in a number.
    const count = lengthOctet & 0x7f;
    if (count > 6) throw new Refusal('parse', 'length too large');
    if (at + count > bytes.length) return undefined;
    contentBytes = 0;
    for (let i = 0; i < count; i++) contentBytes = contentBytes * 256 + (bytes[at + i] ?? 0);
    minimal &&= contentBytes >= 0x80 && bytes[at] !== 0;
    at += count;
  }
  return {
    tagClass: classes[first >> 6] ?? 'universal',
    tag,
    constructed: (first & 0x20) !== 0,
    headerBytes: at - start,
    contentBytes,
    minimal,
  };
}

/**
 * Reads one element, DER or BER, that fills the octets to the last one. Throws `parse`, and `trailing-data` when
 * something follows. Work and memory grow with the length of the input and are bounded by `limits`.
 */
export function readAsn1(bytes: Uint8Array): Asn1Node {
  const reader = new Asn1Reader(bytes);
  const { node, end } = reader.element(0, bytes.length, 0);
  if (end !== bytes.length) {
    throw new Refusal('trailing-data', `${bytes.length - end} octets after the end`);
  }
  return node;
}

/** As `readAsn1`, and refuses what DER would encode otherwise: for certificates and all that is signed as it stands. */
export function readDer(bytes: Uint8Array): Asn1Node {
  const node = readAsn1(bytes);
  if (!node.definite) throw new Refusal('parse', 'not DER');
  return node;
}

class Asn1Reader {
  readonly #bytes: Uint8Array;
  #elements = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  element(
    start: number,
    limit: number,
    depth: number,
  ): { readonly node: Asn1Node; readonly end: number } {
    if (depth > limits.asn1Depth) throw new Refusal('parse', 'too deep');
    if (++this.#elements > limits.asn1Elements) throw new Refusal('parse', 'too many elements');
    const header = readHeader(this.#bytes, start);
    if (header === undefined || start + header.headerBytes > limit) {
      throw new Refusal('parse', 'cut off in a header');
    }
    const { tagClass, tag, constructed, contentBytes } = header;
    if (tagClass === 'universal' && tag === 0) throw new Refusal('parse', 'end of contents here');
    const begin = start + header.headerBytes;
    const children: Asn1Node[] = [];
    let definite = header.minimal;
    let at = begin;
    let end: number;
    if (contentBytes === undefined) {
      if (!constructed) throw new Refusal('parse', 'indefinite length of a primitive element');
      definite = false;
      // X.690 8.1.3.6: two zero octets end it.
      while (!(this.#bytes[at] === 0 && this.#bytes[at + 1] === 0 && at + 1 < limit)) {
        const child = this.element(at, limit, depth + 1);
        children.push(child.node);
        at = child.end;
      }
      end = at + 2;
    } else {
      if (contentBytes > limit - begin) throw new Refusal('parse', 'longer than the file');
      at = end = begin + contentBytes;
      for (let next = begin; constructed && next < end;) {
        const child = this.element(next, end, depth + 1);
        children.push(child.node);
        next = child.end;
      }
    }
    for (const child of children) definite &&= child.definite;
    const node = new Asn1Node({
      tagClass,
      tag,
      constructed,
      raw: this.#bytes.subarray(start, end),
      content: this.#bytes.subarray(begin, at),
      children,
      definite,
    });
    return { node, end };
  }
}
