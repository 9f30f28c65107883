import { Command, Option } from 'commander';
import type { EmployeeChanged } from '../src/admin/employees.ts';
import type { InputOf, ProgressOf } from '../src/admin/operations.ts';
import { change, read } from './account.ts';
import { CommandFailure } from './command-failure.ts';
import type { ConfigOptions } from './config-option.ts';
import { print, printJson, remarkDryRun } from './print.ts';
import { readLines } from './read-lines.ts';
import { finish, withAdmin } from './with-admin.ts';

type Options = ConfigOptions & { readonly json?: boolean; readonly apply?: boolean };
type Role = 'employee' | 'supervisor' | 'security';
type Employee = ProgressOf<'employee.list'>;

/** `zhashik employee …` */
export function employeeCommand(): Command {
  const employee = new Command('employee').description('who registers people at the counter');
  change(employee.command('add'))
    .description('take one in; IIN, surname, given name and patronymic are lines of standard input')
    .requiredOption('--facility <index>', 'the postal index of the facility')
    .addOption(roles().default(['employee']))
    .action(add);
  change(employee.command('change <key>'))
    .description('another facility, or other roles')
    .option('--facility <index>', 'the postal index of the facility')
    .addOption(roles())
    .action(changeOne);
  change(employee.command('dismiss <key>'))
    .description('no login any more; what was done stays theirs')
    .action(dismiss);
  read(employee.command('list')).description('all of them').action(list);
  change(employee.command('facility <index>'))
    .description('make a facility, or give it other names')
    .requiredOption('--name-kk <name>', 'its name in Kazakh')
    .requiredOption('--name-ru <name>', 'in Russian')
    .action(setFacility);
  read(employee.command('facilities')).description('all facilities').action(facilities);
  return employee;
}

function roles(): Option {
  return new Option('--role <role...>', 'what they may do').choices([
    'employee',
    'supervisor',
    'security',
  ]);
}

async function add(options: Options & { facility: string; role: Role[] }): Promise<void> {
  const [iin = '', surname, given, patronymic] = await readLines('IIN, surname, given name');
  if (surname === undefined || given === undefined) {
    throw new CommandFailure('usage', 'an IIN, a surname and a given name are three lines');
  }
  const name = { surname, given, ...(patronymic !== undefined && { patronymic }) };
  const { facility, role } = options;
  const input: InputOf<'employee.add'> = {
    employee: { iin, name, facility, roles: role },
    apply: options.apply ?? false,
  };
  tell(await withAdmin(options, (admin) => finish(admin.call('employee.add', input))), options);
}

async function changeOne(
  key: string,
  options: Options & { facility?: string; role?: Role[] },
): Promise<void> {
  const { facility, role } = options;
  const said = {
    ...(facility !== undefined && { facility }),
    ...(role !== undefined && { roles: role }),
  };
  if (Object.keys(said).length === 0) {
    throw new CommandFailure('usage', 'say what to change: --facility, --role or both');
  }
  const input = { key, change: said, apply: options.apply ?? false };
  tell(await withAdmin(options, (admin) => finish(admin.call('employee.change', input))), options);
}

async function dismiss(key: string, options: Options): Promise<void> {
  const input = { key, apply: options.apply ?? false };
  tell(await withAdmin(options, (admin) => finish(admin.call('employee.dismiss', input))), options);
}

async function list(options: Options): Promise<void> {
  await withAdmin(options, (admin) =>
    finish(admin.call('employee.list', {}), (one) => {
      show(one, options);
    }),
  );
}

async function setFacility(
  postcode: string,
  options: Options & { nameKk: string; nameRu: string },
): Promise<void> {
  const { nameKk, nameRu } = options;
  const input = { facility: { postcode, nameKk, nameRu }, apply: options.apply ?? false };
  const set = await withAdmin(options, (admin) => finish(admin.call('facility.set', input)));
  if (options.json === true) printJson(set);
  else print([set.facility.postcode, set.facility.nameKk, set.facility.nameRu].join('\t'));
  remarkDryRun(set);
}

async function facilities(options: Options): Promise<void> {
  await withAdmin(options, (admin) =>
    finish(admin.call('facility.list', {}), (one) => {
      if (options.json === true) printJson(one);
      else print([one.postcode, one.nameKk, one.nameRu].join('\t'));
    }),
  );
}

function tell(result: EmployeeChanged, options: Options): void {
  if (options.json === true) printJson(result);
  else show(result.employee, options);
  remarkDryRun(result);
}

function show(employee: Employee, options: Options): void {
  if (options.json === true) {
    printJson(employee);
    return;
  }
  const { key, status, facility, roles: may, name } = employee;
  const full = [name.surname, name.given, name.patronymic ?? ''].join(' ').trim();
  print([key, status, facility, may.join(','), full].join('\t'));
}
