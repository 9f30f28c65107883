import { Command, Option } from 'commander';
import type { AgencyChanged, AgencySummary } from '../src/admin/agencies.ts';
import type { InputOf } from '../src/admin/operations.ts';
import { change, read } from './account.ts';
import type { ConfigOptions } from './config-option.ts';
import { print, printJson, printTable, remarkDryRun } from './print.ts';
import { parseCount } from './quota-values.ts';
import { readLines } from './read-lines.ts';
import { finish, withAdmin } from './with-admin.ts';

type Options = ConfigOptions & { readonly json?: boolean; readonly apply?: boolean };
type Said = InputOf<'agency.change'>['change'];

interface SaidOptions extends Options {
  readonly nameKk?: string;
  readonly nameRu?: string;
  readonly nameEn?: string;
  readonly agreement?: string;
  readonly domain?: readonly string[];
  readonly network?: readonly string[];
  readonly purpose?: readonly string[];
  readonly profile?: readonly string[];
  readonly fallback?: 'none' | 'paper';
  readonly lookUps?: number;
}

/** `zhashik agency …` */
export function agencyCommand(): Command {
  const agency = new Command('agency').description('state bodies that send official mail');
  said(change(agency.command('add <id>')), true)
    .requiredOption('--bin <bin>', 'its BIN')
    .description(
      'take one in, for tests; who answers for it there is a line of standard input each',
    )
    .action(add);
  said(change(agency.command('change <id>')), false)
    .description('say something of it anew, while it is not in production')
    .action(changeSaid);
  read(agency.command('list')).description('all of them').action(list);
  read(agency.command('show <id>')).description('one, with who answers for it').action(show);
  change(agency.command('promote <id>'))
    .description('say that it may go into production; a second person has to say so within a week')
    .action((id: string, options: Options) => order('agency.promote', id, options));
  change(agency.command('suspend <id>'))
    .description('end its look-ups and the mail to its token addresses at once')
    .requiredOption('--reason <text>', 'why, for the audit record')
    .action(suspend);
  change(agency.command('resume <id>'))
    .description('back into test; production takes two persons again')
    .action((id: string, options: Options) => order('agency.resume', id, options));
  change(agency.command('certificate <id> <sha256>'))
    .description('let it in with that client certificate; SHA-256 of its DER, in hex')
    .option('--remove', 'no longer')
    .action(certificate);
  change(agency.command('secret <id>'))
    .description('give it a new secret for the API, told once, here; the old one ends')
    .action(secret);
  return agency;
}

function said(command: Command, isNew: boolean): Command {
  const needed = (flags: string, description: string): Option =>
    new Option(flags, description).makeOptionMandatory(isNew);
  return command
    .addOption(needed('--name-kk <name>', 'its name in Kazakh'))
    .addOption(needed('--name-ru <name>', 'in Russian'))
    .addOption(needed('--name-en <name>', 'in English'))
    .addOption(needed('--agreement <number>', 'the number of its agreement'))
    .option('--domain <domain...>', 'of the addresses that it sends from')
    .option('--network <network...>', 'where its mail servers are')
    .option('--purpose <purpose...>', 'what it may look addresses up for')
    .option('--profile <profile...>', 'rules of service that its letters may name')
    .addOption(
      new Option('--fallback <how>', 'what becomes of a letter to who has no mailbox').choices([
        'none',
        'paper',
      ]),
    )
    .option('--look-ups <count>', 'how many it may ask for in a minute', parseCount);
}

/** Checked on the side that acts: here only put together. */
function saidIn(options: SaidOptions): Said {
  const { nameKk, nameRu, nameEn, agreement, domain, network, purpose, profile } = options;
  const names =
    nameKk === undefined && nameRu === undefined && nameEn === undefined
      ? undefined
      : { kk: nameKk ?? '', ru: nameRu ?? '', en: nameEn ?? '' };
  const all = {
    names,
    agreement,
    domains: domain,
    networks: network,
    purposes: purpose,
    profiles: profile,
    fallback: options.fallback,
    lookupsPerMinute: options.lookUps,
  };
  return Object.fromEntries(Object.entries(all).filter(([, one]) => one !== undefined));
}

async function add(id: string, options: SaidOptions & { bin: string }): Promise<void> {
  const responsible = await readLines('who answers for it: a name and a telephone');
  const agency = {
    ...{ domains: [], networks: [], purposes: [], profiles: [] },
    ...{ fallback: 'none', lookupsPerMinute: 60 },
    ...saidIn(options),
    ...{ id, bin: options.bin, responsible },
  } as unknown as InputOf<'agency.add'>['agency'];
  const input = { agency, apply: options.apply ?? false };
  tell(await withAdmin(options, (admin) => finish(admin.call('agency.add', input))), options);
}

async function changeSaid(id: string, options: SaidOptions): Promise<void> {
  const input = { id, change: saidIn(options), apply: options.apply ?? false };
  tell(await withAdmin(options, (admin) => finish(admin.call('agency.change', input))), options);
}

async function list(options: Options): Promise<void> {
  await withAdmin(options, (admin) =>
    finish(admin.call('agency.list', {}), (one) => {
      if (options.json === true) printJson(one);
      else print([one.id, one.state, one.bin, one.names.ru].join('\t'));
    }),
  );
}

async function show(id: string, options: Options): Promise<void> {
  const found = await withAdmin(options, (admin) => finish(admin.call('agency.show', { id })));
  if (options.json === true) {
    printJson(found);
    return;
  }
  printTable([...rowsOf(found), ...found.responsible.map((one) => ['answers for it', one])]);
}

async function order(
  operation: 'agency.promote' | 'agency.resume',
  id: string,
  options: Options,
): Promise<void> {
  const input = { id, apply: options.apply ?? false };
  tell(await withAdmin(options, (admin) => finish(admin.call(operation, input))), options);
}

async function suspend(id: string, options: Options & { reason: string }): Promise<void> {
  const input = { id, reason: options.reason, apply: options.apply ?? false };
  tell(await withAdmin(options, (admin) => finish(admin.call('agency.suspend', input))), options);
}

async function certificate(
  id: string,
  sha256: string,
  options: Options & { remove?: boolean },
): Promise<void> {
  const digest = sha256.replaceAll(':', '').toLowerCase();
  const input = {
    id,
    sha256: digest,
    remove: options.remove ?? false,
    apply: options.apply ?? false,
  };
  tell(
    await withAdmin(options, (admin) => finish(admin.call('agency.certificate', input))),
    options,
  );
}

async function secret(id: string, options: Options): Promise<void> {
  const input = { id, apply: options.apply ?? false };
  const told = await withAdmin(options, (admin) => finish(admin.call('agency.secret', input)));
  if (options.json === true) printJson(told);
  else if (told.secret !== null) print(told.secret);
  remarkDryRun(told);
}

function tell(result: AgencyChanged, options: Options): void {
  if (options.json === true) printJson(result);
  else printTable(rowsOf(result.agency));
  remarkDryRun(result);
}

function rowsOf(agency: AgencySummary): string[][] {
  const { proposal } = agency;
  return [
    ['id', agency.id],
    ['state', agency.state],
    ...(proposal === null ? [] : [['proposed by', proposal.by]]),
    ['BIN', agency.bin],
    ['name', agency.names.kk],
    ['', agency.names.ru],
    ['', agency.names.en],
    ['agreement', agency.agreement],
    ['domains', agency.domains.join(' ')],
    ['networks', agency.networks.join(' ')],
    ['purposes', agency.purposes.join(' ')],
    ['profiles', agency.profiles.join(' ')],
    ['fallback', agency.fallback],
    ['look-ups', `${agency.lookupsPerMinute} a minute`],
    ...agency.certificates.map((one) => ['certificate', one]),
    ['secret', agency.secret ? 'set' : 'none'],
  ];
}
