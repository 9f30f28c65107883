import type { AccountId } from '../core/values.ts';
import type { AccountLevel } from '../store/api.ts';
import type { Bin, Iin } from './identifiers/values.ts';

/*
 * What the parts of the gateway promise each other, and what HTTP and the commands call. Everything that goes wrong for a
 * reason that a person can understand is a `GatewayError` with a code of the catalogue (`texts/`).
 */

export type Language = 'kk' | 'ru' | 'en';

/** Who a mailbox is for. */
export type Identity =
  | { readonly type: 'individual'; readonly iin: Iin }
  | { readonly type: 'legalEntity'; readonly bin: Bin };
export type SubjectType = Identity['type'];

/** The keyed blind index of an identity: finds its records, and says nothing without the secret. */
export type SubjectKey = string & { readonly brand: 'SubjectKey' };

export interface PersonName {
  readonly surname: string;
  readonly given: string;
  readonly patronymic?: string | undefined;
}

// ---------------------------------------------------------------- signatures

export type SignerRole = 'individual' | 'ceo' | 'canSign' | 'canSignFinancial' | 'hr' | 'employee';

/** A good signature, and whose it is: nothing here comes from what somebody typed. */
export interface SignedBy {
  readonly iin: Iin;
  /** Of a legal entity's certificate. */
  readonly bin: Bin | undefined;
  readonly roles: readonly SignerRole[];
  /** As the certificate has it. */
  readonly name: PersonName;
  readonly organisation: string | undefined;
  readonly certificate: {
    /** Hex. */
    readonly serial: string;
    /** Of its DER, hex. */
    readonly sha256: string;
    readonly notAfter: number;
  };
  /** What was signed. */
  readonly content: Uint8Array;
  /** The signature as it is kept: DER, with the status of the certificate where it was told. */
  readonly cms: Uint8Array;
  /** When it was verified. */
  readonly verifiedAt: number;
}

export interface Signatures {
  /**
   * Verifies an EDS that somebody gives now: DER, base64 or PEM, attached, or detached over `content`. Exactly one
   * signer, good now. Throws `EDS_*`: `EDS_STATUS_UNKNOWN` when the status cannot be learned now; never assumes.
   */
  verify(given: Uint8Array | string, content?: Uint8Array): Promise<SignedBy>;
}

export type ChallengePurpose = 'login' | 'employee-login' | 'password-reset';

export interface Challenge {
  readonly id: string;
  /** What is to be signed, attached: purpose, origin, nonce and time, as canonical JSON (RFC 8785). */
  readonly document: Uint8Array;
  readonly expiresAt: number;
}

/** Once, for one purpose and one browser, for two minutes. */
export interface Challenges {
  /** `binding` is a secret of the browser that asks: nobody else can answer. */
  issue(purpose: ChallengePurpose, binding: string): Promise<Challenge>;
  /** Uses it up, whatever comes of it. Throws `CHALLENGE_EXPIRED`, `CHALLENGE_WRONG`, `EDS_*`. */
  redeem(
    id: string,
    purpose: ChallengePurpose,
    binding: string,
    given: Uint8Array | string,
  ): Promise<SignedBy>;
}

// ---------------------------------------------------------------- state databases

/** Why the state was asked: goes into the audit log and the request. */
export interface StateQuery {
  readonly purpose: 'registration' | 'confirmation' | 'events' | 'counter';
  readonly actor: string;
  /** What the answer is for: an application's id. */
  readonly reference: string;
}

export interface StateAddress {
  readonly text: string;
  readonly postcode?: string | undefined;
}

export interface StatePerson {
  readonly iin: Iin;
  readonly name: PersonName;
  readonly status: 'alive' | 'dead';
  readonly document?: {
    readonly type: string;
    readonly number: string;
    readonly issuer: string;
    readonly issuedOn: string;
    readonly validUntil?: string;
  };
  readonly address?: StateAddress;
}

export interface StateEntity {
  readonly bin: Bin;
  readonly nameKk: string;
  readonly nameRu: string;
  readonly status: 'active' | 'inLiquidation' | 'liquidated';
  readonly headIin: Iin;
  readonly certificate?: {
    readonly number: string;
    readonly issuedOn: string;
    readonly issuedBy: string;
  };
  readonly legalAddress?: StateAddress;
}

/** What was asked, and the answer as it came, with the digest of its octets: kept with what it was for. */
export interface StateAnswer<T> {
  /** Undefined: the database has no such person or entity. */
  readonly found: T | undefined;
  readonly at: number;
  readonly requestId: string;
  readonly sha256: string;
}

/** The databases of individuals (GBD FL) and legal entities (GBD UL). Rejects with `StateUnavailable`, when all retries failed. */
export interface StateRegistry {
  person(iin: Iin, query: StateQuery): Promise<StateAnswer<StatePerson>>;
  entity(bin: Bin, query: StateQuery): Promise<StateAnswer<StateEntity>>;
  /**
   * Deaths, liquidations and new heads after that place in the feed, oldest first; empty at its end. For
   * `gateway/state/state-events.ts`, which keeps the place.
   */
  events(
    after: string | undefined,
    limit: number,
  ): Promise<readonly (StateEvent | IgnoredStateEvent)[]>;
}

export type StateEvent = { readonly cursor: string; readonly at: number } & (
  | { readonly kind: 'death' | 'death-cancelled'; readonly iin: Iin }
  | { readonly kind: 'name'; readonly iin: Iin; readonly name: PersonName }
  | { readonly kind: 'liquidation-begun' | 'liquidated'; readonly bin: Bin }
  | { readonly kind: 'head'; readonly bin: Bin; readonly headIin: Iin }
);

/** An event of a kind that is none of ours: only its place counts. */
export interface IgnoredStateEvent {
  readonly cursor: string;
  readonly at: number;
  readonly kind: 'ignored';
}

// ---------------------------------------------------------------- agreement

export interface AgreementVersion {
  /** `2026-07-01`. */
  readonly version: string;
  readonly inForceFrom: number;
  /** The mail domain that its text names. */
  readonly domain: string;
  /** Of the texts of all languages, hex: what an acceptance names. */
  readonly sha256: string;
  readonly texts: Readonly<Record<Language, string>>;
}

export interface Agreements {
  /** Oldest first. */
  readonly all: readonly AgreementVersion[];
  inForce(now: number): AgreementVersion;
  find(version: string): AgreementVersion | undefined;
}

export interface Acceptance {
  readonly version: string;
  readonly sha256: string;
  readonly at: number;
  readonly channel: 'eds' | 'paper';
}

// ---------------------------------------------------------------- logins and passwords

export interface Logins {
  /**
   * Whether the login can be given now. Throws `LOGIN_RULES`, `LOGIN_IDENTIFIER`, `LOGIN_RESERVED`, and `LOGIN_TAKEN` or
   * `LOGIN_LOOKALIKE`, both with `list`: variants that are free at this moment.
   */
  check(
    login: string,
  ): Promise<{ readonly address: string; readonly canonical: string; readonly skeleton: string }>;
}

export interface Passwords {
  /**
   * Throws `PASSWORD_SHORT`, `PASSWORD_LONG`, `PASSWORD_CHARACTERS`, `PASSWORD_BREACHED`, `PASSWORD_LIKE_LOGIN`. The login
   * may be a whole address.
   */
  check(password: string, login: string): void;
}

export type MailProtocol = 'imap' | 'submission';

export interface DevicePassword {
  readonly id: string;
  readonly name: string;
  readonly protocols: readonly MailProtocol[];
  readonly createdAt: number;
  /** To some minutes. */
  readonly lastUsed: { readonly at: number; readonly protocol: MailProtocol } | undefined;
}

export interface DevicePasswords {
  /** The password is told once, here; what is kept is a verifier. `DEVICE_LIMIT`, `DEVICE_NAME`, `DEVICE_PROTOCOLS` */
  create(
    account: AccountId,
    name: string,
    protocols: readonly MailProtocol[],
  ): Promise<DevicePassword & { readonly password: string }>;
  list(account: AccountId): Promise<readonly DevicePassword[]>;
  /** Ends the sessions that came in with it too. False: there is none. */
  revoke(account: AccountId, id: string): Promise<boolean>;
  /** Whether mail programs log in with device passwords only; not so unless somebody wanted it. */
  required(account: AccountId): Promise<boolean>;
  /** Ends the sessions of the account when it is switched on. */
  require(account: AccountId, required: boolean): Promise<void>;
}

// ---------------------------------------------------------------- the unified base

/** What happened to a mailbox. */
export const registryEventKinds = [
  'created',
  'level',
  'name',
  'agreement',
  'head',
  'suspended',
  'restored',
  'liquidation',
  'closed',
] as const;
export type RegistryEventKind = (typeof registryEventKinds)[number];

export interface RegistryEvent {
  /** Given by whoever causes it; an event with an id that is there already is not entered again. */
  readonly id: string;
  readonly kind: RegistryEventKind;
  readonly subject: SubjectKey;
  readonly subjectType: SubjectType;
  readonly address: string;
  readonly at: number;
  /** `application:ap_…`, `employee:…`, `operator:…`, `state:…` */
  readonly cause: string;
  /** What changed; no names, no identity numbers. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

export interface RegistryEntry extends RegistryEvent {
  /** From 1, without gaps. */
  readonly number: number;
  /** Of the canonical JSON of the entry before, hex; of the first one zeros. */
  readonly previous: string;
}

export interface RegistryView {
  readonly subject: SubjectKey;
  readonly subjectType: SubjectType;
  readonly address: string;
  readonly level: AccountLevel;
  readonly status: 'active' | 'suspended' | 'closed';
  readonly createdAt: number;
  readonly changedAt: number;
}

export interface Registry {
  /** Resolves when it is durable, in one chain for all processes. */
  enter(event: RegistryEvent): Promise<RegistryEntry>;
  find(subject: SubjectKey): Promise<RegistryView | undefined>;
  findAddress(canonical: string): Promise<RegistryView | undefined>;
  history(subject: SubjectKey): Promise<readonly RegistryEntry[]>;
}

// ---------------------------------------------------------------- applications

/** What a person adds to what the certificate and the state database say. Annex A4 to A7, B4 to B6. */
export interface ApplicationFields {
  readonly login: string;
  readonly phoneMobile: string;
  readonly phoneHome?: string | undefined;
  readonly residenceAddress?: string | undefined;
  readonly actualAddress?: string | undefined;
  readonly language: Language;
  /** The version that was shown and accepted. */
  readonly agreement: string;
}

export type ApplicationState =
  /** The state database did not answer; it is asked again at `retryAt`. */
  | 'awaiting_state_check'
  /** Identity is known: the fields are to be filled in. */
  | 'identified'
  /** `document` is to be signed. */
  | 'prepared'
  /** Signed; the mailbox is being made. Nobody but a crash leaves it here. */
  | 'accepted'
  /** The mailbox is there and takes mail; a password is to be chosen. */
  | 'created'
  | 'complete'
  | 'refused';

/** As its applicant may see it. */
export interface Application {
  readonly id: string;
  readonly channel: 'online' | 'counter';
  readonly subjectType: SubjectType;
  readonly state: ApplicationState;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly retryAt: number | undefined;
  readonly refusal:
    { readonly code: string; readonly params: Readonly<Record<string, string>> } | undefined;
  /** From the certificate and the state database; what the form shows and does not let change. */
  readonly applicant: Readonly<Record<string, unknown>> | undefined;
  readonly fields: ApplicationFields | undefined;
  /** Canonical JSON (RFC 8785) to be signed, while `prepared`. */
  readonly document: string | undefined;
  readonly address: string | undefined;
}

export interface Applications {
  /**
   * Begins, or goes on with, the application of whom a signature of the challenge names. Throws `ALREADY_HAS_MAILBOX`,
   * `EDS_ROLE`, `PERSONAL_EDS_NEEDED`. What the state database says against it (`STATE_NOT_FOUND`, `STATE_DECEASED`,
   * `STATE_LIQUIDATED`, `ENTITY_HEAD`) is the `refusal` of a `refused` one; with the database down it is
   * `awaiting_state_check`.
   */
  start(by: SignedBy, type: SubjectType): Promise<Application>;
  /** Of that person and no other: undefined otherwise. */
  get(id: string, by: Pick<SignedBy, 'iin' | 'bin'>): Promise<Application | undefined>;
  /** Fills it in; can be done again until it is signed. Throws `LOGIN_*`, `PHONE_WRONG`, `AGREEMENT_REQUIRED`. */
  prepare(
    id: string,
    by: Pick<SignedBy, 'iin' | 'bin'>,
    fields: ApplicationFields,
  ): Promise<Application>;
  /** The signed document makes the mailbox. Doing it again answers the same. `LOGIN_TAKEN` brings it back to `identified`. */
  submit(id: string, given: Uint8Array | string): Promise<Application>;
  /** The first password; whoever signs in with the same EDS may. */
  setPassword(
    id: string,
    by: Pick<SignedBy, 'iin' | 'bin'>,
    password: string,
  ): Promise<Application>;
}

// ---------------------------------------------------------------- profile and level

/** What a subject can change without an EDS. */
export interface ProfileChange {
  readonly phoneMobile?: string;
  readonly phoneHome?: string;
  readonly residenceAddress?: string;
  readonly actualAddress?: string;
  readonly language?: Language;
}

export interface ProfileView {
  readonly address: string;
  readonly level: AccountLevel;
  readonly status: 'active' | 'suspended' | 'closed';
  readonly subjectType: SubjectType;
  /** As the state database has them; the identity number is shown to its owner. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly acceptance: Acceptance | undefined;
  /** The version that is in force and not yet accepted: asked for at the next login to the cabinet. */
  readonly agreementDue: string | undefined;
  readonly confirmedAt: number | undefined;
}

export interface Profiles {
  /** Undefined: there is no mailbox. */
  get(subject: SubjectKey): Promise<ProfileView | undefined>;
  /** `NO_MAILBOX`, `PHONE_WRONG`, `FIELD_WRONG` */
  change(subject: SubjectKey, change: ProfileChange): Promise<ProfileView>;
  /**
   * What is to be signed so that the data are confirmed and the agreement in force is accepted: canonical JSON (RFC 8785).
   * `NO_MAILBOX`
   */
  confirmation(subject: SubjectKey): Promise<{ readonly id: string; readonly document: string }>;
  /**
   * Raises the level to `official`. Doing it again answers the same. `CONFIRMATION_CHANGED`, `EDS_OTHER_PERSON`,
   * `EDS_ROLE`, `EDS_*`
   */
  confirm(subject: SubjectKey, id: string, given: Uint8Array | string): Promise<ProfileView>;
}

// ---------------------------------------------------------------- access to a mailbox

export interface Access {
  /**
   * A new password for whom an EDS names: sessions end, device passwords too unless they are kept, and a letter in the
   * mailbox tells of it. `NO_MAILBOX`, `PASSWORD_*`
   */
  reset(
    by: SignedBy,
    password: string,
    options: { readonly keepDevices: boolean },
  ): Promise<string>;
  /** With the code of an activation slip, once. `ACTIVATION_CODE`, `PASSWORD_*`. */
  activate(login: string, code: string, password: string): Promise<string>;
}
