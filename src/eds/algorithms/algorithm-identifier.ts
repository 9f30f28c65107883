import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { tags } from '../asn1/tags.ts';
import { nullOf, oidOf } from '../asn1/values.ts';

/** `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }`, RFC 5280 4.1.1.2. */
export interface AlgorithmIdentifier {
  readonly oid: string;
  /** Undefined when they are absent or NULL, which is the same to the algorithms here. */
  readonly parameters: Asn1Node | undefined;
  readonly raw: Uint8Array;
}

export function readAlgorithmIdentifier(node: Asn1Node, what: string): AlgorithmIdentifier {
  const fields = Fields.sequence(node, what);
  const oid = oidOf(fields.next(), what);
  const next = fields.rest();
  fields.end();
  const isNull = next?.is('universal', tags.null) === true;
  if (isNull) nullOf(next, what);
  return { oid, parameters: isNull ? undefined : next, raw: node.raw };
}

/** Whether both name one algorithm. The National CA writes NULL in one place and nothing in the other. */
export function isSameAlgorithm(a: AlgorithmIdentifier, b: AlgorithmIdentifier): boolean {
  if (a.parameters !== undefined || b.parameters !== undefined) {
    return Buffer.compare(a.raw, b.raw) === 0;
  }
  return a.oid === b.oid;
}
