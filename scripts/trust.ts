import { Command, Option } from 'commander';
import { checkTrust, importTrust, listTrust, trustFolderOf } from '../src/admin/trust-store.ts';
import { systemClock } from '../src/core/clock.ts';
import { change, read } from './account.ts';
import { CommandFailure } from './command-failure.ts';
import { type ConfigOptions, loadChosenConfig } from './config-option.ts';
import { print, printJson, printTable, remarkDryRun } from './print.ts';
import { actor } from './with-admin.ts';

interface TrustOptions extends ConfigOptions {
  readonly profile: 'production' | 'test';
  /** Instead of the store in the data folder. */
  readonly store?: string;
  readonly json?: boolean;
}

/** `zhashik trust …` */
export function trustCommand(): Command {
  const trust = new Command('trust').description('the roots that signatures must lead to');
  store(change(trust.command('import <file...>')))
    .description('take certificates in: roots that are pinned, and authorities that lead to one')
    .option('--i-know <sha256>', 'a root that is not pinned, by its hash', collect, [])
    .action(importFiles);
  store(read(trust.command('list')))
    .description('what is trusted, since when, and by whom it was taken in')
    .action(list);
  store(read(trust.command('check')))
    .description('read every certificate and say which has ended, or will soon')
    .action(check);
  return trust;
}

function store(command: Command): Command {
  return command
    .addOption(
      new Option('--profile <profile>', 'production and test never mix')
        .choices(['production', 'test'])
        .default('production'),
    )
    .option('--store <folder>', 'a trust store; that of the data folder when left out');
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

async function folderOf(options: TrustOptions): Promise<string> {
  if (options.store !== undefined) return options.store;
  return trustFolderOf((await loadChosenConfig(options)).data.folder, options.profile);
}

async function importFiles(
  files: readonly string[],
  options: TrustOptions & { iKnow: readonly string[]; apply?: boolean },
): Promise<void> {
  const result = await importTrust({
    folder: await folderOf(options),
    profile: options.profile,
    files,
    known: options.iKnow,
    apply: options.apply ?? false,
    at: systemClock.now(),
    actor: actor(),
  });
  if (options.json === true) printJson(result);
  else printTable(result.certificates.map((one) => [one.acceptance, one.sha256, one.subject]));
  remarkDryRun(result);
  if (result.refused > 0) {
    throw new CommandFailure('data', `${result.refused} certificates were not taken`);
  }
}

async function list(options: TrustOptions): Promise<void> {
  const entries = await listTrust(await folderOf(options), options.profile);
  if (options.json === true) entries.forEach(printJson);
  else {
    printTable(
      entries.map((one) => [one.acceptance, one.sha256, one.addedAt, one.addedBy, one.subject]),
    );
  }
}

async function check(options: TrustOptions): Promise<void> {
  const findings = await checkTrust(await folderOf(options), options.profile, systemClock.now());
  if (options.json === true) findings.forEach(printJson);
  else printTable(findings.map((one) => [one.state, one.sha256, one.notAfter, one.subject]));
  if (findings.length === 0) print('the store is empty: nothing is trusted');
  const bad = findings.filter(({ state }) => state !== 'good').length;
  if (bad > 0 || findings.length === 0) {
    throw new CommandFailure('data', `${bad} certificates need attention`);
  }
}
