import { Command } from 'commander';
import { read } from './account.ts';
import { CommandFailure } from './command-failure.ts';
import type { ConfigOptions } from './config-option.ts';
import { print, printJson, printTable, remark } from './print.ts';
import { subject, subjectOf, type SubjectOptions } from './subject-options.ts';
import { finish, withAdmin } from './with-admin.ts';

type Options = ConfigOptions & SubjectOptions & { readonly json?: boolean };

/** `zhashik registry …` */
export function registryCommand(): Command {
  const registry = new Command('registry').description('the unified base of mailboxes');
  subject(read(registry.command('show [address]')))
    .description('a mailbox as it is there now')
    .action(show);
  subject(read(registry.command('history [address]')))
    .description('all that happened to the mailboxes of its owner')
    .action(history);
  read(registry.command('head'))
    .description('the last entry and its digest: note them, to know later that nothing was changed')
    .action(head);
  read(registry.command('export'))
    .description('every entry as it is stored, a line of JSON each')
    .action(exportAll);
  read(registry.command('verify'))
    .description('find what was changed, and mailboxes without an entry or entries without one')
    .action(verify);
  return registry;
}

async function show(address: string | undefined, options: Options): Promise<void> {
  const input = await subjectOf(address, options);
  const view = await withAdmin(options, (admin) => finish(admin.call('registry.show', input)));
  if (options.json === true) {
    printJson(view);
    return;
  }
  printTable([
    ['address', view.address],
    ['owner', view.subject],
    ['type', view.subjectType],
    ['level', view.level],
    ['status', view.status],
    ['created', moment(view.createdAt)],
    ['changed', moment(view.changedAt)],
  ]);
}

async function history(address: string | undefined, options: Options): Promise<void> {
  const input = await subjectOf(address, options);
  const { entries } = await withAdmin(options, (admin) =>
    finish(admin.call('registry.history', input)),
  );
  if (options.json === true) entries.forEach(printJson);
  else {
    printTable(
      entries.map(({ number, at, kind, address: of, cause, facts }) => [
        String(number).padStart(8),
        moment(at),
        kind,
        of,
        cause,
        Object.entries(facts)
          .map(([name, fact]) => `${name}=${fact}`)
          .join(' '),
      ]),
    );
  }
}

async function head(options: Options): Promise<void> {
  const last = await withAdmin(options, (admin) => finish(admin.call('registry.head', {})));
  if (options.json === true) printJson(last);
  else print(`${last.number}\t${last.digest}`);
}

async function exportAll(options: Options): Promise<void> {
  const last = await withAdmin(options, (admin) =>
    finish(admin.call('registry.export', {}), (lines) => {
      lines.forEach(print);
    }),
  );
  remark(`${last.number} entries, head ${last.digest}`);
}

async function verify(options: Options): Promise<void> {
  const result = await withAdmin(options, (admin) =>
    finish(admin.call('registry.verify', {}), (finding) => {
      if (options.json === true) printJson(finding);
      else {
        const { part, number, text } = finding;
        print(`${part}: ${number === undefined ? '' : `entry ${number} `}${text}`);
      }
    }),
  );
  if (options.json === true) printJson(result);
  else {
    const { entries, mailboxes, withoutOwner, head: last } = result;
    print(`${entries} entries, head ${last.digest}`);
    print(`${mailboxes} accounts, ${withoutOwner} of them without an owner`);
  }
  if (result.findings > 0) throw new CommandFailure('damaged', `${result.findings} findings`);
}

function moment(at: number): string {
  return new Date(at).toISOString();
}
