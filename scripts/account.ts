import { open } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { AccountSummary } from '../src/admin/account-summary.ts';
import type { ImportProgress } from '../src/admin/import-accounts.ts';
import type { OperationName } from '../src/admin/operations.ts';
import { readImportFile } from '../src/admin/read-import-file.ts';
import type { StatusInput } from '../src/admin/set-status.ts';
import { CommandFailure } from './command-failure.ts';
import { type ConfigOptions, configOption, developmentOption } from './config-option.ts';
import {
  bytesForPeople,
  limitForPeople,
  print,
  printJson,
  printTable,
  remark,
  remarkDryRun,
} from './print.ts';
import { parseCount, parseSize } from './quota-values.ts';
import { readPassword } from './read-password.ts';
import { finish, withAdmin } from './with-admin.ts';

interface ReadOptions extends ConfigOptions {
  readonly json?: boolean;
}
interface ChangeOptions extends ReadOptions {
  readonly apply?: boolean;
}

/** `zhashik account …` */
export function accountCommand(): Command {
  const account = new Command('account').description('make, show and change accounts');

  change(account.command('create <address>'))
    .description('make an account; its password is a line of standard input')
    .option('--quota-bytes <size>', 'what it may keep, such as 10GiB; 0 is no limit', parseSize)
    .option('--quota-messages <count>', 'how many messages; 0 is no limit', parseCount)
    .option('--allow-reserved', 'also a name such as postmaster')
    .action(create);

  change(account.command('import <file>'))
    .description('make many accounts from a CSV file; - is standard input')
    .option('--allow-reserved', 'also names such as postmaster')
    .addHelpText(
      'after',
      '\nThe first line names the columns: address, and any of password, hash (scrypt$N$r$p$salt$hash),\n' +
        'quotaBytes, quotaMessages. A row that is wrong is told and does not stop the others; rows that\n' +
        'were made stay made, so the same file can be given again.',
    )
    .action(importFile);

  read(account.command('list'))
    .description('all accounts, in order of address')
    .addOption(
      new Option('--status <status>', 'only these').choices(['active', 'suspended', 'closed']),
    )
    .action(list);

  read(account.command('show <address>')).description('one account').action(show);

  change(account.command('passwd <address>'))
    .description('give it a new password, a line of standard input; its sessions end')
    .action(passwd);

  const status = (name: 'suspend' | 'resume' | 'close', sentence: string): void => {
    change(account.command(`${name} <address>`))
      .description(sentence)
      .option('--reason <text>', 'why, for the audit record')
      .action((address: string, options: ChangeOptions & { reason?: string }) =>
        setStatus(`account.${name}`, address, options),
      );
  };
  status('suspend', 'no login and no new letters until it is resumed');
  status('resume', 'end a suspension');
  status('close', 'close it for good: the address is never given again');
  return account;
}

export function read(command: Command): Command {
  return command
    .addOption(configOption)
    .addOption(developmentOption)
    .option('--json', 'for programs');
}

export function change(command: Command): Command {
  return read(command).option('--apply', 'do it; without it nothing is written');
}

async function create(
  address: string,
  options: ChangeOptions & {
    quotaBytes?: number;
    quotaMessages?: number;
    allowReserved?: boolean;
  },
): Promise<void> {
  const input = {
    address,
    password: await readPassword(),
    quotaBytes: options.quotaBytes,
    quotaMessages: options.quotaMessages,
    allowReserved: options.allowReserved ?? false,
    apply: options.apply ?? false,
  };
  const created = await withAdmin(options, (admin) => finish(admin.call('account.create', input)));
  if (options.json === true) printJson(created);
  else print(`${created.account?.id ?? '-'}\t${created.address}`);
  remarkDryRun(created);
}

async function importFile(
  file: string,
  options: ChangeOptions & { allowReserved?: boolean },
): Promise<void> {
  const source = file === '-' ? process.stdin : await openFile(file);
  source.setEncoding('utf8');
  const tell = progressTeller(options.json === true);
  const input = { allowReserved: options.allowReserved ?? false, apply: options.apply ?? false };
  const result = await withAdmin(options, (admin) =>
    finish(admin.call('account.import', input, readImportFile(source)), tell),
  );
  if (options.json === true) printJson(result);
  else
    print(
      `${result.created} of ${result.done} accounts ${result.applied ? 'made' : 'can be made'}`,
    );
  remarkDryRun(result);
  if (result.failed > 0) throw new CommandFailure('data', `${result.failed} rows were not taken`);
}

/** Opened before anything else is done, so that a wrong name is known at once. */
async function openFile(file: string): Promise<NodeJS.ReadableStream & AsyncIterable<string>> {
  try {
    const handle = await open(file);
    return handle.createReadStream({ encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CommandFailure('noInput', `${file}: no such file`, { cause: error });
  }
}

/** Rows that failed one a line; how far it is on standard error, in place on a terminal. */
function progressTeller(json: boolean): (progress: ImportProgress) => void {
  let told = 0;
  return (progress) => {
    for (const failure of progress.failures) {
      if (json) printJson(failure);
      else remark(`line ${failure.line}: ${failure.address}: ${failure.message}`);
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${progress.done} rows\u001b[K`);
    else if (progress.done - told >= 1000) {
      told = progress.done;
      remark(`${progress.done} rows`);
    }
  };
}

async function list(
  options: ReadOptions & { status?: 'active' | 'suspended' | 'closed' },
): Promise<void> {
  const show = (page: readonly AccountSummary[]): void => {
    if (options.json === true) page.forEach(printJson);
    else for (const one of page) print([one.id, one.status, one.address].join('\t'));
  };
  await withAdmin(options, (admin) =>
    finish(admin.call('account.list', { status: options.status }), show),
  );
}

async function show(address: string, options: ReadOptions): Promise<void> {
  const found = await withAdmin(options, (admin) =>
    finish(admin.call('account.show', { address })),
  );
  if (options.json === true) {
    printJson(found);
    return;
  }
  printTable([
    ['address', found.address],
    ['canonical', found.canonical],
    ['id', String(found.id)],
    ['status', found.status],
    ['created', found.createdAt],
    ['password', found.password ? 'set' : 'none: nobody can log in'],
    ['SCRAM-SHA-256', found.scram ? 'yes' : 'after the next login with a password'],
    ['mailboxes', String(found.mailboxes)],
    ['messages', `${found.usedMessages} of ${limitForPeople(found.quotaMessages)}`],
    [
      'size',
      `${bytesForPeople(found.usedBytes)} of ${limitForPeople(found.quotaBytes, bytesForPeople)}`,
    ],
  ]);
  for (const { at, actor, action, detail } of found.audit) {
    print(`${at}  ${actor}  ${action}${detail === undefined ? '' : `  ${JSON.stringify(detail)}`}`);
  }
}

async function passwd(address: string, options: ChangeOptions): Promise<void> {
  const input = { address, password: await readPassword(), apply: options.apply ?? false };
  const result = await withAdmin(options, (admin) => finish(admin.call('account.passwd', input)));
  if (options.json === true) printJson(result);
  else print(result.address);
  remarkDryRun(result);
}

type StatusOperation = Extract<
  OperationName,
  'account.suspend' | 'account.resume' | 'account.close'
>;

async function setStatus(
  operation: StatusOperation,
  address: string,
  options: ChangeOptions & { reason?: string },
): Promise<void> {
  const input: StatusInput = { address, reason: options.reason, apply: options.apply ?? false };
  const result = await withAdmin(options, (admin) => finish(admin.call(operation, input)));
  if (options.json === true) printJson(result);
  else print(`${result.address}\t${result.before} -> ${result.after}`);
  remarkDryRun(result);
}
