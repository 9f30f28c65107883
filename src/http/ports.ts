import type { AccountId } from '../core/values.ts';
import type { Agencies } from '../gateway/agencies/agencies.ts';
import type {
  Access,
  Agreements,
  Applications,
  Challenges,
  DevicePasswords,
  Identity,
  Logins,
  Passwords,
  Profiles,
  SubjectKey,
} from '../gateway/api.ts';
import type { Employees } from '../gateway/employees/employees.ts';
import type { LookUps } from '../gateway/resolver/look-ups.ts';
import type { Resolver } from '../gateway/resolver/resolver.ts';

/** A registration's document in the forms it is given out in. */
export interface ConfirmationFiles {
  readonly json: Uint8Array;
  readonly pdf: Uint8Array;
  /** The operator's detached signature over the JSON. */
  readonly p7s: Uint8Array;
}

export interface Confirmations {
  /** Undefined: that application has no mailbox, or it is not this subject's. */
  get(application: string, subject: SubjectKey): Promise<ConfirmationFiles | undefined>;
}

/** All that the routes call. */
export interface GatewayParts {
  readonly challenges: Challenges;
  readonly applications: Applications;
  readonly agreements: Agreements;
  readonly logins: Logins;
  readonly passwords: Passwords;
  readonly profiles: Profiles;
  readonly access: Access;
  readonly devices: DevicePasswords;
  readonly confirmations: Confirmations;
  readonly agencies: Pick<Agencies, 'find' | 'findByCertificate' | 'findBySecret'>;
  readonly resolver: Pick<Resolver, 'resolve'>;
  readonly lookUps: Pick<LookUps, 'list'>;
  readonly employees: Pick<Employees, 'findBySignature'>;
  readonly keyOf: (identity: Identity) => SubjectKey;
  /** The account of a subject's mailbox. */
  readonly accountOf: (subject: SubjectKey) => Promise<AccountId | undefined>;
}
