import { Refusal } from '../refusal.ts';
import type { TagClass } from './tags.ts';

/** One element of a parsed file. It is a view: the octets are those that were read. */
export class Asn1Node {
  readonly tagClass: TagClass;
  readonly tag: number;
  readonly constructed: boolean;
  /** The whole element with its header, as it came. */
  readonly raw: Uint8Array;
  /** What is between the header and the end; for a constructed element its children, encoded. */
  readonly content: Uint8Array;
  readonly children: readonly Asn1Node[];
  /** Whether this element and all in it have the one encoding that DER allows for lengths. X.690 10.1. */
  readonly definite: boolean;

  constructor(parts: {
    readonly tagClass: TagClass;
    readonly tag: number;
    readonly constructed: boolean;
    readonly raw: Uint8Array;
    readonly content: Uint8Array;
    readonly children: readonly Asn1Node[];
    readonly definite: boolean;
  }) {
    this.tagClass = parts.tagClass;
    this.tag = parts.tag;
    this.constructed = parts.constructed;
    this.raw = parts.raw;
    this.content = parts.content;
    this.children = parts.children;
    this.definite = parts.definite;
  }

  is(tagClass: TagClass, tag: number, constructed = false): boolean {
    return this.tagClass === tagClass && this.tag === tag && this.constructed === constructed;
  }

  /** The only child. Throws `parse` when there are none or several. */
  only(what: string): Asn1Node {
    const [child] = this.children;
    if (child === undefined || this.children.length !== 1) {
      throw new Refusal('parse', `${what}: one element expected`);
    }
    return child;
  }
}
