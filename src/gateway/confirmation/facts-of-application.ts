import { createHash } from 'node:crypto';
import type { AccountLevel } from '../../store/api.ts';
import type { StoredApplication } from '../applications/application-record.ts';
import { fullName } from '../applications/full-name.ts';
import type { ConfirmationFacts } from './confirmation-facts.ts';

/** Of the employee's key: enough to find who it was. */
const employeeDigits = 16;

export interface RegisteredMailbox {
  readonly address: string;
  readonly level: AccountLevel;
  /** Milliseconds. */
  readonly createdAt: number;
}

/**
 * What the confirmation of an application says, that led to this mailbox. Undefined while something of it is missing, as of
 * one that was not accepted yet.
 */
export function factsOfApplication(
  application: StoredApplication,
  mailbox: RegisteredMailbox,
  operator: ConfirmationFacts['operator'],
  issuedAt: number,
): ConfirmationFacts | undefined {
  const { acceptance, id, secrets } = application;
  const subject = subjectOf(application);
  // At a counter the paper is what was signed, and its scan what is kept of it.
  const signed = secrets.counter?.scanSha256 ?? digestOf(secrets.document);
  if (subject === undefined || acceptance === undefined || signed === undefined) return undefined;
  const { counter } = secrets;
  return {
    id,
    issuedAt: timeOf(issuedAt),
    operator,
    mailbox: { ...mailbox, createdAt: timeOf(mailbox.createdAt) },
    subject,
    channel:
      counter === undefined
        ? { type: 'online' }
        : {
            type: 'counter',
            facility: counter.facility,
            employee: counter.employee.slice(0, employeeDigits),
          },
    agreement: {
      version: acceptance.version,
      sha256: acceptance.sha256,
      acceptedAt: timeOf(acceptance.at),
    },
    application: { sha256: signed },
  };
}

function subjectOf({ secrets }: StoredApplication): ConfirmationFacts['subject'] | undefined {
  const { applicant } = secrets;
  if (applicant === undefined) return undefined;
  if (applicant.type === 'individual') {
    const { iin, name } = applicant.person;
    return { type: 'individual', iin, name: fullName(name) };
  }
  const { bin, nameKk, nameRu } = applicant.entity;
  const name = { kk: nameKk, ru: nameRu };
  return { type: 'legalEntity', bin, name, signatory: applicant.signatory.name };
}

function digestOf(document: string | undefined): string | undefined {
  return document === undefined ? undefined : createHash('sha256').update(document).digest('hex');
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
