import { type Command, Option } from 'commander';
import type { SubjectInput } from '../src/admin/subject-of.ts';
import { CommandFailure } from './command-failure.ts';
import { readLines } from './read-lines.ts';

export interface SubjectOptions {
  readonly iin?: boolean;
  readonly bin?: boolean;
}

/** Whose mailbox: an address, or a number on standard input. */
export function subject(command: Command): Command {
  return command
    .addOption(new Option('--iin', "the owner's IIN is a line of standard input").conflicts('bin'))
    .option('--bin', "the owner's BIN is");
}

export async function subjectOf(
  address: string | undefined,
  options: SubjectOptions,
): Promise<SubjectInput> {
  const byNumber = options.iin === true || options.bin === true;
  if (byNumber === (address !== undefined)) {
    throw new CommandFailure('usage', 'say whose: an address, --iin or --bin');
  }
  return address === undefined ? { identity: await identityOf(options) } : { address };
}

export async function identityOf(
  options: SubjectOptions,
): Promise<{ type: 'individual' | 'legalEntity'; number: string }> {
  const type = options.bin === true ? 'legalEntity' : 'individual';
  const [number = ''] = await readLines(type === 'individual' ? 'an IIN' : 'a BIN');
  return { type, number };
}
