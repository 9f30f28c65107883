import { der } from '../asn1/der.ts';
import { oids } from '../oids.ts';

/** Attribute types that the National CA writes as PrintableString; all others are UTF8String. */
const printable: readonly string[] = [oids.serialNumber, oids.country];

/** A distinguished name of one attribute an RDN, in the order given. */
export function nameDer(attributes: readonly (readonly [oid: string, value: string])[]): Buffer {
  return der.sequence(
    ...attributes.map(([oid, value]) =>
      der.set(
        der.sequence(
          der.oid(oid),
          printable.includes(oid) ? der.printable(value) : der.utf8(value),
        ),
      ),
    ),
  );
}
