import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { tags } from '../asn1/tags.ts';
import { oidOf } from '../asn1/values.ts';
import { Refusal } from '../refusal.ts';

/** Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }, RFC 5652 5.3. */
export interface Attribute {
  readonly oid: string;
  readonly values: readonly Asn1Node[];
}

/** The attributes under an implicit tag, as they come. */
export class Attributes {
  readonly all: readonly Attribute[];

  constructor(node: Asn1Node, what: string) {
    this.all = node.children.map((child) => {
      const fields = Fields.sequence(child, what);
      const oid = oidOf(fields.next(), what);
      const values = fields.next();
      fields.end();
      if (!values.is('universal', tags.set, true)) throw new Refusal('parse', `${what}: no values`);
      return { oid, values: values.children };
    });
  }

  /** The values of all attributes with this identifier. */
  values(oid: string): readonly Asn1Node[] {
    return this.all.filter((one) => one.oid === oid).flatMap((one) => one.values);
  }

  has(oid: string): boolean {
    return this.all.some((one) => one.oid === oid);
  }
}
