import { Command } from 'commander';
import { read } from './account.ts';
import type { ConfigOptions } from './config-option.ts';
import { bytesForPeople, printJson, printTable } from './print.ts';
import { finish, withAdmin } from './with-admin.ts';

/** `zhashik mailbox …` */
export function mailboxCommand(): Command {
  const mailbox = new Command('mailbox').description('look at mailboxes');
  read(mailbox.command('list <address>'))
    .description('the mailboxes of an account with their counters')
    .action(list);
  return mailbox;
}

async function list(address: string, options: ConfigOptions & { json?: boolean }): Promise<void> {
  const { mailboxes } = await withAdmin(options, (admin) =>
    finish(admin.call('mailbox.list', { address })),
  );
  if (options.json === true) {
    mailboxes.forEach(printJson);
    return;
  }
  printTable([
    ['NAME', 'USE', 'MESSAGES', 'UNSEEN', 'SIZE', 'SUBSCRIBED'],
    ...mailboxes.map((one) => [
      one.name,
      one.specialUse ?? (one.selectable ? '-' : '\\Noselect'),
      String(one.messages),
      String(one.unseen),
      bytesForPeople(one.sizeBytes),
      one.subscribed ? 'yes' : 'no',
    ]),
  ]);
}
