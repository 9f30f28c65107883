import * as z from 'zod';
import { limits } from './limits.ts';

/** Six digits, or the newer form such as `A10A5T4`. domain.md 7 */
export const postcode = z.string().regex(/^(?:\d{6}|[A-Z]\d{2}[A-Z]\d[A-Z]\d)$/, {
  error: 'expected a postal index: six digits, or like A10A5T4',
});

const name = z.string().trim().min(1).max(limits.nameCharacters);

export const facilitySchema = z.strictObject({ postcode, nameKk: name, nameRu: name });

/** A post office where people register on paper. */
export type Facility = z.output<typeof facilitySchema>;
