import { expect } from 'chai';
import type { Iin } from '../../../src/gateway/identifiers/values.ts';
import type { StoredApplication } from '../../../src/gateway/applications/application-record.ts';
import { factsOfApplication } from '../../../src/gateway/confirmation/facts-of-application.ts';
import { iin } from '../../eds/support/authorities.ts';
import { now } from '../../eds/support/clock.ts';
import { citizen } from './support.ts';

const paper: StoredApplication = {
  id: 'ap_1',
  subject: 'key',
  type: 'individual',
  channel: 'counter',
  state: 'created',
  createdAt: now,
  expiresAt: now,
  waiting: undefined,
  acceptance: { version: '2026-07-01', sha256: 'a1'.repeat(32), at: now, channel: 'paper' },
  secrets: {
    identity: { type: 'individual', iin: iin as Iin },
    signer: { iin, name: 'ҒАЗИЗОВА ҮМІТ', role: 'employee' },
    applicant: {
      type: 'individual',
      person: { iin: iin as Iin, name: { surname: 'ӘБІЛОВА', given: 'АЙГЕРІМ' }, status: 'alive' },
    },
    document: '{}',
    counter: {
      facility: '050000-12',
      employee: '0123456789abcdef'.repeat(4),
      document: { type: 'id', number: '1' },
      scanSha256: 'c3'.repeat(32),
    },
  },
};
const mailbox = { address: 'a@example.kz', level: 'basic', createdAt: now } as const;

describe('factsOfApplication', () => {
  it('R-6.3 names the post office and the employee, and the scan of the paper', () => {
    const facts = factsOfApplication(paper, mailbox, citizen.operator, now);
    expect(facts).to.deep.include({
      id: 'ap_1',
      channel: { type: 'counter', facility: '050000-12', employee: '0123456789abcdef' },
      application: { sha256: 'c3'.repeat(32) },
      subject: { type: 'individual', iin, name: 'ӘБІЛОВА АЙГЕРІМ' },
    });
  });

  it('R-5.1 says nothing of an application without an acceptance, an applicant or a document', () => {
    const { identity, signer, document, applicant } = paper.secrets;
    for (const missing of [
      { ...paper, acceptance: undefined },
      { ...paper, secrets: { identity, signer, ...(document !== undefined && { document }) } },
      { ...paper, secrets: { identity, signer, ...(applicant !== undefined && { applicant }) } },
    ]) {
      expect(factsOfApplication(missing, mailbox, citizen.operator, now)).to.equal(undefined);
    }
  });
});
