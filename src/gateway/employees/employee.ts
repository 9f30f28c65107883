import * as z from 'zod';
import type { PersonName, SubjectKey } from '../api.ts';
import type { Iin } from '../identifiers/values.ts';
import { postcode } from './facility.ts';
import { limits } from './limits.ts';

export const employeeRoles = ['employee', 'supervisor', 'security'] as const;
export type EmployeeRole = (typeof employeeRoles)[number];

const roles = z.array(z.enum(employeeRoles)).min(1).max(employeeRoles.length);
const namePart = z.string().trim().min(1).max(limits.nameCharacters);

export const personName = z.strictObject({
  surname: namePart,
  given: namePart,
  patronymic: namePart.optional(),
});

/** A new employee. */
export const newEmployeeSchema = z.strictObject({
  iin: z
    .string()
    .regex(/^\d{12}$/)
    .transform((text) => text as Iin),
  name: personName,
  facility: postcode,
  roles,
});
export type NewEmployee = z.output<typeof newEmployeeSchema>;

export const employeeChangeSchema = z.strictObject({ facility: postcode, roles }).partial();
export type EmployeeChange = z.output<typeof employeeChangeSchema>;

/** As it is stored, by the blind index of the IIN. */
export const employeeRecordSchema = z.strictObject({
  /** Sealed. */
  name: z.string(),
  facility: postcode,
  roles,
  status: z.enum(['active', 'dismissed']),
  createdAt: z.int(),
  changedAt: z.int(),
});
export type EmployeeRecord = z.output<typeof employeeRecordSchema>;

/** Somebody who works for the operator. */
export interface Employee {
  readonly key: SubjectKey;
  readonly name: PersonName;
  readonly facility: string;
  readonly roles: readonly EmployeeRole[];
  readonly status: 'active' | 'dismissed';
}
