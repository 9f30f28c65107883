import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { LettersProgress } from '../src/admin/import-letters.ts';
import { change, read } from './account.ts';
import { CommandFailure } from './command-failure.ts';
import type { ConfigOptions } from './config-option.ts';
import { print, printJson, remark, remarkDryRun } from './print.ts';
import { readPassword } from './read-password.ts';
import { finish, withAdmin } from './with-admin.ts';

interface ImportOptions extends ConfigOptions {
  readonly from: string;
  readonly mailbox?: string;
  readonly user?: string;
  readonly tls: 'verify' | 'unverified' | 'none';
  readonly views: 'skip' | 'rest' | 'all';
  readonly json?: boolean;
  readonly apply?: boolean;
}

/** `zhashik import` */
export function importCommand(): Command {
  return change(new Command('import').argument('<address>'))
    .description('take letters of an archive, or of another server, into an account')
    .requiredOption('--from <source>', 'maildir:PATH, mbox:PATH, eml:PATH, imaps://HOST[:PORT]')
    .option('--mailbox <name>', 'put everything below this mailbox')
    .option('--user <name>', 'login at the other server; the address when left out')
    .addOption(
      new Option('--tls <how>', 'of the other server')
        .choices(['verify', 'unverified', 'none'])
        .default('verify'),
    )
    .addOption(
      new Option(
        '--views <which>',
        'letters of mailboxes that show those of others, such as All Mail',
      )
        .choices(['skip', 'rest', 'all'])
        .default('skip'),
    )
    .addHelpText(
      'after',
      '\nThe password of the other server is a line of standard input. The files are read by the server when\n' +
        'one runs. It may be interrupted and given again: no letter is stored twice. See docs/import.md.',
    )
    .action(importLetters);
}

/** `zhashik export` */
export function exportCommand(): Command {
  return read(new Command('export').argument('<address>'))
    .description('write the letters of an account to an archive')
    .requiredOption('--to <place>', 'maildir:PATH, mbox:PATH or eml:PATH')
    .option('--mailbox <name>', 'only this mailbox, with those below it')
    .action(exportLetters);
}

async function exportLetters(
  address: string,
  options: ConfigOptions & { to: string; mailbox?: string; json?: boolean },
): Promise<void> {
  const [kind, path] = split(options.to);
  const input = { address, to: `${kind}:${resolve(path)}`, mailbox: options.mailbox };
  const json = options.json === true;
  const result = await withAdmin(options, (admin) =>
    finish(admin.call('letters.export', input), (progress) => {
      if (json) printJson({ event: 'progress', ...progress });
      else if (process.stderr.isTTY) {
        const { exported, unchanged } = progress.counts;
        process.stderr.write(`\r${exported + unchanged} of ${progress.total}\u001b[K`);
      }
    }),
  );
  if (json) printJson({ event: 'done', ...result });
  else
    print(
      `${result.exported} exported, ${result.unchanged} there before, ${result.renamed} renamed`,
    );
  if (result.lostKeywords > 0) remark(`${result.lostKeywords} keywords had no place in the format`);
}

async function importLetters(address: string, options: ImportOptions): Promise<void> {
  const remote = /^imaps?:/.test(options.from);
  const [kind, path] = split(options.from);
  const input = {
    address,
    from: remote ? options.from : `${kind}:${resolve(path)}`,
    mailbox: options.mailbox,
    user: options.user,
    ...(remote && { password: await readPassword('once') }),
    tls: options.tls,
    views: options.views,
    apply: options.apply ?? false,
  };
  const json = options.json === true;
  const result = await withAdmin(options, (admin) =>
    finish(admin.call('letters.import', input), teller(json)),
  );
  const failed = Object.values(result.failed).reduce((sum, count) => sum + count, 0);
  if (json) printJson({ event: 'done', ...result });
  else {
    const reasons = Object.entries(result.failed).map(([why, count]) => `${count} ${why}`);
    const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
    const deleted = result.deleted === 0 ? '' : `, ${result.deleted} deleted in the source`;
    const elsewhere = result.elsewhere === 0 ? '' : `, ${result.elsewhere} in other mailboxes too`;
    print(
      `${result.imported} ${result.applied ? 'imported' : 'to import'}, ${result.known} imported before` +
        `${deleted}${elsewhere}, ${failed} failed${why}`,
    );
  }
  remarkDryRun(result);
  if (failed > 0) throw new CommandFailure('data', `${failed} letters were not taken`);
}

function split(from: string): [string, string] {
  const colon = from.indexOf(':');
  if (colon < 1) throw new CommandFailure('usage', '--from is maildir:PATH, mbox:PATH, eml:PATH …');
  return [from.slice(0, colon), from.slice(colon + 1)];
}

/** How far it is, on standard error: in place on a terminal, every ten seconds else. */
function teller(json: boolean): (progress: LettersProgress) => void {
  let toldAt = -Infinity;
  return ({ notes, ...progress }) => {
    for (const note of notes) {
      if (json) printJson({ event: 'note', ...note });
      else remark(`${note.name}${note.name === '' ? '' : ': '}${note.message}`);
    }
    if (json) {
      printJson({ event: 'progress', ...progress });
      return;
    }
    const { counts, total, elapsedMs } = progress;
    const terminal = process.stderr.isTTY;
    if (!terminal && elapsedMs - toldAt < 10_000) return;
    toldAt = elapsedMs;
    const seconds = elapsedMs / 1000;
    const rate = Math.round((counts.imported + counts.known) / Math.max(seconds, 0.001));
    const share = total === 0 ? 1 : Math.min(1, counts.done / total);
    const left = share > 0 ? Math.round(seconds / share - seconds) : undefined;
    const text =
      `${counts.imported} imported, ${counts.known} before, ${Math.floor(share * 100)} %, ${rate}/s` +
      (left === undefined ? '' : `, ${left} s left`);
    if (terminal) process.stderr.write(`\r${text}\u001b[K`);
    else remark(text);
  };
}
