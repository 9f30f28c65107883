import { Command } from 'commander';
import { change, read } from './account.ts';
import type { ConfigOptions } from './config-option.ts';
import { print, printJson, printTable, remarkDryRun } from './print.ts';
import { identityOf, subject, subjectOf, type SubjectOptions } from './subject-options.ts';
import { finish, withAdmin } from './with-admin.ts';

type Options = ConfigOptions & { readonly json?: boolean; readonly apply?: boolean };

/** `zhashik resolve …` */
export function resolveCommand(): Command {
  const resolve = new Command('resolve').description(
    'addresses for state bodies that may have them',
  );
  subject(read(resolve.command('for <agency>')))
    .description('look one up on its behalf: recorded, limited, and shown to whom it concerns')
    .requiredOption('--purpose <purpose>', 'what for')
    .action(lookUp);
  change(resolve.command('revoke <address>'))
    .description('end a token address before its time')
    .action(revoke);
  subject(read(resolve.command('look-ups [address]')))
    .description('who looked somebody up, newest first')
    .action(lookUps);
  return resolve;
}

async function lookUp(
  agency: string,
  options: Options & SubjectOptions & { purpose: string },
): Promise<void> {
  const input = { agency, purpose: options.purpose, identity: await identityOf(options) };
  const found = await withAdmin(options, (admin) => finish(admin.call('resolver.resolve', input)));
  if (options.json === true) {
    printJson(found);
    return;
  }
  printTable([
    ['address', found.address],
    ['level', found.level],
    ['dormant', found.dormant ? 'yes' : 'no'],
    ['until', new Date(found.expiresAt).toISOString()],
  ]);
}

async function revoke(address: string, options: Options): Promise<void> {
  const input = { address, apply: options.apply ?? false };
  const ended = await withAdmin(options, (admin) => finish(admin.call('resolver.revoke', input)));
  if (options.json === true) printJson(ended);
  else print(`${address}\t${ended.agency}`);
  remarkDryRun(ended);
}

async function lookUps(
  address: string | undefined,
  options: Options & SubjectOptions,
): Promise<void> {
  const input = await subjectOf(address, options);
  await withAdmin(options, (admin) =>
    finish(admin.call('resolver.look-ups', input), (page) => {
      for (const one of page) {
        if (options.json === true) printJson(one);
        else {
          const { at, agency, purpose, outcome } = one;
          print([new Date(at).toISOString(), agency, purpose ?? '-', outcome].join('\t'));
        }
      }
    }),
  );
}
