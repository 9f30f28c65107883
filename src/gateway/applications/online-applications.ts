import { canonicalJson } from '../../core/canonical-json.ts';
import type { Clock } from '../../core/clock.ts';
import type {
  Agreements,
  Application,
  ApplicationFields,
  Applications,
  Identity,
  Logins,
  Signatures,
  SignedBy,
  StateRegistry,
  SubjectKey,
  SubjectType,
} from '../api.ts';
import { GatewayError } from '../gateway-error.ts';
import { applicationMs, stateRetryMs, waitingApplicationMs } from '../limits.ts';
import type { DueList } from '../records/due-list.ts';
import { StateUnavailable } from '../state/state-unavailable.ts';
import type { SubjectBook } from '../subjects/subject-book.ts';
import { maskedAddress } from '../vault/masked-address.ts';
import { applicationDocument } from './application-document.ts';
import type { StoredApplication } from './application-record.ts';
import type { ApplicationTable } from './application-table.ts';
import { checkFields } from './check-fields.ts';
import { fullName } from './full-name.ts';
import type { MailboxMaker } from './mailbox-maker.ts';
import { checkState, entityRole } from './state-check.ts';
import { viewOf } from './view-of.ts';

export interface OnlineApplicationsParts {
  readonly applications: ApplicationTable;
  readonly subjects: SubjectBook;
  readonly maker: MailboxMaker;
  readonly signatures: Signatures;
  readonly state: StateRegistry;
  readonly agreements: Agreements;
  readonly logins: Logins;
  /** Those that wait for the state database. */
  readonly waiting: DueList;
  /** Those that were signed and have no mailbox yet. */
  readonly accepted: DueList;
  readonly clock: Clock;
  /** Where the agreement of a version is read. */
  agreementUrl(version: string): string;
  /** Checks it and gives it to the account. `PASSWORD_*` */
  givePassword(address: string, password: string): Promise<void>;
}

type Acting = Pick<SignedBy, 'iin' | 'bin'>;

/** Registration with an EDS, R-6.2: the steps of domain.md 6.1 and 6.2, each of which can be done again. */
export class OnlineApplications implements Applications {
  readonly #parts: OnlineApplicationsParts;

  constructor(parts: OnlineApplicationsParts) {
    this.#parts = parts;
  }

  async start(by: SignedBy, type: SubjectType): Promise<Application> {
    const identity = identityOf(by, type);
    const role = type === 'individual' ? 'individual' : entityRole(by);
    if (role === undefined) throw new GatewayError('EDS_ROLE');
    const key = this.#parts.subjects.keyOf(identity);
    const signer = { iin: by.iin, name: fullName(by.name), role };
    const open = await this.#open(key, signer.iin);
    if (open !== undefined) return this.#goOn(open);
    const now = this.#parts.clock.now();
    const begun: StoredApplication = {
      id: this.#parts.applications.newId(),
      subject: key,
      type,
      channel: 'online',
      state: 'awaiting_state_check',
      createdAt: now,
      expiresAt: now + waitingApplicationMs,
      waiting: { tries: 0, retryAt: now },
      acceptance: undefined,
      secrets: { identity, signer },
    };
    await this.#parts.applications.insert(begun);
    const before = (await this.#parts.subjects.find(key))?.application;
    const subject = await this.#parts.subjects.change(key, type, (is) =>
      // The other of two tabs may have been faster: its application is the one.
      is.mailbox === undefined && is.application === before
        ? { ...is, application: begun.id }
        : undefined,
    );
    if (subject.application === begun.id) return this.#goOn(begun);
    return this.start(by, type);
  }

  async get(id: string, by: Acting): Promise<Application | undefined> {
    const application = await this.#of(id, by);
    return application && viewOf(application);
  }

  async prepare(id: string, by: Acting, given: ApplicationFields): Promise<Application> {
    const application = await this.#mine(id, by);
    this.#refuseLate(application);
    if (application.state !== 'identified' && application.state !== 'prepared') {
      throw new GatewayError('APPLICATION_STATE');
    }
    const { applicant } = application.secrets;
    if (applicant === undefined) throw new GatewayError('APPLICATION_STATE');
    const fields = checkFields(given);
    const agreement = this.#parts.agreements.inForce(this.#parts.clock.now());
    if (fields.agreement !== agreement.version) {
      throw new GatewayError('AGREEMENT_REQUIRED', { version: agreement.version });
    }
    const address = await this.#parts.logins.check(fields.login);
    const document = canonicalJson(
      applicationDocument({
        id,
        applicant,
        fields,
        address: address.canonical,
        agreement,
        agreementUrl: this.#parts.agreementUrl(agreement.version),
      }),
    );
    const changed = await this.#parts.applications.change(id, (now) =>
      now.state === 'identified' || now.state === 'prepared'
        ? { ...now, state: 'prepared', secrets: { ...now.secrets, fields, address, document } }
        : undefined,
    );
    return viewOf(changed ?? application);
  }

  async submit(id: string, given: Uint8Array | string): Promise<Application> {
    const application = await this.#parts.applications.get(id);
    const document = application?.secrets.document;
    if (application === undefined) throw new GatewayError('APPLICATION_NOT_FOUND');
    if (document === undefined) throw new GatewayError('APPLICATION_STATE');
    const content = Buffer.from(document);
    const by = await this.#parts.signatures.verify(given, content);
    if (!content.equals(by.content)) throw new GatewayError('APPLICATION_CHANGED');
    if (!isFor(application, by)) throw new GatewayError('EDS_OTHER_PERSON');
    if (application.type === 'legalEntity' && entityRole(by) === undefined) {
      throw new GatewayError('EDS_ROLE');
    }
    // The same signature again, after a lost answer: what was made is told.
    if (application.state === 'created' || application.state === 'complete')
      return viewOf(application);
    if (application.state !== 'prepared') return this.#made(await this.#parts.maker.make(id));
    // The note first: what is accepted gets its mailbox, whatever happens to this process.
    const intent = await this.#parts.accepted.begin(id);
    try {
      await this.#accept(application, by, document);
      const made = await this.#made(await this.#parts.maker.make(id));
      await this.#parts.accepted.end(intent);
      return made;
    } catch (error) {
      if (error instanceof GatewayError) await this.#parts.accepted.end(intent);
      throw error;
    }
  }

  async setPassword(id: string, by: Acting, password: string): Promise<Application> {
    const application = await this.#mine(id, by);
    const { address } = application.secrets;
    if (application.state !== 'created' || address === undefined) {
      throw new GatewayError('APPLICATION_STATE');
    }
    await this.#parts.givePassword(address.canonical, password);
    const changed = await this.#parts.applications.change(id, (now) =>
      now.state === 'created' ? { ...now, state: 'complete' } : undefined,
    );
    return viewOf(changed ?? application);
  }

  /** Asks the state database again for those whose time has come, and makes mailboxes that a crash left unmade. */
  async sweep(all = false): Promise<void> {
    await this.#parts.accepted.sweep(async (id) => {
      await this.#parts.maker.make(id);
      return true;
    }, all);
    await this.#parts.waiting.sweep(async (id) => {
      const application = await this.#parts.applications.get(id);
      if (application?.state !== 'awaiting_state_check') return true;
      const now = this.#parts.clock.now();
      if (application.expiresAt <= now) return true;
      if ((application.waiting?.retryAt ?? 0) > now) return false;
      return (await this.#ask(application)).state !== 'awaiting_state_check';
    }, true);
  }

  /** The application that this subject has open. Throws `ALREADY_HAS_MAILBOX`. */
  async #open(key: SubjectKey, signerIin: string): Promise<StoredApplication | undefined> {
    const subject = await this.#parts.subjects.find(key);
    const application =
      subject?.application === undefined
        ? undefined
        : await this.#parts.applications.get(subject.application);
    const mine = application?.channel === 'online' ? application : undefined;
    const given = subject?.mailbox?.canonical ?? addressGiven(application);
    if (given !== undefined && mine?.state !== 'accepted' && mine?.state !== 'created') {
      throw new GatewayError('ALREADY_HAS_MAILBOX', { masked: maskedAddress(given) });
    }
    if (mine === undefined || !this.#isOpen(mine)) return undefined;
    // Another officer of the legal entity begins anew; what was accepted is the entity's and goes on.
    const begun = mine.state === 'accepted' || mine.state === 'created';
    return begun || mine.secrets.signer.iin === signerIin ? mine : undefined;
  }

  #isOpen({ state, expiresAt }: StoredApplication): boolean {
    if (state === 'accepted' || state === 'created') return true;
    return state !== 'refused' && state !== 'complete' && expiresAt > this.#parts.clock.now();
  }

  async #goOn(application: StoredApplication): Promise<Application> {
    if (application.state === 'awaiting_state_check') {
      const due = (application.waiting?.retryAt ?? 0) <= this.#parts.clock.now();
      return viewOf(due ? await this.#ask(application) : application);
    }
    if (application.state === 'accepted') {
      return viewOf((await this.#parts.maker.make(application.id)) ?? application);
    }
    return viewOf(application);
  }

  async #ask(application: StoredApplication): Promise<StoredApplication> {
    const { id, secrets } = application;
    const query = { purpose: 'registration', actor: 'gateway', reference: id } as const;
    let finding;
    try {
      finding = await checkState(this.#parts.state, secrets, query);
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      return this.#waitLonger(application);
    }
    const now = this.#parts.clock.now();
    const changed = await this.#parts.applications.change(id, (is) => {
      if (is.state !== 'awaiting_state_check') return undefined;
      const { state } = finding;
      if ('refused' in finding) {
        const refusal = { code: finding.refused, params: { case: id } };
        return {
          ...is,
          waiting: undefined,
          state: 'refused',
          secrets: { ...is.secrets, state, refusal },
        };
      }
      return {
        ...is,
        waiting: undefined,
        state: 'identified',
        expiresAt: now + applicationMs,
        secrets: { ...is.secrets, state, applicant: finding.applicant },
      };
    });
    return changed ?? application;
  }

  async #waitLonger(application: StoredApplication): Promise<StoredApplication> {
    const first = application.waiting?.tries === 0;
    // The note first: whoever waits is never forgotten.
    if (first) await this.#parts.waiting.begin(application.id);
    const now = this.#parts.clock.now();
    const changed = await this.#parts.applications.change(application.id, (is) => {
      if (is.state !== 'awaiting_state_check') return undefined;
      const tries = is.waiting?.tries ?? 0;
      const delay = stateRetryMs[Math.min(tries, stateRetryMs.length - 1)] as number;
      return { ...is, waiting: { tries: tries + 1, retryAt: now + delay } };
    });
    return changed ?? application;
  }

  async #accept(application: StoredApplication, by: SignedBy, document: string): Promise<void> {
    this.#refuseLate(application);
    const { id, subject, secrets } = application;
    const now = this.#parts.clock.now();
    const agreement = this.#parts.agreements.inForce(now);
    if (secrets.fields?.agreement !== agreement.version) {
      throw new GatewayError('AGREEMENT_REQUIRED', { version: agreement.version });
    }
    const held = await this.#parts.subjects.find(subject as SubjectKey);
    if (held?.application !== id) throw new GatewayError('APPLICATION_STATE');
    await this.#parts.applications.change(id, (is) => {
      if (is.state !== 'prepared' || is.secrets.document !== document) return undefined;
      const { version, sha256 } = agreement;
      const cms = Buffer.from(by.cms).toString('base64');
      return {
        ...is,
        state: 'accepted',
        acceptance: { version, sha256, at: now, channel: 'eds' },
        secrets: { ...is.secrets, cms },
      };
    });
  }

  /** What a signature led to; a login that somebody else got in the meantime is told as such. */
  async #made(application: StoredApplication | undefined): Promise<Application> {
    const state = application?.state;
    if (application !== undefined && (state === 'created' || state === 'complete')) {
      return viewOf(application);
    }
    if (state === 'identified') {
      await this.#parts.logins.check(application?.secrets.fields?.login ?? '');
    }
    throw new GatewayError('APPLICATION_STATE');
  }

  #refuseLate({ state, expiresAt }: StoredApplication): void {
    const waits = state !== 'accepted' && state !== 'created' && state !== 'complete';
    if (waits && expiresAt <= this.#parts.clock.now())
      throw new GatewayError('APPLICATION_EXPIRED');
  }

  async #of(id: string, by: Acting): Promise<StoredApplication | undefined> {
    const application = await this.#parts.applications.get(id);
    return application !== undefined && isFor(application, by) ? application : undefined;
  }

  async #mine(id: string, by: Acting): Promise<StoredApplication> {
    const application = await this.#of(id, by);
    if (application === undefined) throw new GatewayError('APPLICATION_NOT_FOUND');
    return application;
  }
}

/** The address that an accepted application is getting, while its mailbox is made. */
function addressGiven(application: StoredApplication | undefined): string | undefined {
  return application?.state === 'accepted' ? application.secrets.address?.canonical : undefined;
}

function identityOf({ iin, bin }: Acting, type: SubjectType): Identity {
  if (type === 'legalEntity') {
    if (bin === undefined) throw new GatewayError('EDS_ROLE');
    return { type, bin };
  }
  if (bin !== undefined) throw new GatewayError('PERSONAL_EDS_NEEDED');
  return { type, iin };
}

/** Whether it is the application of this person, or of the legal entity that this person signs for. */
function isFor({ secrets, channel }: StoredApplication, { iin, bin }: Acting): boolean {
  if (channel !== 'online') return false;
  const { identity } = secrets;
  if (identity.type === 'legalEntity') return identity.bin === bin;
  return bin === undefined && identity.iin === iin;
}
