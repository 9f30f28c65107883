import { Refusal } from '../refusal.ts';
import type { Asn1Node } from './node.ts';
import { type TagClass, tags } from './tags.ts';

/** The children of a SEQUENCE, taken one after the other. Everything throws `parse` with the name of the type. */
export class Fields {
  readonly #what: string;
  readonly #children: readonly Asn1Node[];
  #next = 0;

  constructor(node: Asn1Node, what: string, children: readonly Asn1Node[] = node.children) {
    this.#what = what;
    this.#children = children;
    if (!node.constructed) throw new Refusal('parse', `${what}: not a sequence`);
  }

  /** The fields of a SEQUENCE; any other type is refused. */
  static sequence(node: Asn1Node, what: string): Fields {
    if (!node.is('universal', tags.sequence, true)) {
      throw new Refusal('parse', `${what}: not a sequence`);
    }
    return new Fields(node, what);
  }

  next(): Asn1Node {
    const node = this.#children[this.#next++];
    if (node === undefined) throw new Refusal('parse', `${this.#what}: a field is missing`);
    return node;
  }

  /** The next one if it has this tag, whether primitive or constructed. */
  optional(tagClass: TagClass, tag: number): Asn1Node | undefined {
    const node = this.#children[this.#next];
    if (node?.tagClass !== tagClass || node.tag !== tag) return undefined;
    this.#next++;
    return node;
  }

  /** Whatever is next, if anything is. */
  rest(): Asn1Node | undefined {
    return this.#children[this.#next++];
  }

  end(): void {
    if (this.#next < this.#children.length) {
      throw new Refusal('parse', `${this.#what}: a field too many`);
    }
  }
}
