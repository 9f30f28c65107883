import { resolve } from 'node:path';
import { Command } from 'commander';
import { read } from './account.ts';
import { CommandFailure } from './command-failure.ts';
import { type ConfigOptions, loadChosenConfig } from './config-option.ts';
import { bytesForPeople, print, printJson, remarkDryRun } from './print.ts';
import { progressLine } from './progress-line.ts';
import { actor, finish } from './with-admin.ts';

/** `zhashik cluster …` */
export function clusterCommand(): Command {
  const cluster = new Command('cluster').description('the database that many processes share');
  read(cluster.command('init'))
    .description('make the collections, indexes and shard keys that are missing; again at any time')
    .action(init);
  return cluster;
}

/** `zhashik migrate …` */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('everything of one store into another, while no server has either')
    .requiredOption('--from <store>', 'embedded:FOLDER, mongodb://HOST/DATABASE or config:FILE')
    .requiredOption('--to <store>', 'the same; it must be empty, or hold an earlier run of this')
    .option('--json', 'for programs')
    .option('--apply', 'do it; without this it is only looked at')
    .addHelpText(
      'after',
      '\nIn the end both are read and compared. Ends with 2 when something is not the same, or was lost before.',
    )
    .action(migrate);
}

async function init(options: ConfigOptions & { json?: boolean }): Promise<void> {
  const { initDatabase } = await import('../src/compose-stores.ts');
  const config = await loadChosenConfig(options);
  const server = await finish(initDatabase(config), ({ what, made }) => {
    if (options.json === true) printJson({ what, made });
    else print(`${made ? 'made' : 'there'}\t${what}`);
  });
  const { kind, version, concerns } = server;
  if (options.json === true) printJson({ server: kind, version, concerns });
  else print(`${kind}, version ${version}: ${concerns}; it keeps its word when writes race`);
}

async function migrate(options: {
  from: string;
  to: string;
  json?: boolean;
  apply?: boolean;
}): Promise<void> {
  const { migrateStores } = await import('../src/compose-stores.ts');
  const line = progressLine();
  const [from, to] = [absolute(options.from), absolute(options.to)];
  const apply = options.apply ?? false;
  const result = await finish(migrateStores({ from, to, apply, actor: actor() }), line.show);
  line.end();
  if (options.json === true) printJson(result);
  else {
    print(
      `${result.accounts} accounts (${result.there} were there), ${result.messages} messages, ` +
        `${result.present} were there, ${bytesForPeople(result.bytes)}; ${result.records} records, ` +
        `${result.waiting} to be sent, ${result.audit} audit records: ${result.different} accounts differ, ${result.damaged} letters damaged`,
    );
  }
  remarkDryRun(result);
  if (result.different + result.damaged > 0) {
    throw new CommandFailure('damaged', 'the target is not what the source is');
  }
}

/** A file or folder in the name of a store is one of the working folder. */
function absolute(store: string): string {
  const [, kind, path] = /^(embedded|config):(.*)$/.exec(store) ?? [];
  return kind === undefined || path === undefined ? store : `${kind}:${resolve(path)}`;
}
