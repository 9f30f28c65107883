import * as z from 'zod';
import type { AccountLevel } from '../../store/api.ts';
import {
  type Acceptance,
  type Identity,
  type Language,
  type PersonName,
  type RegistryEvent,
  registryEventKinds,
} from '../api.ts';

/** The mailbox of a subject, as the gateway means it to be; the account in the store is brought to it. */
export interface SubjectMailbox {
  readonly address: string;
  /** What its account is found by: numbers of accounts are others in another store. */
  readonly canonical: string;
  readonly level: AccountLevel;
  readonly status: 'active' | 'suspended' | 'closed';
}

/** What is known of a subject: from the state database, but for what only the subject can say. Kept sealed. */
export interface Profile {
  readonly identity: Identity;
  /** Of an individual. */
  readonly name?: PersonName;
  /** Of a legal entity. */
  readonly nameKk?: string;
  readonly nameRu?: string;
  readonly headIin?: string;
  readonly phoneMobile: string;
  readonly phoneHome?: string;
  readonly residenceAddress?: string;
  readonly legalAddress?: string;
  readonly actualAddress?: string;
  readonly language: Language;
}

/** A person or a legal entity that has, had or asked for a mailbox: one record, one mailbox. */
export interface Subject {
  readonly type: Identity['type'];
  /** A `Profile`; undefined until there is a mailbox. */
  readonly profile: Profile | undefined;
  /** The application that is open, or led to the mailbox. */
  readonly application: string | undefined;
  readonly mailbox: SubjectMailbox | undefined;
  readonly acceptance: Acceptance | undefined;
  /** When the data were last confirmed with an EDS, and with which confirmation. */
  readonly confirmed: { readonly at: number; readonly id: string } | undefined;
  /** Committed with the change that they tell of, and not yet known to be in the registry. */
  readonly pending: readonly RegistryEvent[];
}

export const newSubject = (type: Identity['type']): Subject => ({
  type,
  profile: undefined,
  application: undefined,
  mailbox: undefined,
  acceptance: undefined,
  confirmed: undefined,
  pending: [],
});

const event = z.strictObject({
  id: z.string(),
  kind: z.enum(registryEventKinds),
  subject: z.string(),
  subjectType: z.enum(['individual', 'legalEntity']),
  address: z.string(),
  at: z.int(),
  cause: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/** As it is kept. Members that are not there are left out. */
export const subjectRecord = z.strictObject({
  v: z.literal(1),
  type: z.enum(['individual', 'legalEntity']),
  sealed: z.string().optional(),
  application: z.string().optional(),
  mailbox: z
    .strictObject({
      address: z.string(),
      canonical: z.string(),
      level: z.enum(['basic', 'official']),
      status: z.enum(['active', 'suspended', 'closed']),
    })
    .optional(),
  acceptance: z
    .strictObject({
      version: z.string(),
      sha256: z.string(),
      at: z.int(),
      channel: z.enum(['eds', 'paper']),
    })
    .optional(),
  confirmed: z.strictObject({ at: z.int(), id: z.string() }).optional(),
  pending: z.array(event),
});
export type SubjectRecord = z.infer<typeof subjectRecord>;
