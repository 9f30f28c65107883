import type { Clock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
import type { AuditStore } from '../../store/api.ts';
import type { RecordStore } from '../../store/records.ts';
import type { SignedBy, SubjectKey } from '../api.ts';
import { checked } from '../records/checked.ts';
import type { Order } from '../records/order.ts';
import { TypedRecords } from '../records/typed-records.ts';
import type { IdentityVault } from '../vault/identity-vault.ts';
import {
  type Employee,
  type EmployeeChange,
  employeeChangeSchema,
  type EmployeeRecord,
  employeeRecordSchema,
  type NewEmployee,
  newEmployeeSchema,
  personName,
} from './employee.ts';
import { type Facility, facilitySchema } from './facility.ts';

export interface EmployeesParts {
  readonly records: RecordStore;
  readonly audit: Pick<AuditStore, 'append'>;
  readonly vault: Pick<IdentityVault, 'key' | 'seal' | 'open'>;
  readonly clock: Clock;
}

type Detail = Readonly<Record<string, string | number | boolean>>;

/**
 * Who registers people at the counter, and where. An employee is known by the EDS, and by nothing that is typed; the
 * record has no IIN, and the name only sealed. Each change is in the audit log before it is made.
 */
export class Employees {
  readonly #parts: EmployeesParts;
  readonly #employees: TypedRecords<EmployeeRecord>;
  readonly #facilities: TypedRecords<Facility>;

  constructor(parts: EmployeesParts) {
    this.#parts = parts;
    this.#employees = new TypedRecords(parts.records, 'employee', employeeRecordSchema);
    this.#facilities = new TypedRecords(parts.records, 'facility', facilitySchema);
  }

  /** Whom a signature of an `employee-login` names; undefined for everybody else, and for the dismissed. */
  async findBySignature({ iin }: Pick<SignedBy, 'iin'>): Promise<Employee | undefined> {
    const employee = await this.find(this.#parts.vault.key({ type: 'individual', iin }));
    return employee?.status === 'active' ? employee : undefined;
  }

  /** Dismissed ones too: what they did still names them. */
  async find(key: SubjectKey): Promise<Employee | undefined> {
    const kept = await this.#employees.get(key);
    return kept && this.#shown(key, kept.value);
  }

  /** In order of their keys. */
  async *all(): AsyncGenerator<Employee, void, void> {
    for await (const { key, value } of this.#employees.all()) {
      yield this.#shown(key as SubjectKey, value);
    }
  }

  /** `invalid`; `already-exists`; `not-found` for an unknown facility. One who was dismissed comes back so. */
  async add(order: Order, given: NewEmployee): Promise<Employee> {
    const { iin, name, facility, roles } = checked(newEmployeeSchema, given);
    const { vault, clock } = this.#parts;
    const key = vault.key({ type: 'individual', iin });
    await this.facility(facility);
    const before = (await this.#employees.get(key))?.value;
    if (before?.status === 'active') throw taken();
    const now = clock.now();
    const record: EmployeeRecord = {
      name: vault.seal(JSON.stringify(name), context(key)),
      facility,
      roles,
      status: 'active',
      createdAt: before?.createdAt ?? now,
      changedAt: now,
    };
    if (order.apply) {
      await this.#audit(order, 'employee.add', { employee: key, facility, roles: roles.join(' ') });
      await this.#employees.change(key, (found) => {
        if (found?.status === 'active') throw taken();
        return record;
      });
    }
    return this.#shown(key, record);
  }

  /** Another facility, or other roles. `not-found`, `invalid` for the dismissed. */
  async change(order: Order, key: SubjectKey, given: EmployeeChange): Promise<Employee> {
    const { facility, roles } = checked(employeeChangeSchema, given);
    if (facility !== undefined) await this.facility(facility);
    const detail = {
      ...(facility !== undefined && { facility }),
      ...(roles !== undefined && { roles: roles.join(' ') }),
    };
    return this.#change(order, 'employee.change', key, detail, (record) => {
      if (record.status !== 'active') throw new MailError('invalid', 'This employee is dismissed');
      return { ...record, facility: facility ?? record.facility, roles: roles ?? record.roles };
    });
  }

  /** `not-found` */
  dismiss(order: Order, key: SubjectKey): Promise<Employee> {
    return this.#change(order, 'employee.dismiss', key, {}, (record) =>
      record.status === 'dismissed' ? record : { ...record, status: 'dismissed' },
    );
  }

  /** `not-found` */
  async facility(code: string): Promise<Facility> {
    const facility = await this.#facilities.get(code);
    if (facility === undefined) throw new MailError('not-found', 'There is no such facility');
    return facility.value;
  }

  /** In order of their postal indexes. */
  async *facilities(): AsyncGenerator<Facility, void, void> {
    for await (const { value } of this.#facilities.all()) yield value;
  }

  /** Makes it, or gives it other names. `invalid` */
  async setFacility(order: Order, given: Facility): Promise<Facility> {
    const facility = checked(facilitySchema, given);
    if (!order.apply) return facility;
    await this.#audit(order, 'facility.set', { ...facility });
    await this.#facilities.change(facility.postcode, () => facility);
    return facility;
  }

  async #change(
    order: Order,
    action: string,
    key: SubjectKey,
    detail: Detail,
    decide: (record: EmployeeRecord) => EmployeeRecord,
  ): Promise<Employee> {
    const before = (await this.#employees.get(key))?.value;
    if (before === undefined) throw unknown();
    const after = decide(before);
    if (after !== before && order.apply) {
      await this.#audit(order, action, { employee: key, ...detail });
      await this.#employees.change(key, (record) => {
        if (record === undefined) throw unknown();
        const next = decide(record);
        return next === record ? undefined : { ...next, changedAt: this.#parts.clock.now() };
      });
    }
    return this.#shown(key, after);
  }

  #audit({ actor }: Order, action: string, detail: Detail): Promise<void> {
    return this.#parts.audit.append({ actor, action, detail });
  }

  #shown(key: SubjectKey, { name, facility, roles, status }: EmployeeRecord): Employee {
    const opened = JSON.parse(this.#parts.vault.open(name, context(key))) as unknown;
    return { key, name: checked(personName, opened), facility, roles, status };
  }
}

function context(key: SubjectKey): string {
  return `employee:${key}:name`;
}

function taken(): MailError {
  return new MailError('already-exists', 'This employee is there already');
}

function unknown(): MailError {
  return new MailError('not-found', 'There is no such employee');
}
