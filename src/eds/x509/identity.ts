import { oids } from '../oids.ts';
import type { Certificate } from './certificate.ts';
import { nameValues } from './name.ts';
import { type Role, rolesOf } from './roles.ts';

/** Whom a certificate names. The numbers are personal data and belong into no log. */
export interface Identity {
  /** Each `IIN` of the subject; a good one has exactly one. */
  readonly iins: readonly string[];
  /** Each `BIN` of the subject; a company's has exactly one. */
  readonly bins: readonly string[];
  readonly roles: readonly Role[];
}

const digits = /^\d{12}$/;

/**
 * Read from the subject alone: serialNumber `IIN` and 12 digits, OU `BIN` and 12 digits, RDNs in any order. A value
 * that begins so and goes on in another way counts too, as one that no number equals, so that it is not overlooked.
 */
export function identityOf(certificate: Certificate): Identity {
  return {
    iins: numbers(certificate, oids.serialNumber, 'IIN'),
    bins: numbers(certificate, oids.organizationalUnit, 'BIN'),
    roles: rolesOf(certificate.extendedKeyUsage),
  };
}

function numbers(certificate: Certificate, oid: string, prefix: string): readonly string[] {
  return nameValues(certificate.subject, oid)
    .filter((value) => value.startsWith(prefix))
    .map((value) => value.slice(prefix.length))
    .map((value) => (digits.test(value) ? value : ''));
}
