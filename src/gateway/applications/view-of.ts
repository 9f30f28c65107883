import { without } from '../../core/without.ts';
import type { Application } from '../api.ts';
import type { Applicant, StoredApplication } from './application-record.ts';

/** What an applicant may see of an application. */
export function viewOf(application: StoredApplication): Application {
  const { id, channel, type, state, createdAt, expiresAt, waiting, secrets } = application;
  const { refusal, applicant, fields, document, address } = secrets;
  return {
    id,
    channel,
    subjectType: type,
    state,
    createdAt,
    expiresAt,
    retryAt: waiting?.retryAt,
    refusal,
    applicant: applicant && applicantView(applicant),
    fields,
    document: state === 'prepared' ? document : undefined,
    address: state === 'created' || state === 'complete' ? address?.address : undefined,
  };
}

function applicantView(applicant: Applicant): Readonly<Record<string, unknown>> {
  if (applicant.type === 'legalEntity') {
    const entity = without(applicant.entity, 'headIin');
    return { type: applicant.type, ...entity, signatory: applicant.signatory };
  }
  return { type: applicant.type, ...applicant.person };
}
