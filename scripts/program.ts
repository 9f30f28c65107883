import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, type OutputConfiguration } from 'commander';
import { exitCodeTable } from '../src/admin/exit-codes.ts';
import { accountCommand } from './account.ts';
import { agencyCommand } from './agency.ts';
import { agreementCommand } from './agreement.ts';
import { backupCommand, restoreCommand, undeleteCommand, verifyCommand } from './backup.ts';
import { configCommand } from './config.ts';
import { confirmationCommand } from './confirmation.ts';
import { packageFolder } from './config-option.ts';
import { edsCommand, wrongUse } from './eds.ts';
import { employeeCommand } from './employee.ts';
import { exportCommand, importCommand } from './letters.ts';
import { mailboxCommand } from './mailbox.ts';
import { quotaCommand } from './quota.ts';
import { registryCommand } from './registry.ts';
import { resolveCommand } from './resolve.ts';
import { serveCommand } from './serve.ts';
import { clusterCommand, migrateCommand } from './stores.ts';
import { trustCommand } from './trust.ts';

/** All commands. Throws `CommanderError` instead of ending the process; `output` is where help and usage errors go. */
export function program(output: OutputConfiguration = {}): Command {
  const manifest: unknown = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8'));
  const { version } = manifest as { version: string };
  const zhashik = new Command('zhashik')
    .description('The mail server, and what its operator does with it')
    .version(version)
    .helpCommand(false)
    .addCommand(serveCommand())
    .addCommand(configCommand())
    .addCommand(accountCommand())
    .addCommand(mailboxCommand())
    .addCommand(quotaCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(edsCommand())
    .addCommand(trustCommand())
    .addCommand(agreementCommand())
    .addCommand(registryCommand())
    .addCommand(agencyCommand())
    .addCommand(employeeCommand())
    .addCommand(resolveCommand())
    .addCommand(confirmationCommand())
    .addCommand(verifyCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(undeleteCommand())
    .addCommand(migrateCommand())
    .addCommand(clusterCommand());
  zhashik
    .command('help [topic...]')
    .description('help for a command, or the topic exit-codes')
    .action((topic: string[]) => {
      help(zhashik, topic);
    });
  settle(zhashik, output);
  for (const command of zhashik.commands) {
    if (['eds', 'confirmation'].includes(command.name())) endWith2(command);
  }
  return zhashik;
}

function help(zhashik: Command, topic: readonly string[]): void {
  if (topic[0] === 'exit-codes') {
    process.stdout.write(exitCodeTable());
    return;
  }
  let command = zhashik;
  for (const name of topic) {
    const next = command.commands.find((one) => one.name() === name);
    if (next === undefined) zhashik.error(`error: no help for '${topic.join(' ')}'`);
    else command = next;
  }
  command.outputHelp();
}

/** Commander asks this of each command by itself. */
function settle(command: Command, output: OutputConfiguration): void {
  command.exitOverride().configureOutput(output).showHelpAfterError('(add --help for help)');
  for (const inner of command.commands) settle(inner, output);
}

/** A wrong command line below `eds` and `confirmation`, and nothing else, ends as `wrongUse` says. */
function endWith2(command: Command): void {
  command.exitOverride(wrongUse);
  for (const inner of command.commands) endWith2(inner);
}
