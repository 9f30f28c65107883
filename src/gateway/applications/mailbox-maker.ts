import { MailError } from '../../core/errors.ts';
import type { Clock } from '../../core/clock.ts';
import { without } from '../../core/without.ts';
import type { Account, AccountStore, QuotaLimits } from '../../store/api.ts';
import type { Logins, SubjectKey } from '../api.ts';
import { GatewayError } from '../gateway-error.ts';
import type { Profile, Subject } from '../subjects/subject.ts';
import type { SubjectBook } from '../subjects/subject-book.ts';
import { maskedAddress } from '../vault/masked-address.ts';
import type { ApplicationTable } from './application-table.ts';
import type { Applicant, StoredApplication } from './application-record.ts';

export interface MailboxMakerParts {
  readonly applications: ApplicationTable;
  readonly subjects: SubjectBook;
  readonly accounts: AccountStore;
  readonly logins: Logins;
  readonly clock: Clock;
  /** What a new mailbox may keep. */
  quota(): QuotaLimits;
  /** Called once the mailbox takes mail; may be called again for the same. */
  onMade(application: StoredApplication, account: Account): Promise<void>;
}

/**
 * Makes the mailbox of an accepted application. Each step can be done again, by this process or another: the account, which
 * takes no mail yet; the subject's commit, by which the mailbox exists and the registry has to know; the registry and the
 * account's activation, which follow from it; the application's own state.
 */
export class MailboxMaker {
  readonly #parts: MailboxMakerParts;

  constructor(parts: MailboxMakerParts) {
    this.#parts = parts;
  }

  /**
   * Leaves alone what is not `accepted`. Throws `LOGIN_TAKEN` when somebody else was faster: it is `identified` again; and
   * `ALREADY_HAS_MAILBOX` when another application of the same identity came first: it is `refused`.
   */
  async make(id: string): Promise<StoredApplication | undefined> {
    const application = await this.#parts.applications.get(id);
    if (application?.state !== 'accepted') return application;
    const held = await this.#parts.subjects.find(application.subject as SubjectKey);
    if (held?.application !== id || isElsewhere(held, application)) {
      return this.#refuse(application, undefined, held);
    }
    const account = await this.#account(application);
    if (account === undefined) {
      await this.#parts.applications.change(id, (now) =>
        now.state === 'accepted' ? backToFields(now) : undefined,
      );
      await this.#parts.logins.check(application.secrets.fields?.login ?? '');
      throw new MailError('unavailable', 'The address could not be given; it is free again');
    }
    const subject = application.subject as SubjectKey;
    const made = await this.#parts.subjects.commit(subject, application.type, (now) => {
      if (now.mailbox !== undefined || now.application !== id) return undefined;
      const at = this.#parts.clock.now();
      const { acceptance } = application;
      return {
        ...now,
        profile: profileOf(application),
        acceptance,
        mailbox: {
          address: account.address,
          canonical: account.canonical,
          level: 'basic',
          status: 'active',
        },
        pending: [
          ...now.pending,
          {
            id: `created:${id}`,
            kind: 'created',
            subject,
            subjectType: application.type,
            address: account.canonical,
            at,
            cause: `application:${id}`,
            facts: {
              level: 'basic',
              channel: application.channel,
              agreement: acceptance?.version ?? '',
              agreementSha256: acceptance?.sha256 ?? '',
            },
          },
        ],
      };
    });
    if (made.mailbox?.canonical !== account.canonical) {
      return this.#refuse(application, account, made);
    }
    await this.#parts.onMade(application, account);
    return this.#parts.applications.change(id, (now) =>
      now.state === 'accepted' ? { ...now, state: 'created' } : undefined,
    );
  }

  /** An identity has one mailbox: what was made for a second one is given up, its address for ever. */
  async #refuse(
    application: StoredApplication,
    account: Account | undefined,
    subject: Subject | undefined,
  ): Promise<never> {
    const { id, secrets } = application;
    const given = subject?.mailbox?.canonical ?? secrets.address?.canonical ?? '';
    const params = { masked: maskedAddress(given) };
    await this.#parts.applications.change(id, (now) =>
      now.state === 'accepted'
        ? {
            ...now,
            state: 'refused',
            secrets: { ...now.secrets, refusal: { code: 'ALREADY_HAS_MAILBOX', params } },
          }
        : undefined,
    );
    if (account !== undefined) {
      const audit = { actor: `gateway:application:${id}`, action: 'account.close' };
      await this.#parts.accounts.update(account.id, { status: 'closed' }, audit);
    }
    throw new GatewayError('ALREADY_HAS_MAILBOX', params);
  }

  /** The account of the application's address: a new one, or the one a try before made. Undefined: it is somebody else's. */
  async #account(application: StoredApplication): Promise<Account | undefined> {
    const { id, subject, secrets } = application;
    const { address } = secrets;
    if (address === undefined)
      throw new MailError('internal', 'An accepted application has an address');
    try {
      return await this.#parts.accounts.create(
        {
          ...address,
          credentials: { hash: undefined, scram: undefined },
          quota: this.#parts.quota(),
          status: 'suspended',
          owner: { subject, level: 'basic' },
        },
        {
          actor: `gateway:application:${id}`,
          action: 'account.create',
          detail: { address: address.canonical },
        },
      );
    } catch (error) {
      if (!(error instanceof MailError && error.failure === 'already-exists')) throw error;
      const there = await this.#parts.accounts.find(address.canonical);
      return there?.owner?.subject === subject && there.status !== 'closed' ? there : undefined;
    }
  }
}

/** The subject has a mailbox with another address than this application asks for. */
function isElsewhere({ mailbox }: Subject, { secrets }: StoredApplication): boolean {
  return mailbox !== undefined && mailbox.canonical !== secrets.address?.canonical;
}

/** The signature is void: what it names cannot be had. */
function backToFields(application: StoredApplication): StoredApplication {
  const secrets = without(application.secrets, 'document', 'cms', 'address');
  return { ...application, state: 'identified', acceptance: undefined, secrets };
}

function profileOf({ secrets }: StoredApplication): Profile {
  const { identity, applicant, fields } = secrets;
  if (applicant === undefined || fields === undefined) {
    throw new MailError('internal', 'An accepted application is filled in');
  }
  return { identity, ...namesOf(applicant), ...phonesAndAddresses(applicant, fields) };
}

function namesOf(applicant: Applicant): Partial<Profile> {
  if (applicant.type === 'individual') return { name: applicant.person.name };
  const { nameKk, nameRu, headIin } = applicant.entity;
  return { nameKk, nameRu, headIin };
}

function phonesAndAddresses(
  applicant: Applicant,
  fields: NonNullable<StoredApplication['secrets']['fields']>,
): Pick<Profile, 'phoneMobile' | 'language'> & Partial<Profile> {
  const { phoneMobile, phoneHome, actualAddress, language } = fields;
  const residence =
    applicant.type === 'individual'
      ? (fields.residenceAddress ?? applicant.person.address?.text)
      : undefined;
  const legal = applicant.type === 'legalEntity' ? applicant.entity.legalAddress?.text : undefined;
  return {
    phoneMobile,
    language,
    ...(phoneHome !== undefined && { phoneHome }),
    ...(residence !== undefined && { residenceAddress: residence }),
    ...(legal !== undefined && { legalAddress: legal }),
    ...(actualAddress !== undefined && { actualAddress }),
  };
}
