import { expect } from 'chai';
import { MailError } from '../../../src/core/errors.ts';
import type { SubjectKey } from '../../../src/gateway/api.ts';
import type { Employee, NewEmployee } from '../../../src/gateway/employees/employee.ts';
import { Employees } from '../../../src/gateway/employees/employees.ts';
import { limits } from '../../../src/gateway/employees/limits.ts';
import type { Iin } from '../../../src/gateway/identifiers/values.ts';
import { openEmbedded, type OpenEmbedded } from '../../store/embedded/backend.ts';
import { aigerim, vault } from '../agencies/support.ts';

const post = { postcode: '010000', nameKk: '№ 1 пошта бөлімшесі', nameRu: 'Отделение № 1' };
const clerk: NewEmployee = {
  iin: '000229599116' as Iin,
  name: { surname: 'ҒАЗИЗОВА', given: 'ҮМІТ' },
  facility: '010000',
  roles: ['employee'],
};

describe('employees', () => {
  let house: OpenEmbedded;
  let employees: Employees;

  beforeEach(async () => {
    house = await openEmbedded();
    const { records, audit } = house.store;
    employees = new Employees({ records, audit, vault, clock: { now: () => 1_700_000_000_000 } });
    await employees.setFacility(aigerim, post);
  });
  afterEach(() => house.remove());

  async function failure(work: () => Promise<unknown>): Promise<string> {
    try {
      await work();
    } catch (error) {
      if (error instanceof MailError) return error.failure;
      throw error;
    }
    return 'done';
  }

  async function all(): Promise<Employee[]> {
    const found: Employee[] = [];
    for await (const one of employees.all()) found.push(one);
    return found;
  }

  it('R-6.3 are found by their signature, with facility and roles', async () => {
    const added = await employees.add(aigerim, clerk);
    expect(await employees.findBySignature({ iin: clerk.iin })).to.deep.equal(added);
    expect(added).to.deep.equal({
      key: vault.key({ type: 'individual', iin: clerk.iin }),
      name: clerk.name,
      facility: '010000',
      roles: ['employee'],
      status: 'active',
    });
    expect(await employees.findBySignature({ iin: '850101399113' as Iin })).to.equal(undefined);
    expect(await all()).to.deep.equal([added]);
  });

  it('R-10.1 have neither IIN nor name in the store or the audit log', async () => {
    await employees.add(aigerim, clerk);
    const stored = await house.store.records.list('employee', { limit: 10 });
    const told = JSON.stringify([stored, await house.store.audit.list({ limit: 10 })]);
    expect(told).not.to.contain(clerk.iin);
    expect(told).not.to.contain(clerk.name.surname);
  });

  it('R-6.3 change facility and roles, and leave', async () => {
    const { key } = await employees.add(aigerim, clerk);
    await employees.setFacility(aigerim, { ...post, postcode: 'A10A5T4' });
    const changed = await employees.change(aigerim, key, {
      facility: 'A10A5T4',
      roles: ['employee', 'supervisor'],
    });
    expect([changed.facility, changed.roles]).to.deep.equal([
      'A10A5T4',
      ['employee', 'supervisor'],
    ]);
    expect((await employees.change(aigerim, key, { roles: ['security'] })).facility).to.equal(
      'A10A5T4',
    );
    await employees.dismiss(aigerim, key);
    await employees.dismiss(aigerim, key);
    expect(await employees.findBySignature({ iin: clerk.iin })).to.equal(undefined);
    expect((await employees.find(key))?.status).to.equal('dismissed');
    expect(await failure(() => employees.change(aigerim, key, {}))).to.equal('invalid');
    await employees.add(aigerim, clerk);
    expect((await employees.find(key))?.roles).to.deep.equal(['employee']);
    const actions = (await house.store.audit.list({ limit: 20 })).map(({ action }) => action);
    expect(actions.reverse()).to.deep.equal([
      'facility.set',
      'employee.add',
      'facility.set',
      'employee.change',
      'employee.change',
      'employee.dismiss',
      'employee.add',
    ]);
  });

  it('are there once, and not by a dry run', async () => {
    const dry = { ...aigerim, apply: false };
    await employees.add(dry, clerk);
    expect(await all()).to.deep.equal([]);
    const { key } = await employees.add(aigerim, clerk);
    expect(await failure(() => employees.add(aigerim, clerk))).to.equal('already-exists');
    await employees.dismiss(dry, key);
    await employees.change(dry, key, { roles: ['security'] });
    await employees.setFacility(dry, { ...post, postcode: '020000' });
    expect((await employees.find(key))?.roles).to.deep.equal(['employee']);
    expect(await failure(() => employees.facility('020000'))).to.equal('not-found');
    expect(await failure(() => employees.dismiss(aigerim, 'x' as SubjectKey))).to.equal(
      'not-found',
    );
  });

  for (const [title, wrong, want] of [
    ['an unknown facility', { facility: '020000' }, 'not-found'],
    ['no postal index', { facility: '10000' }, 'invalid'],
    ['no roles', { roles: [] }, 'invalid'],
    ['an unknown role', { roles: ['chief'] }, 'invalid'],
    ['no surname', { name: { ...clerk.name, surname: ' ' } }, 'invalid'],
    [
      'a long name',
      { name: { ...clerk.name, given: 'Ә'.repeat(limits.nameCharacters + 1) } },
      'invalid',
    ],
    ['an IIN of 11 digits', { iin: '00022959911' }, 'invalid'],
  ] as const) {
    it(`are not taken with ${title}, and the IIN is not told`, async () => {
      const given = { ...clerk, ...wrong } as unknown as NewEmployee;
      expect(await failure(() => employees.add(aigerim, given))).to.equal(want);
    });
  }

  it('work at facilities that have a postal index and names', async () => {
    const found: string[] = [];
    for await (const { postcode } of employees.facilities()) found.push(postcode);
    expect(found).to.deep.equal(['010000']);
    for (const wrong of [
      { postcode: 'A1' },
      { nameKk: '' },
      { nameRu: 'x'.repeat(limits.nameCharacters + 1) },
    ]) {
      const given = { ...post, ...wrong };
      expect(await failure(() => employees.setFacility(aigerim, given))).to.equal('invalid');
    }
  });
});
