import * as z from 'zod';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Clock } from '../../core/clock.ts';
import { ulid } from '../../core/ulid.ts';
import type { RecordStore } from '../../store/records.ts';
import type {
  AgreementVersion,
  Agreements,
  ProfileChange,
  Profiles,
  ProfileView,
  Signatures,
  SignedBy,
  SubjectKey,
} from '../api.ts';
import { acceptanceNeeded } from '../agreement/acceptance-needed.ts';
import { checkProfileChange } from '../applications/check-fields.ts';
import { entityRole } from '../applications/state-check.ts';
import { GatewayError } from '../gateway-error.ts';
import { applicationMs } from '../limits.ts';
import { RecordTable } from '../records/record-table.ts';
import type { Profile, Subject, SubjectMailbox } from '../subjects/subject.ts';
import type { SubjectBook } from '../subjects/subject-book.ts';
import type { IdentityVault } from '../vault/identity-vault.ts';

export interface ProfileConfirmationsParts {
  readonly records: RecordStore;
  readonly subjects: SubjectBook;
  readonly signatures: Signatures;
  readonly agreements: Agreements;
  readonly vault: IdentityVault;
  readonly clock: Clock;
}

const record = z.strictObject({
  v: z.literal(1),
  subject: z.string(),
  expiresAt: z.int(),
  /** `Secrets` */
  sealed: z.string(),
});
type ConfirmationRecord = z.infer<typeof record>;

interface Secrets {
  readonly document: string;
  /** The signature, DER in base64, once it was given. */
  readonly cms?: string;
}

interface WithMailbox extends Subject {
  readonly mailbox: SubjectMailbox;
  readonly profile: Profile;
}

/**
 * The data of a subject and their confirmation with an EDS: one signature over the canonical profile and the agreement in
 * force makes the level `official` and accepts that agreement.
 */
export class ProfileConfirmations implements Profiles {
  readonly #parts: ProfileConfirmationsParts;
  readonly #table: RecordTable<ConfirmationRecord>;

  constructor(parts: ProfileConfirmationsParts) {
    this.#parts = parts;
    this.#table = new RecordTable(parts.records, 'confirmation', record);
  }

  async get(key: SubjectKey): Promise<ProfileView | undefined> {
    const subject = await this.#parts.subjects.find(key);
    return subject !== undefined && hasMailbox(subject) ? this.#view(subject) : undefined;
  }

  async change(key: SubjectKey, given: ProfileChange): Promise<ProfileView> {
    const { type } = await this.#subject(key);
    const change = checkProfileChange(given);
    const changed = await this.#parts.subjects.change(key, type, (now) =>
      now.profile === undefined ? undefined : { ...now, profile: { ...now.profile, ...change } },
    );
    if (!hasMailbox(changed)) throw new GatewayError('NO_MAILBOX');
    return this.#view(changed);
  }

  async confirmation(key: SubjectKey): Promise<{ id: string; document: string }> {
    const subject = await this.#subject(key);
    const now = this.#parts.clock.now();
    const id = `cf_${ulid(now)}`;
    const document = documentOf(id, subject, this.#parts.agreements.inForce(now));
    await this.#table.insert(id, {
      v: 1,
      subject: key,
      expiresAt: now + applicationMs,
      sealed: this.#seal(id, { document }),
    });
    return { id, document };
  }

  async confirm(key: SubjectKey, id: string, given: Uint8Array | string): Promise<ProfileView> {
    const row = await this.#table.get(id);
    if (row?.value.subject !== key) throw new GatewayError('CONFIRMATION_CHANGED');
    const { document } = this.#open(id, row.value);
    const content = Buffer.from(document);
    const by = await this.#parts.signatures.verify(given, content);
    if (!content.equals(by.content)) throw new GatewayError('CONFIRMATION_CHANGED');
    const subject = await this.#subject(key);
    refuseOthers(subject, by);
    if (subject.confirmed?.id === id) return this.#view(subject);
    const now = this.#parts.clock.now();
    const agreement = this.#parts.agreements.inForce(now);
    const isAsSigned = (is: Subject): boolean =>
      hasMailbox(is) && documentOf(id, is, agreement) === document;
    if (row.value.expiresAt <= now || !isAsSigned(subject)) {
      throw new GatewayError('CONFIRMATION_CHANGED');
    }
    const cms = Buffer.from(by.cms).toString('base64');
    await this.#table.replace(row, { ...row.value, sealed: this.#seal(id, { document, cms }) });
    const confirmed = await this.#parts.subjects.commit(key, subject.type, (is) => {
      if (is.confirmed?.id === id || !hasMailbox(is) || !isAsSigned(is)) return undefined;
      return raised(is, key, id, now, agreement);
    });
    if (confirmed.confirmed?.id !== id || !hasMailbox(confirmed)) {
      throw new GatewayError('CONFIRMATION_CHANGED');
    }
    return this.#view(confirmed);
  }

  async #subject(key: SubjectKey): Promise<WithMailbox> {
    const subject = await this.#parts.subjects.find(key);
    if (subject === undefined || !hasMailbox(subject)) throw new GatewayError('NO_MAILBOX');
    return subject;
  }

  #view(subject: WithMailbox): ProfileView {
    const { mailbox, profile, acceptance, confirmed, type } = subject;
    const { agreements } = this.#parts;
    const now = this.#parts.clock.now();
    return {
      address: mailbox.address,
      level: mailbox.level,
      status: mailbox.status,
      subjectType: type,
      data: { ...profile },
      acceptance,
      agreementDue: acceptanceNeeded(acceptance, agreements, now)
        ? agreements.inForce(now).version
        : undefined,
      confirmedAt: confirmed?.at,
    };
  }

  #seal(id: string, secrets: Secrets): string {
    return this.#parts.vault.seal(JSON.stringify(secrets), `confirmation:${id}`);
  }

  #open(id: string, { sealed }: ConfirmationRecord): Secrets {
    return JSON.parse(this.#parts.vault.open(sealed, `confirmation:${id}`)) as Secrets;
  }
}

function hasMailbox(subject: Subject): subject is WithMailbox {
  return subject.mailbox !== undefined && subject.profile !== undefined;
}

function documentOf(id: string, subject: WithMailbox, agreement: AgreementVersion): string {
  const { version, sha256 } = agreement;
  return canonicalJson({
    v: 'zhashik-confirmation/1',
    id,
    address: subject.mailbox.canonical,
    profile: subject.profile,
    agreement: { version, sha256 },
  });
}

/** `EDS_OTHER_PERSON`, `EDS_ROLE` */
function refuseOthers({ profile }: WithMailbox, by: SignedBy): void {
  const { identity } = profile;
  const isTheirs =
    identity.type === 'legalEntity'
      ? identity.bin === by.bin
      : by.bin === undefined && identity.iin === by.iin;
  if (!isTheirs) throw new GatewayError('EDS_OTHER_PERSON');
  if (identity.type === 'legalEntity' && entityRole(by) === undefined) {
    throw new GatewayError('EDS_ROLE');
  }
}

function raised(
  subject: WithMailbox,
  key: SubjectKey,
  id: string,
  at: number,
  { version, sha256 }: AgreementVersion,
): Subject {
  const about = {
    subject: key,
    subjectType: subject.type,
    address: subject.mailbox.canonical,
    at,
    cause: `confirmation:${id}`,
  };
  const events: Subject['pending'] = [
    ...(subject.mailbox.level === 'official'
      ? []
      : [{ id: `level:${id}`, kind: 'level' as const, ...about, facts: { level: 'official' } }]),
    ...(subject.acceptance?.sha256 === sha256
      ? []
      : [
          {
            id: `agreement:${id}`,
            kind: 'agreement' as const,
            ...about,
            facts: { agreement: version, agreementSha256: sha256 },
          },
        ]),
  ];
  return {
    ...subject,
    mailbox: { ...subject.mailbox, level: 'official' },
    acceptance:
      subject.acceptance?.sha256 === sha256
        ? subject.acceptance
        : { version, sha256, at, channel: 'eds' },
    confirmed: { at, id },
    pending: [...subject.pending, ...events],
  };
}
