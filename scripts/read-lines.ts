import { createInterface } from 'node:readline';
import { CommandFailure } from './command-failure.ts';

/** More than anybody types. */
const mostLines = 100;

/**
 * Lines of standard input without empty ones: what says something of a person stays out of `ps` and of the shell's
 * history. `what` names them to who forgot.
 */
export async function readLines(what: string): Promise<readonly string[]> {
  if (process.stdin.isTTY) process.stderr.write(`${what}; end with Ctrl-D\n`);
  const lines: string[] = [];
  const input = createInterface({ input: process.stdin });
  for await (const line of input) {
    if (line.trim() !== '') lines.push(line.trim());
    if (lines.length > mostLines) throw new CommandFailure('data', 'standard input has no end');
  }
  if (lines.length === 0) {
    throw new CommandFailure('usage', `${what}: read from standard input, which is empty`);
  }
  return lines;
}
