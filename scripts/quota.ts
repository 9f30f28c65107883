import { Command } from 'commander';
import type { QuotaShown } from '../src/admin/quota.ts';
import { change, read } from './account.ts';
import { CommandFailure } from './command-failure.ts';
import type { ConfigOptions } from './config-option.ts';
import { bytesForPeople, limitForPeople, printJson, printTable, remarkDryRun } from './print.ts';
import { orNone, parseCount, parseSize } from './quota-values.ts';
import { finish, withAdmin } from './with-admin.ts';

interface SetOptions extends ConfigOptions {
  readonly json?: boolean;
  readonly apply?: boolean;
  readonly bytes?: number | 'none';
  readonly messages?: number | 'none';
}

/** `zhashik quota …` */
export function quotaCommand(): Command {
  const quota = new Command('quota').description('what an account uses and may use');
  read(quota.command('get <address>', { isDefault: true }))
    .description('show it')
    .action(get);
  change(quota.command('set <address>'))
    .description('change it; what is left out stays')
    .option('--bytes <size>', 'such as 10GiB, or none', orNone(parseSize))
    .option('--messages <count>', 'a number, or none', orNone(parseCount))
    .action(set);
  return quota;
}

async function get(address: string, options: ConfigOptions & { json?: boolean }): Promise<void> {
  const found = await withAdmin(options, (admin) => finish(admin.call('quota.get', { address })));
  show(found, options.json === true);
}

async function set(address: string, options: SetOptions): Promise<void> {
  const { bytes, messages } = options;
  if (bytes === undefined && messages === undefined) {
    throw new CommandFailure('usage', 'say what to change: --bytes, --messages or both');
  }
  const limit = (value: number | 'none' | undefined): number | null | undefined =>
    value === 'none' ? null : value;
  const changed = { bytes: limit(bytes), messages: limit(messages) };
  const input = { address, ...changed, apply: options.apply ?? false };
  const result = await withAdmin(options, (admin) => finish(admin.call('quota.set', input)));
  show(result, options.json === true);
  remarkDryRun(result);
}

function show(quota: QuotaShown, json: boolean): void {
  if (json) {
    printJson(quota);
    return;
  }
  printTable([
    ['address', quota.address],
    [
      'size',
      `${bytesForPeople(quota.usedBytes)} of ${limitForPeople(quota.quotaBytes, bytesForPeople)}`,
    ],
    ['messages', `${quota.usedMessages} of ${limitForPeople(quota.quotaMessages)}`],
  ]);
}
