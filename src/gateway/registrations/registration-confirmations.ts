import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Signer } from '../../eds/sign/signer.ts';
import type { Language, SubjectKey } from '../api.ts';
import type { ApplicationTable } from '../applications/application-table.ts';
import type { Applicant, StoredApplication } from '../applications/application-record.ts';
import { fullName } from '../applications/full-name.ts';
import type { ConfirmationFacts } from '../confirmation/confirmation-facts.ts';
import { signConfirmation } from '../confirmation/sign-confirmation.ts';
import { GatewayError } from '../gateway-error.ts';

export interface RegistrationConfirmationsParts {
  readonly applications: ApplicationTable;
  readonly clock: Clock;
  /** The operator, with the key that signs. Undefined: it has none, and no document is given out. */
  readonly operator:
    | {
        readonly bin: string;
        readonly names: Readonly<Record<Language, string>>;
        readonly signer: Signer;
      }
    | undefined;
  /** Draws the pages, see `drawConfirmation`. */
  draw(json: Uint8Array, cms: Uint8Array): Promise<Uint8Array>;
}

export interface RegistrationFiles {
  readonly json: Uint8Array;
  readonly pdf: Uint8Array;
  readonly p7s: Uint8Array;
}

/** The document that confirms a registration, signed once and the same ever after. */
export class RegistrationConfirmations {
  readonly #parts: RegistrationConfirmationsParts;

  constructor(parts: RegistrationConfirmationsParts) {
    this.#parts = parts;
  }

  /**
   * Undefined: that application has no mailbox, or it is not this subject's. `NO_OPERATOR_KEY`: the operator has no key to
   * sign with.
   */
  async get(id: string, subject: SubjectKey): Promise<RegistrationFiles | undefined> {
    const application = await this.#parts.applications.get(id);
    const isMade = application?.state === 'created' || application?.state === 'complete';
    if (application?.subject !== subject || !isMade) return undefined;
    const { json, cms } = await this.#signed(application);
    return { json, p7s: cms, pdf: await this.#parts.draw(json, cms) };
  }

  async #signed(application: StoredApplication): Promise<{ json: Buffer; cms: Buffer }> {
    const kept = application.secrets.confirmation;
    if (kept !== undefined) return opened(kept);
    const { operator, applications, clock } = this.#parts;
    if (operator === undefined) throw new GatewayError('NO_OPERATOR_KEY');
    const issuedAt = new Date(clock.now()).toISOString();
    const facts = factsOf(application, { bin: operator.bin, name: operator.names }, issuedAt);
    const made = await signConfirmation(facts, operator.signer);
    const confirmation = {
      json: Buffer.from(made.json).toString('base64'),
      cms: Buffer.from(made.cms).toString('base64'),
    };
    // The first that is kept is the one, whoever else made one at the same time.
    const changed = await applications.change(application.id, (now) =>
      now.secrets.confirmation === undefined
        ? { ...now, secrets: { ...now.secrets, confirmation } }
        : undefined,
    );
    return opened(changed?.secrets.confirmation ?? confirmation);
  }
}

function opened({ json, cms }: { readonly json: string; readonly cms: string }): {
  json: Buffer;
  cms: Buffer;
} {
  return { json: Buffer.from(json, 'base64'), cms: Buffer.from(cms, 'base64') };
}

function factsOf(
  { id, acceptance, secrets, channel }: StoredApplication,
  operator: ConfirmationFacts['operator'],
  issuedAt: string,
): ConfirmationFacts {
  const { applicant, address, document, counter } = secrets;
  if (applicant === undefined || address === undefined || acceptance === undefined) {
    throw new GatewayError('APPLICATION_STATE');
  }
  const acceptedAt = new Date(acceptance.at).toISOString();
  return {
    id,
    issuedAt,
    operator,
    mailbox: { address: address.address, level: 'basic', createdAt: acceptedAt },
    subject: subjectOf(applicant),
    channel:
      channel === 'counter' && counter !== undefined
        ? { type: channel, facility: counter.facility, employee: counter.employee.slice(0, 12) }
        : { type: 'online' },
    agreement: { version: acceptance.version, sha256: acceptance.sha256, acceptedAt },
    application: {
      sha256: createHash('sha256')
        .update(document ?? '')
        .digest('hex'),
    },
  };
}

function subjectOf(applicant: Applicant): ConfirmationFacts['subject'] {
  if (applicant.type === 'individual') {
    const { iin, name } = applicant.person;
    return { type: applicant.type, iin, name: fullName(name) };
  }
  const { bin, nameKk, nameRu } = applicant.entity;
  const name = { kk: nameKk, ru: nameRu };
  return { type: applicant.type, bin, name, signatory: applicant.signatory.name };
}
