import * as z from 'zod';
import { agencyId } from '../agencies/agency.ts';
import { purposeNames } from '../agencies/purposes.ts';

/** A look-up as it is kept for whom it concerns. */
export const lookUpSchema = z.strictObject({
  agency: agencyId,
  /** Null when it asked for one that there is not. */
  purpose: z.enum(purposeNames).nullable(),
  at: z.int(),
  outcome: z.enum(['found', 'not-found', 'not-allowed']),
});

/** Who asked for a person's address, what for, when, and whether it was told. domain.md 6.4 */
export type LookUp = z.output<typeof lookUpSchema>;
