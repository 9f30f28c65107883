import { oids } from '../../eds/oids.ts';
import type { Certificate } from '../../eds/x509/certificate.ts';
import { nameValues } from '../../eds/x509/name.ts';
import type { PersonName } from '../api.ts';

/**
 * The owner's name as the National CA writes it: CN is surname and given name, SN the surname, and GIVENNAME, against
 * its name, the patronymic. One word alone is taken for the surname.
 */
export function certificateName(certificate: Certificate): PersonName {
  const first = (oid: string): string => nameValues(certificate.subject, oid)[0]?.trim() ?? '';
  const common = first(oids.commonName);
  const surname = first(oids.surname) || (common.split(/\s+/)[0] ?? '');
  const given = common.startsWith(surname) ? common.slice(surname.length).trim() : common;
  const patronymic = first(oids.givenName);
  return { surname, given, ...(patronymic === '' ? {} : { patronymic }) };
}

/** The organisation of the certificate, when it names one. */
export function certificateOrganisation(certificate: Certificate): string | undefined {
  return nameValues(certificate.subject, oids.organization)[0];
}
