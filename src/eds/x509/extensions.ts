import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { tags } from '../asn1/tags.ts';
import { booleanOf, oidOf, octetsOf } from '../asn1/values.ts';
import { readDer } from '../asn1/read-asn1.ts';
import { Refusal } from '../refusal.ts';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** The octets inside the OCTET STRING. */
  readonly value: Uint8Array;
}

/** The extensions of a certificate, CRL, CRL entry, OCSP answer or timestamp. RFC 5280 4.1. */
export class Extensions {
  readonly #byOid: ReadonlyMap<string, Extension>;

  private constructor(byOid: ReadonlyMap<string, Extension>) {
    this.#byOid = byOid;
  }

  static readonly none = new Extensions(new Map());

  /** Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension. One that comes twice is refused: RFC 5280 4.2. */
  static read(node: Asn1Node, what: string): Extensions {
    if (!node.is('universal', tags.sequence, true)) {
      throw new Refusal('parse', `${what}: not extensions`);
    }
    return Extensions.of(node.children, what);
  }

  /** The same under an implicit tag. */
  static of(children: readonly Asn1Node[], what: string): Extensions {
    const byOid = new Map<string, Extension>();
    for (const child of children) {
      const fields = Fields.sequence(child, what);
      const oid = oidOf(fields.next(), what);
      const flag = fields.optional('universal', tags.boolean);
      const value = octetsOf(fields.next(), what);
      fields.end();
      if (byOid.has(oid)) throw new Refusal('parse', `${what}: ${oid} twice`);
      byOid.set(oid, { oid, critical: flag !== undefined && booleanOf(flag, what), value });
    }
    return new Extensions(byOid);
  }

  get all(): readonly Extension[] {
    return [...this.#byOid.values()];
  }

  has(oid: string): boolean {
    return this.#byOid.has(oid);
  }

  isCritical(oid: string): boolean {
    return this.#byOid.get(oid)?.critical === true;
  }

  /** The element inside an extension, or undefined when it is not there. Throws `parse`. */
  value(oid: string): Asn1Node | undefined {
    const extension = this.#byOid.get(oid);
    if (extension === undefined) return undefined;
    try {
      return readDer(extension.value);
    } catch (error) {
      if (error instanceof Refusal)
        throw new Refusal('parse', `extension ${oid}`, { cause: error });
      throw error;
    }
  }

  /** Critical ones that are not in the list: whoever does not know them must refuse. */
  unknownCritical(known: readonly string[]): readonly string[] {
    return this.all.filter((one) => one.critical && !known.includes(one.oid)).map((one) => one.oid);
  }
}
