import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { tags } from '../asn1/tags.ts';
import { textOf } from '../asn1/text-of.ts';
import { oidOf } from '../asn1/values.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';

export interface NameAttribute {
  readonly oid: string;
  readonly value: string;
}

/** A distinguished name, RFC 5280 4.1.2.4. Two are the same when their octets are. */
export interface Name {
  readonly raw: Uint8Array;
  /** In the order of the file; the attributes of one RDN one after the other. */
  readonly attributes: readonly NameAttribute[];
}

const shortNames: Readonly<Record<string, string>> = {
  [oids.commonName]: 'CN',
  [oids.surname]: 'SN',
  [oids.serialNumber]: 'SERIALNUMBER',
  [oids.country]: 'C',
  [oids.locality]: 'L',
  [oids.state]: 'S',
  [oids.organization]: 'O',
  [oids.organizationalUnit]: 'OU',
  [oids.businessCategory]: 'businessCategory',
  [oids.givenName]: 'GIVENNAME',
  [oids.userId]: 'UID',
  [oids.domainComponent]: 'DC',
  [oids.emailAddress]: 'E',
};

/** Name ::= SEQUENCE OF SET SIZE (1..MAX) OF SEQUENCE { type, value }. */
export function readName(node: Asn1Node, what: string): Name {
  if (!node.is('universal', tags.sequence, true)) throw new Refusal('parse', `${what}: not a name`);
  const attributes: NameAttribute[] = [];
  for (const rdn of node.children) {
    if (!rdn.is('universal', tags.set, true) || rdn.children.length === 0) {
      throw new Refusal('parse', `${what}: not a name`);
    }
    for (const pair of rdn.children) {
      const fields = Fields.sequence(pair, what);
      const oid = oidOf(fields.next(), what);
      const value = textOf(fields.next(), what);
      fields.end();
      attributes.push({ oid, value });
    }
  }
  return { raw: node.raw, attributes };
}

/** `CN=…, SN=…, C=KZ`: for people. It cannot be read back, and is never compared. */
export function nameText(name: Name): string {
  return name.attributes
    .map(({ oid, value }) => `${shortNames[oid] ?? oid}=${value.replace(/\p{Cc}/gu, '?')}`)
    .join(', ');
}

/** All values of an attribute. */
export function nameValues(name: Name, oid: string): readonly string[] {
  return name.attributes.filter((one) => one.oid === oid).map((one) => one.value);
}
