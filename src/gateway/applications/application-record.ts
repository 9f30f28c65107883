import * as z from 'zod';
import type {
  Acceptance,
  Application,
  ApplicationFields,
  Identity,
  StateEntity,
  StatePerson,
} from '../api.ts';

/** Whom the application is for, from the certificate and the state database: what its form does not let change. */
export type Applicant =
  | { readonly type: 'individual'; readonly person: StatePerson }
  | {
      readonly type: 'legalEntity';
      readonly entity: StateEntity;
      /** Who signs for it. Annex, B8 */
      readonly signatory: {
        readonly iin: string;
        readonly name: string;
        readonly role: string;
      };
    };

/** What of an application is about people: kept sealed. */
export interface ApplicationSecrets {
  readonly identity: Identity;
  /** Who acts: the applicant, or who signs for the legal entity, or the employee at the counter. */
  readonly signer: { readonly iin: string; readonly name: string; readonly role: string };
  readonly applicant?: Applicant;
  /** Of the state database's answer. */
  readonly state?: { readonly requestId: string; readonly at: number; readonly sha256: string };
  readonly fields?: ApplicationFields;
  /** Canonical JSON, as it is or was to be signed. */
  readonly document?: string;
  /** The signature over it, DER in base64. */
  readonly cms?: string;
  readonly address?: {
    readonly address: string;
    readonly canonical: string;
    readonly skeleton: string;
  };
  readonly counter?: CounterFacts;
  /** The confirmation of the registration: JSON and the operator's signature, in base64. */
  readonly confirmation?: { readonly json: string; readonly cms: string };
  readonly refusal?: NonNullable<Application['refusal']>;
}

/** What only an application at the counter has. */
export interface CounterFacts {
  readonly facility: string;
  /** Key of the employee. */
  readonly employee: string;
  readonly document: {
    readonly type: string;
    readonly number: string;
    readonly validUntil?: string;
  };
  readonly powerOfAttorney?: string;
  /** Of the scan of the paper that the applicant signed, hex. */
  readonly scanSha256?: string;
  /** Why a second person has to look at it: the employee registers himself or a relative, or the names differ. */
  readonly secondPerson?: 'self' | 'relative' | 'name';
  /** Key of the supervisor, with the signature (DER in base64) and the reason. */
  readonly approvedBy?: string;
  readonly approvalCms?: string;
  readonly note?: string;
}

export const applicationRecord = z.strictObject({
  v: z.literal(1),
  subject: z.string(),
  type: z.enum(['individual', 'legalEntity']),
  channel: z.enum(['online', 'counter']),
  state: z.enum([
    'awaiting_state_check',
    'identified',
    'prepared',
    'accepted',
    'created',
    'complete',
    'refused',
  ]),
  createdAt: z.int(),
  expiresAt: z.int(),
  /** How often the state database was asked in vain, and when it is asked again. */
  waiting: z.strictObject({ tries: z.int(), retryAt: z.int() }).optional(),
  acceptance: z
    .strictObject({
      version: z.string(),
      sha256: z.string(),
      at: z.int(),
      channel: z.enum(['eds', 'paper']),
    })
    .optional(),
  /** `ApplicationSecrets`. */
  sealed: z.string(),
});
export type ApplicationRecord = z.infer<typeof applicationRecord>;

export interface StoredApplication extends Omit<
  ApplicationRecord,
  'v' | 'sealed' | 'acceptance' | 'waiting'
> {
  readonly id: string;
  readonly acceptance: Acceptance | undefined;
  readonly waiting: ApplicationRecord['waiting'] | undefined;
  readonly secrets: ApplicationSecrets;
}
