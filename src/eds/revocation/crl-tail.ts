import { Fields } from '../asn1/fields.ts';
import { timeOf } from '../asn1/time-of.ts';
import { naturalOf } from '../asn1/values.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import type { Extensions } from '../x509/extensions.ts';

/** What the extensions of a CRL say, RFC 5280 5.2. */
export interface CrlTail {
  readonly number: bigint | undefined;
  /** A delta CRL: the number of the list that it goes with, or of a later one. */
  readonly deltaBase: bigint | undefined;
  readonly scope: CrlScope;
  /** Since when certificates that have ended stay in the list; undefined: they leave it. X.509 9.5.2.8. */
  readonly expiredSince: number | undefined;
}

/** Which certificates of the issuer a list speaks of. */
export type CrlScope = 'all' | 'users' | 'authorities';

const known: readonly string[] = [
  oids.authorityKeyIdentifier,
  oids.issuerAltName,
  oids.crlNumber,
  oids.deltaCrlIndicator,
  oids.issuingDistributionPoint,
  oids.freshestCrl,
  oids.authorityInfoAccess,
  oids.expiredCertsOnCrl,
];

/** Throws `crl-scope` for lists that say less than all of the issuer's certificates, and for what is not known. */
export function readCrlTail(extensions: Extensions): CrlTail {
  const [unknown] = extensions.unknownCritical(known);
  if (unknown !== undefined) throw new Refusal('crl-scope', unknown);
  const expired = extensions.value(oids.expiredCertsOnCrl);
  return {
    number: numberOf(extensions.value(oids.crlNumber), 'cRLNumber'),
    deltaBase: numberOf(extensions.value(oids.deltaCrlIndicator), 'deltaCRLIndicator'),
    scope: scopeOf(extensions.value(oids.issuingDistributionPoint)),
    expiredSince: expired && timeOf(expired, 'expiredCertsOnCRL'),
  };
}

function numberOf(node: Asn1Node | undefined, what: string): bigint | undefined {
  if (node === undefined) return undefined;
  const hex = Buffer.from(naturalOf(node, what)).toString('hex');
  if (hex.length > 40) throw new Refusal('crl-parse', what);
  return hex === '' ? 0n : BigInt(`0x${hex}`);
}

/**
 * IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0], onlyContainsUserCerts [1], onlyContainsCACerts [2],
 * onlySomeReasons [3], indirectCRL [4], onlyContainsAttributeCerts [5] }, RFC 5280 5.2.5. A part of a list, by place
 * or by reason, cannot say that a certificate is good.
 */
function scopeOf(node: Asn1Node | undefined): CrlScope {
  if (node === undefined) return 'all';
  const fields = Fields.sequence(node, 'issuingDistributionPoint');
  const place = fields.optional('context', 0);
  const flag = (tag: number): boolean => {
    const value = fields.optional('context', tag);
    if (value === undefined) return false;
    if (value.constructed || value.content.length !== 1 || value.content[0] !== 0xff) {
      throw new Refusal('crl-parse', 'issuingDistributionPoint');
    }
    return true;
  };
  const users = flag(1);
  const authorities = flag(2);
  const someReasons = fields.optional('context', 3);
  const indirect = flag(4);
  const attributes = flag(5);
  fields.end();
  const partial = place !== undefined || someReasons !== undefined || indirect || attributes;
  if (partial || (users && authorities)) throw new Refusal('crl-scope');
  return users ? 'users' : authorities ? 'authorities' : 'all';
}
