import * as z from 'zod';
import type { SubjectKey } from '../api.ts';
import { agencyId } from '../agencies/agency.ts';

/** A token address as it is kept, by its local part. */
export const tokenSchema = z.strictObject({
  agency: agencyId,
  subject: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .transform((text) => text as SubjectKey),
  /** Of the mailbox, canonical. */
  address: z.string(),
  createdAt: z.int(),
  expiresAt: z.int(),
  /** When the operator, or the person, ended it before its time. */
  revokedAt: z.int().nullable(),
});
export type Token = z.output<typeof tokenSchema>;
