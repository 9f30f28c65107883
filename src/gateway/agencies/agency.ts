import * as z from 'zod';
import { isNetwork } from '../../core/networks.ts';
import type { SubjectKey } from '../api.ts';
import type { Bin } from '../identifiers/values.ts';
import { limits } from './limits.ts';
import { purposeNames } from './purposes.ts';

/** What an operator says of a state body. domain.md 6.4 */
const saidMembers = {
  names: z.strictObject({
    kk: z.string().trim().min(1).max(limits.nameCharacters),
    ru: z.string().trim().min(1).max(limits.nameCharacters),
    en: z.string().trim().min(1).max(limits.nameCharacters),
  }),
  /** The number of its agreement with the operator. */
  agreement: z.string().trim().min(1).max(limits.agreementCharacters),
  /** Of the addresses that it sends from, as A-labels in small letters. */
  domains: z
    .array(z.string().regex(/^(?=.{1,253}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+$/))
    .max(limits.domains),
  /** Where its mail servers are: addresses and networks. */
  networks: z
    .array(z.string().max(50).refine(isNetwork, { error: 'expected an address or a network' }))
    .max(limits.networks),
  /** What it may look addresses up for. */
  purposes: z.array(z.enum(purposeNames)).max(purposeNames.length),
  /** The rules of service that its letters may name. */
  profiles: z.array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/)).max(limits.profiles),
  /** What becomes of a letter to somebody without a mailbox. */
  fallback: z.enum(['none', 'paper']),
  lookupsPerMinute: z.int().min(1).max(limits.mostLookupsPerMinute),
};

export const agencyId = z.string().regex(/^[a-z0-9][a-z0-9-]{1,31}$/, {
  error: 'expected 2 to 32 small Latin letters, digits and hyphens',
});
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 64 hex digits' });
const bin = z
  .string()
  .regex(/^\d{12}$/)
  .transform((text) => text as Bin);
const subjectKey = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((text) => text as SubjectKey);

/** A new state body. */
export const newAgencySchema = z.strictObject({
  id: agencyId,
  bin,
  ...saidMembers,
  /** Names and telephones of those who answer for it there. */
  responsible: z
    .array(z.string().trim().min(1).max(limits.responsibleCharacters))
    .min(1)
    .max(limits.responsible),
});
export type NewAgency = z.output<typeof newAgencySchema>;

/** What may be said anew, while it is not in production. */
export const agencyChangeSchema = z.strictObject(saidMembers).partial();
export type AgencyChange = z.output<typeof agencyChangeSchema>;

export const agencySchema = z.strictObject({
  id: agencyId,
  bin,
  /** Of its BIN: the owner of its own mailbox. */
  subject: subjectKey,
  ...saidMembers,
  /** Sealed. */
  responsible: z.array(z.string()),
  /** SHA-256 of the DER of its client certificates. */
  certificates: z.array(sha256).max(limits.certificates),
  /** Of what it shows where it has no certificate. */
  secret: z.strictObject({ sha256, createdAt: z.int() }).nullable(),
  state: z.enum(['test', 'production', 'suspended']),
  /** Who said that it may go into production; a second person has to say so too. */
  proposal: z.strictObject({ by: z.string(), at: z.int() }).nullable(),
  createdAt: z.int(),
  changedAt: z.int(),
});

/** A state body that sends official mail. */
export type Agency = z.output<typeof agencySchema>;

/** Whose a certificate is, by its digest. */
export const certificateSchema = z.strictObject({ agency: agencyId });
