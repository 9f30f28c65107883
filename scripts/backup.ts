import { resolve } from 'node:path';
import { Command } from 'commander';
import type { UndeletedMessage } from '../src/admin/backup.ts';
import { verifyBackup } from '../src/admin/verify-backup.ts';
import type { VerifyProgress } from '../src/admin/verify-store.ts';
import { change, read } from './account.ts';
import { CommandFailure } from './command-failure.ts';
import type { ConfigOptions } from './config-option.ts';
import { bytesForPeople, print, printJson, remark, remarkDryRun } from './print.ts';
import { progressLine } from './progress-line.ts';
import { parseTime, parseUids } from './undelete-values.ts';
import { finish, withAdmin } from './with-admin.ts';

interface ReadOptions extends ConfigOptions {
  readonly json?: boolean;
}
interface ChangeOptions extends ReadOptions {
  readonly apply?: boolean;
}

/** `zhashik verify …` */
export function verifyCommand(): Command {
  return read(new Command('verify').argument('[address]'))
    .description('hold the store, or one account, against all it promises, beside the running mail')
    .option('--repair', 'make again what can be derived; octets, UIDs and flags are never touched')
    .addHelpText(
      'after',
      '\nEnds with 0 when nothing is wrong, 1 when all that was wrong was repaired, 2 when damage is left.',
    )
    .action(verify);
}

/** `zhashik backup …` */
export function backupCommand(): Command {
  const backup = new Command('backup').description('copy the store, or one account, into a folder');
  read(backup.command('make <folder>', { isDefault: true }))
    .description('back up while the server runs; again into the same folder: only what changed')
    .option('--account <address>', 'only this one')
    .action(makeBackup);
  backup
    .command('verify <folder>')
    .description('read a backup and check every digest; needs neither server nor data folder')
    .option('--json', 'for programs')
    .action(checkBackup);
  return backup;
}

/** `zhashik restore …` */
export function restoreCommand(): Command {
  return change(new Command('restore').argument('<folder>'))
    .description('accounts from a backup: those that are not there, with their UIDs')
    .option('--account <address>', 'only this one')
    .option('--into <address>', 'its mail into another account, new or there already')
    .option('--under <mailbox>', 'below this mailbox of an account that is there')
    .option('--outbox', 'letters that waited to be sent, too: only if nobody has sent them since')
    .action(restore);
}

/** `zhashik undelete …` */
export function undeleteCommand(): Command {
  return change(new Command('undelete').argument('<address>'))
    .description('bring deleted messages back, within 30 days')
    .option('--mailbox <name>', 'only those of this mailbox, also of a deleted one')
    .option('--since <time>', 'only those deleted since, such as 2026-09-01T10:00:00Z', parseTime)
    .option('--uid <set>', 'only these UIDs, such as 4,7:9', parseUids)
    .option('--list', 'show them only')
    .action(undelete);
}

async function verify(
  address: string | undefined,
  options: ReadOptions & { repair?: boolean },
): Promise<void> {
  const line = progressLine();
  const tell = (progress: VerifyProgress): void => {
    for (const finding of progress.findings) {
      if (options.json === true) printJson(finding);
      else print(findingForPeople(finding));
    }
    line.show(progress);
  };
  const input = { address, repair: options.repair ?? false };
  const result = await withAdmin(options, (admin) =>
    finish(admin.call('store.verify', input), tell),
  );
  line.end();
  if (options.json === true) printJson(result);
  else {
    const size = bytesForPeople(result.bytes);
    print(
      `${result.accounts} accounts, ${result.messages} messages, ${size}: ` +
        `${result.damaged} damaged, ${result.repaired} repaired`,
    );
  }
  if (result.damaged > 0) throw new CommandFailure('damaged', `${result.damaged} damages are left`);
  if (result.repaired > 0) throw new CommandFailure('repaired', 'all damage was repaired');
}

function findingForPeople(finding: VerifyProgress['findings'][number]): string {
  const where = [
    finding.account === undefined ? undefined : `account ${finding.account}`,
    finding.address,
    finding.mailbox === undefined ? undefined : `mailbox ${finding.mailbox}`,
    finding.uid === undefined ? undefined : `UID ${finding.uid}`,
  ].filter((each) => each !== undefined);
  const state = finding.kind === 'garbage' ? 'garbage' : finding.repaired ? 'repaired' : 'DAMAGED';
  return `${state}\t${finding.kind}\t${where.join(', ')}\t${finding.detail}`;
}

async function makeBackup(
  folder: string,
  options: ReadOptions & { account?: string },
): Promise<void> {
  const line = progressLine();
  const input = { folder: resolve(folder), address: options.account };
  const result = await withAdmin(options, (admin) =>
    finish(admin.call('backup.make', input), line.show),
  );
  line.end();
  if (options.json === true) printJson(result);
  else {
    print(
      `${result.accounts} accounts (${result.unchanged} unchanged), ${result.messages} messages, ` +
        `${result.letters} new letters, ${bytesForPeople(result.bytes)}`,
    );
  }
  if (result.damaged > 0) {
    throw new CommandFailure('damaged', `${result.damaged} letters cannot be read: run verify`);
  }
}

async function checkBackup(folder: string, options: { json?: boolean }): Promise<void> {
  const line = progressLine();
  const result = await finish(verifyBackup(resolve(folder)), line.show);
  line.end();
  if (options.json === true) printJson(result);
  else {
    print(
      `${result.accounts} accounts, ${result.messages} messages, ${result.letters} letters, ` +
        `${bytesForPeople(result.bytes)}: ${result.damaged} damaged`,
    );
  }
  if (!result.complete)
    throw new CommandFailure('damaged', 'the backup was cut off: make it again');
  if (result.damaged > 0) throw new CommandFailure('damaged', `${result.damaged} damaged`);
}

async function restore(
  folder: string,
  options: ChangeOptions & { account?: string; into?: string; under?: string; outbox?: boolean },
): Promise<void> {
  const line = progressLine();
  const input = {
    folder: resolve(folder),
    address: options.account,
    into: options.into,
    under: options.under,
    outbox: options.outbox ?? false,
    apply: options.apply ?? false,
  };
  const result = await withAdmin(options, (admin) =>
    finish(admin.call('backup.restore', input), line.show),
  );
  line.end();
  if (options.json === true) printJson(result);
  else {
    print(
      `${result.accounts} accounts: ${result.made} made, ${result.merged} added to, ` +
        `${result.skipped} left alone, ${result.failed} failed; ${result.messages} messages, ` +
        `${result.present} were there, ${result.records} records, ${result.waiting} to be sent`,
    );
  }
  remarkDryRun(result);
  if (result.damaged > 0) {
    throw new CommandFailure('damaged', `${result.damaged} letters are not in the backup`);
  }
  if (result.failed > 0) {
    throw new CommandFailure('damaged', `${result.failed} accounts were not restored`);
  }
}

async function undelete(
  address: string,
  options: ChangeOptions & {
    mailbox?: string;
    since?: number;
    uid?: number[];
    list?: boolean;
  },
): Promise<void> {
  const show = (messages: readonly UndeletedMessage[]): void => {
    if (options.json === true) messages.forEach(printJson);
    else {
      for (const one of messages) {
        print(
          [one.deletedAt, one.mailbox ?? '-', one.uid, one.sizeBytes, `-> ${one.to}`].join('\t'),
        );
      }
    }
  };
  const input = {
    address,
    mailbox: options.mailbox,
    since: options.since,
    uids: options.uid,
    apply: options.list === true ? false : (options.apply ?? false),
  };
  const result = await withAdmin(options, (admin) =>
    finish(admin.call('message.undelete', input), show),
  );
  if (options.json === true) printJson(result);
  else remark(`${result.messages} messages ${result.applied ? 'are back' : 'can come back'}`);
  remarkDryRun(result);
}
