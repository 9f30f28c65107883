import * as z from 'zod';
import type { SubjectKey } from '../gateway/api.ts';
import {
  type Employee,
  employeeChangeSchema,
  newEmployeeSchema,
} from '../gateway/employees/employee.ts';
import { type Facility, facilitySchema } from '../gateway/employees/facility.ts';
import { parseIin } from '../gateway/identifiers/parse-iin.ts';
import type { AdminContext } from './admin-context.ts';

const apply = z.boolean();
const text = z.string().max(1000);

export const employeeAddInput = z.strictObject({
  employee: newEmployeeSchema.extend({ iin: text }),
  apply,
});
export const employeeChangeInput = z.strictObject({
  key: text,
  change: employeeChangeSchema,
  apply,
});
export const employeeDismissInput = z.strictObject({ key: text, apply });
export const facilityInput = z.strictObject({ facility: facilitySchema, apply });

export interface EmployeeChanged {
  readonly applied: boolean;
  readonly employee: Employee;
}

/** All of them, one by one, in order of their keys. */
export async function* listEmployees(
  context: AdminContext,
): AsyncGenerator<Employee, { readonly count: number }, void> {
  let count = 0;
  for await (const employee of (await context.unifiedBase()).employees.all()) {
    yield employee;
    count += 1;
  }
  return { count };
}

/** See `Employees.add`. `IIN_CHECK` */
export async function addEmployee(
  { unifiedBase, actor }: AdminContext,
  { employee, apply: applied }: z.output<typeof employeeAddInput>,
): Promise<EmployeeChanged> {
  const { employees, testIdentifiers } = await unifiedBase();
  const iin = parseIin(employee.iin, testIdentifiers);
  const order = { actor, apply: applied };
  return { applied, employee: await employees.add(order, { ...employee, iin }) };
}

/** See `Employees.change`. */
export async function changeEmployee(
  { unifiedBase, actor }: AdminContext,
  { key, change, apply: applied }: z.output<typeof employeeChangeInput>,
): Promise<EmployeeChanged> {
  const { employees } = await unifiedBase();
  const order = { actor, apply: applied };
  return { applied, employee: await employees.change(order, key as SubjectKey, change) };
}

/** See `Employees.dismiss`. */
export async function dismissEmployee(
  { unifiedBase, actor }: AdminContext,
  { key, apply: applied }: z.output<typeof employeeDismissInput>,
): Promise<EmployeeChanged> {
  const { employees } = await unifiedBase();
  const order = { actor, apply: applied };
  return { applied, employee: await employees.dismiss(order, key as SubjectKey) };
}

/** All of them, one by one, in order of their postal indexes. */
export async function* listFacilities(
  context: AdminContext,
): AsyncGenerator<Facility, { readonly count: number }, void> {
  let count = 0;
  for await (const facility of (await context.unifiedBase()).employees.facilities()) {
    yield facility;
    count += 1;
  }
  return { count };
}

/** See `Employees.setFacility`. */
export async function setFacility(
  { unifiedBase, actor }: AdminContext,
  { facility, apply: applied }: z.output<typeof facilityInput>,
): Promise<{ readonly applied: boolean; readonly facility: Facility }> {
  const { employees } = await unifiedBase();
  return { applied, facility: await employees.setFacility({ actor, apply: applied }, facility) };
}
