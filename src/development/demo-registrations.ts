import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Member } from '../eds/authority/test-authority.ts';
import { signCms } from '../eds/sign/sign-cms.ts';
import { SiteClient, type SiteClientOptions, SiteError } from './site-client.ts';
import type { DemoPeople } from './test-surroundings.ts';

export interface DemoRegistrationsOptions extends SiteClientOptions {
  readonly people: DemoPeople;
  readonly clock: Clock;
  /** Where confirmations are put. */
  readonly folder: string;
  /** Is told each step as it is done. */
  readonly tell: (step: string) => void;
}

interface Applicant {
  readonly who: string;
  readonly member: Member;
  readonly type: 'individual' | 'legalEntity';
  readonly login: string;
}

/**
 * A citizen and a company get their mailboxes with an EDS, through the site as a browser would. The second time there is
 * nothing left to do.
 */
export async function demoRegistrations(options: DemoRegistrationsOptions): Promise<void> {
  const { citizen, head } = options.people;
  const applicants: readonly Applicant[] = [
    { who: 'A citizen', member: citizen, type: 'individual', login: 'aigerim.ulgi' },
    { who: 'A company', member: head, type: 'legalEntity', login: 'ulgi' },
  ];
  for (const applicant of applicants) {
    try {
      await register(options, applicant);
    } catch (error) {
      if (!(error instanceof SiteError) || error.code !== 'ALREADY_HAS_MAILBOX') throw error;
      options.tell(`${applicant.who} has a mailbox: ${applicant.login}`);
    }
  }
}

async function register(
  options: DemoRegistrationsOptions,
  { who, member, type, login }: Applicant,
): Promise<void> {
  const { clock, tell, folder } = options;
  const site = new SiteClient(options);
  const sign = async (document: unknown): Promise<string> => {
    const content = Buffer.from(String(document), 'base64');
    const signed = { content, detached: false, signers: [member], signedAt: clock.now() };
    return (await signCms(signed)).toString('base64');
  };
  tell(`${who} registers:`);
  const challenge = await site.call('POST', '/v1/challenges', { purpose: 'login' });
  const signature = await sign(challenge['document']);
  await site.call('POST', '/v1/login', { challenge: challenge['id'], signature });
  tell('  1. signed a challenge: the certificate says who it is');
  const { id, state } = await site.call('POST', '/v1/applications', { type });
  tell(`  2. the state database confirms the data (${String(state)})`);
  const { inForce: version } = await site.call('GET', '/v1/agreements');
  const at = `/v1/applications/${String(id)}`;
  const filled = await site.call('PUT', `${at}/fields`, {
    login,
    phoneMobile: '+77010000000',
    language: 'kk',
    agreement: version,
  });
  tell(`  3. chose the login ${login}, accepted the agreement of ${String(version)}`);
  const made = await site.call('PUT', `${at}/signature`, {
    signature: await sign(filled['document']),
  });
  tell(`  4. signed the application: the mailbox ${String(made['address'])} is there`);
  const password = randomBytes(12).toString('base64url');
  await site.call('PUT', `${at}/password`, { password });
  tell(`  5. chose a password: ${password}`);
  const pdf = await site.download(`${at}/confirmation.pdf`);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${login}.pdf`);
  await writeFile(file, pdf, { mode: 0o600 });
  tell(`  6. the operator's confirmation: ${file}`);
  const confirmation = await site.call('POST', '/v1/profile/confirmation');
  const confirmed = await site.call('POST', '/v1/profile/confirm', {
    id: confirmation['id'],
    signature: await sign(confirmation['document']),
  });
  tell(`  7. confirmed the data with the EDS: the level is ${String(confirmed['level'])}`);
}
