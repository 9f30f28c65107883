import { canonicalJson } from '../../core/canonical-json.ts';
import type { Clock } from '../../core/clock.ts';
import { without } from '../../core/without.ts';
import type {
  Agreements,
  Application,
  ApplicationFields,
  Identity,
  Logins,
  Signatures,
  SignedBy,
  StateRegistry,
  SubjectKey,
} from '../api.ts';
import { applicationDocument } from '../applications/application-document.ts';
import type {
  Applicant,
  CounterFacts,
  StoredApplication,
} from '../applications/application-record.ts';
import type { ApplicationTable } from '../applications/application-table.ts';
import { checkFields } from '../applications/check-fields.ts';
import { fullName } from '../applications/full-name.ts';
import type { MailboxMaker } from '../applications/mailbox-maker.ts';
import { checkState, type StateFinding } from '../applications/state-check.ts';
import { viewOf } from '../applications/view-of.ts';
import { GatewayError } from '../gateway-error.ts';
import { waitingApplicationMs } from '../limits.ts';
import type { DueList } from '../records/due-list.ts';
import { StateUnavailable } from '../state/state-unavailable.ts';
import type { SubjectBook } from '../subjects/subject-book.ts';
import { maskedAddress } from '../vault/masked-address.ts';
import type { ActivationSlip, ActivationSlips } from './activation-slips.ts';

const dayMs = 86_400_000;

/** Who stands behind the counter. */
export interface CounterEmployee {
  readonly key: SubjectKey;
  readonly facility: string;
  readonly roles: readonly string[];
}

export interface CounterApplicationsParts {
  readonly applications: ApplicationTable;
  readonly subjects: SubjectBook;
  readonly maker: MailboxMaker;
  readonly slips: ActivationSlips;
  readonly signatures: Signatures;
  readonly state: StateRegistry;
  readonly agreements: Agreements;
  readonly logins: Logins;
  /** Those that were signed and have no mailbox yet. */
  readonly accepted: DueList;
  readonly clock: Clock;
  agreementUrl(version: string): string;
}

/** What an employee read in the applicant's papers. */
export interface CounterInput {
  readonly identity: Identity;
  /** The name as the identity document has it. */
  readonly name: string;
  readonly document: {
    readonly type: string;
    readonly number: string;
    /** `2031-05-01`, the last day on which it is good; undefined for one without an end. */
    readonly validUntil?: string;
  };
  /** Who signs for a legal entity, and in what quality. Annex, B8 */
  readonly signatory?: { readonly iin: string; readonly name: string; readonly role: string };
  /** A notary's number, when somebody else came with a power of attorney. */
  readonly powerOfAttorney?: string;
  /** The employee is a relative of the applicant. */
  readonly relative: boolean;
}

/** What the counter prints once the mailbox is there. */
export interface CounterResult {
  readonly application: Application;
  /** Undefined when it was given before. */
  readonly slip: ActivationSlip | undefined;
}

/** Registration on paper at a post office: the employee signs what the applicant signed on paper. */
export class CounterApplications {
  readonly #parts: CounterApplicationsParts;

  constructor(parts: CounterApplicationsParts) {
    this.#parts = parts;
  }

  /**
   * With the state's answer; `awaiting_state_check` while it does not answer, and nothing is kept: `begin` again later.
   * `IDENTITY_DOCUMENT`, `ALREADY_HAS_MAILBOX`
   */
  async begin(employee: CounterEmployee, input: CounterInput): Promise<Application> {
    const now = this.#parts.clock.now();
    refuseBadDocument(input, now);
    const { identity, powerOfAttorney } = input;
    const key = this.#parts.subjects.keyOf(identity);
    const mailbox = (await this.#parts.subjects.find(key))?.mailbox;
    if (mailbox !== undefined) {
      throw new GatewayError('ALREADY_HAS_MAILBOX', { masked: maskedAddress(mailbox.canonical) });
    }
    const id = this.#parts.applications.newId();
    const counter: CounterFacts = {
      facility: employee.facility,
      employee: employee.key,
      document: input.document,
      ...(powerOfAttorney !== undefined && { powerOfAttorney }),
    };
    const signer = input.signatory ?? { iin: '', name: input.name, role: 'individual' };
    const begun: StoredApplication = {
      id,
      subject: key,
      type: identity.type,
      channel: 'counter',
      state: 'awaiting_state_check',
      createdAt: now,
      expiresAt: now + waitingApplicationMs,
      waiting: undefined,
      acceptance: undefined,
      secrets: { identity, signer, counter },
    };
    const actor = `employee:${employee.key}`;
    let finding;
    try {
      const query = { purpose: 'counter', actor, reference: id } as const;
      finding = await checkState(this.#parts.state, begun.secrets, query);
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      return viewOf(begun);
    }
    const checked = withFinding(begun, finding, employee, input);
    await this.#parts.applications.insert(checked);
    if (checked.state === 'identified') {
      await this.#parts.subjects.change(key, identity.type, (is) =>
        is.mailbox === undefined ? { ...is, application: id } : undefined,
      );
    }
    return viewOf(checked);
  }

  /** Fills it in; `scanSha256` is of the scan of the paper with the applicant's signature. As `Applications.prepare`. */
  async prepare(
    id: string,
    employee: CounterEmployee,
    given: ApplicationFields,
    scanSha256: string,
  ): Promise<Application> {
    const application = await this.#of(id, employee);
    const { applicant, counter } = application.secrets;
    if (applicant === undefined || counter === undefined || !isOpen(application)) {
      throw new GatewayError('APPLICATION_STATE');
    }
    if (!/^[0-9a-f]{64}$/.test(scanSha256))
      throw new GatewayError('FIELD_WRONG', { field: 'scan' });
    const fields = checkFields(given);
    const agreement = this.#parts.agreements.inForce(this.#parts.clock.now());
    if (fields.agreement !== agreement.version) {
      throw new GatewayError('AGREEMENT_REQUIRED', { version: agreement.version });
    }
    const address = await this.#parts.logins.check(fields.login);
    const facts: CounterFacts = { ...counter, scanSha256 };
    const document = canonicalJson({
      ...applicationDocument({
        id,
        applicant,
        fields,
        address: address.canonical,
        agreement,
        agreementUrl: this.#parts.agreementUrl(agreement.version),
      }),
      counter: facts,
    });
    const changed = await this.#parts.applications.change(id, (now) => {
      if (!isOpen(now)) return undefined;
      const secrets = without(now.secrets, 'cms');
      return {
        ...now,
        state: 'prepared',
        secrets: { ...secrets, fields, address, document, counter: facts },
      };
    });
    return viewOf(changed ?? application);
  }

  /**
   * The employee's signature over the record. `SECOND_PERSON_NEEDED`: it is kept, and `approve` goes on. Doing it again
   * answers the same, without a slip.
   */
  async sign(
    id: string,
    employee: CounterEmployee,
    given: Uint8Array | string,
  ): Promise<CounterResult> {
    const application = await this.#of(id, employee);
    const by = await this.#verify(application, given, employee.key);
    const cms = Buffer.from(by.cms).toString('base64');
    const { document } = application.secrets;
    const signed = await this.#parts.applications.change(id, (now) =>
      now.state === 'prepared' && now.secrets.document === document
        ? { ...now, secrets: { ...now.secrets, cms } }
        : undefined,
    );
    const { secondPerson, approvedBy } = signed?.secrets.counter ?? {};
    if (signed?.state === 'prepared' && secondPerson !== undefined && approvedBy === undefined) {
      throw new GatewayError('SECOND_PERSON_NEEDED');
    }
    return this.#accept(id);
  }

  /** A supervisor's signature over the same record, and why: needed when the employee may not decide alone. */
  async approve(
    id: string,
    supervisor: CounterEmployee,
    given: Uint8Array | string,
    note: string,
  ): Promise<CounterResult> {
    const application = await this.#parts.applications.get(id);
    const counter = application?.secrets.counter;
    if (application === undefined || counter === undefined) {
      throw new GatewayError('APPLICATION_NOT_FOUND');
    }
    const isSecond =
      supervisor.roles.includes('supervisor') &&
      supervisor.key !== counter.employee &&
      supervisor.key !== application.subject;
    if (!isSecond) throw new GatewayError('SECOND_PERSON_NEEDED');
    const by = await this.#verify(application, given, supervisor.key);
    if (application.secrets.cms === undefined) throw new GatewayError('APPLICATION_STATE');
    const approvalCms = Buffer.from(by.cms).toString('base64');
    const approvedBy = supervisor.key;
    const { document } = application.secrets;
    await this.#parts.applications.change(id, ({ secrets, ...now }) =>
      now.state === 'prepared' && secrets.document === document && secrets.counter !== undefined
        ? {
            ...now,
            secrets: { ...secrets, counter: { ...secrets.counter, approvedBy, approvalCms, note } },
          }
        : undefined,
    );
    return this.#accept(id);
  }

  /** A slip was lost: a new code after the papers were checked again; the old one is dead. By a supervisor. */
  async newSlip(id: string, supervisor: CounterEmployee): Promise<CounterResult> {
    const application = await this.#parts.applications.get(id);
    const address = application?.secrets.address;
    if (application?.channel !== 'counter' || address === undefined) {
      throw new GatewayError('APPLICATION_NOT_FOUND');
    }
    if (application.state !== 'created') throw new GatewayError('APPLICATION_STATE');
    if (!supervisor.roles.includes('supervisor')) throw new GatewayError('SECOND_PERSON_NEEDED');
    const slip = await this.#parts.slips.issue(address.canonical, id);
    return { application: viewOf(application), slip };
  }

  /** What is signed by all who have to becomes accepted, and gets its mailbox and its slip. */
  async #accept(id: string): Promise<CounterResult> {
    // The note first: what is accepted gets its mailbox, whatever happens to this process.
    const intent = await this.#parts.accepted.begin(id);
    const at = this.#parts.clock.now();
    const accepted = await this.#parts.applications.change(id, (is) => {
      const agreement = this.#parts.agreements.find(is.secrets.fields?.agreement ?? '');
      if (is.state !== 'prepared' || is.secrets.cms === undefined || agreement === undefined) {
        return undefined;
      }
      const { version, sha256 } = agreement;
      return { ...is, state: 'accepted', acceptance: { version, sha256, at, channel: 'paper' } };
    });
    let made;
    try {
      made = await this.#parts.maker.make(id);
    } catch (error) {
      if (error instanceof GatewayError) await this.#parts.accepted.end(intent);
      throw error;
    }
    await this.#parts.accepted.end(intent);
    const address = made?.secrets.address;
    if (made === undefined || address === undefined)
      throw new GatewayError('APPLICATION_NOT_FOUND');
    const isNew = accepted?.state === 'accepted' && made.state === 'created';
    const slip = isNew ? await this.#parts.slips.issue(address.canonical, id) : undefined;
    return { application: viewOf(made), slip };
  }

  /** `APPLICATION_CHANGED`, `EDS_OTHER_PERSON`, `EDS_*` */
  async #verify(
    { secrets }: StoredApplication,
    given: Uint8Array | string,
    signer: SubjectKey,
  ): Promise<SignedBy> {
    if (secrets.document === undefined) throw new GatewayError('APPLICATION_STATE');
    const content = Buffer.from(secrets.document);
    const by = await this.#parts.signatures.verify(given, content);
    if (!content.equals(by.content)) throw new GatewayError('APPLICATION_CHANGED');
    if (this.#parts.subjects.keyOf({ type: 'individual', iin: by.iin }) !== signer) {
      throw new GatewayError('EDS_OTHER_PERSON');
    }
    return by;
  }

  async #of(id: string, employee: CounterEmployee): Promise<StoredApplication> {
    const application = await this.#parts.applications.get(id);
    if (application?.secrets.counter?.employee !== employee.key) {
      throw new GatewayError('APPLICATION_NOT_FOUND');
    }
    return application;
  }
}

function isOpen({ state }: StoredApplication): boolean {
  return state === 'identified' || state === 'prepared';
}

function refuseBadDocument({ document }: CounterInput, now: number): void {
  const { number, validUntil } = document;
  const isOver = validUntil !== undefined && !(Date.parse(validUntil) + dayMs > now);
  if (number.trim() === '' || isOver) throw new GatewayError('IDENTITY_DOCUMENT');
}

function withFinding(
  begun: StoredApplication,
  finding: StateFinding,
  employee: CounterEmployee,
  input: CounterInput,
): StoredApplication {
  const secrets = { ...begun.secrets, state: finding.state };
  if ('refused' in finding) {
    const refusal = { code: finding.refused, params: { case: begun.id } };
    return { ...begun, state: 'refused', secrets: { ...secrets, refusal } };
  }
  const { applicant } = finding;
  const why = secondPerson(applicant, employee, begun.subject, input);
  const counter = { ...(begun.secrets.counter as CounterFacts), ...(why && { secondPerson: why }) };
  return { ...begun, state: 'identified', secrets: { ...secrets, applicant, counter } };
}

/** Why the employee may not decide alone. */
function secondPerson(
  applicant: Applicant,
  employee: CounterEmployee,
  subject: string,
  { name, relative }: CounterInput,
): CounterFacts['secondPerson'] {
  if (employee.key === subject) return 'self';
  if (relative) return 'relative';
  const names =
    applicant.type === 'individual'
      ? [fullName(applicant.person.name)]
      : [applicant.entity.nameKk, applicant.entity.nameRu];
  return names.some((known) => folded(known) === folded(name)) ? undefined : 'name';
}

function folded(name: string): string {
  return name.normalize('NFC').toLocaleUpperCase('kk').replaceAll(/\s+/gu, ' ').trim();
}
