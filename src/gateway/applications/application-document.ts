import type { AgreementVersion, ApplicationFields } from '../api.ts';
import type { Applicant } from './application-record.ts';
import { fullName } from './full-name.ts';

/** The law that makes an accepted application a contract. Annex, A8 and B7 */
const adhesion = 'Civil Code of the Republic of Kazakhstan, article 389';

export interface DocumentFacts {
  readonly id: string;
  readonly applicant: Applicant;
  readonly fields: ApplicationFields;
  readonly address: string;
  readonly agreement: AgreementVersion;
  readonly agreementUrl: string;
}

/**
 * The application of the Annex as a value, every field of it: what is signed is its canonical JSON (RFC 8785).
 * Members that nobody filled in are left out.
 */
export function applicationDocument(facts: DocumentFacts): Record<string, unknown> {
  const { id, applicant, fields, address, agreement, agreementUrl } = facts;
  return known({
    v: 'zhashik-application/1',
    id,
    applicant: applicant.type === 'individual' ? individual(applicant) : legalEntity(applicant),
    // A7, B6
    requestedLogin: fields.login,
    address,
    // A5, A6, B5
    phones: known({ mobile: fields.phoneMobile, home: fields.phoneHome }),
    // A4, B4
    addresses: known({
      residence:
        applicant.type === 'individual'
          ? (fields.residenceAddress ?? applicant.person.address?.text)
          : undefined,
      legal: applicant.type === 'legalEntity' ? applicant.entity.legalAddress?.text : undefined,
      actual: fields.actualAddress,
    }),
    language: fields.language,
    // A8, B7
    agreement: {
      version: agreement.version,
      sha256: agreement.sha256,
      url: agreementUrl,
      basis: adhesion,
    },
  });
}

/** Annex, A1 to A3 */
function individual({ person }: Extract<Applicant, { type: 'individual' }>): object {
  const { iin, name, document } = person;
  return known({ type: 'individual', fullName: fullName(name), iin, identityDocument: document });
}

/** Annex, B1 to B3 and B8 */
function legalEntity({ entity, signatory }: Extract<Applicant, { type: 'legalEntity' }>): object {
  const { bin, nameKk, nameRu, certificate } = entity;
  return known({
    type: 'legalEntity',
    fullName: { kk: nameKk, ru: nameRu },
    bin,
    registrationCertificate: certificate,
    signatory,
  });
}

function known(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
