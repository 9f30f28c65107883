import type { Failure } from '../core/errors.ts';

/** What the commands end with, after sysexits.h; `zhashik help exit-codes` prints this table. */
export const exitCodes = {
  ok: [0, 'done; for a dry run: it would be'],
  repaired: [1, 'verify: damage was found and all of it repaired'],
  damaged: [2, 'verify, backup, restore, registry verify: damage was found and is there still'],
  edsInvalid: [1, 'eds verify, confirmation verify: the signature is not valid'],
  edsUsage: [2, 'eds, confirmation: the command line or a file to use is wrong'],
  edsUndecided: [3, 'eds verify, confirmation verify: the status of a certificate is not known'],
  usage: [64, 'the command line is wrong'],
  data: [65, 'an address, a password or a row of a file is wrong'],
  noInput: [66, 'a file to read is not there'],
  noUser: [67, 'there is no such account'],
  unavailable: [69, 'the server, the data folder or a port cannot be had'],
  software: [70, 'an error inside Zhashik; the log or the message has it'],
  cannotCreate: [73, 'the address is taken, or was given before'],
  temporary: [75, 'too much at once, try again'],
  noPermission: [77, 'this user may not do that'],
  config: [78, 'the config file is wrong'],
} as const satisfies Record<string, readonly [code: number, meaning: string]>;

export type ExitReason = keyof typeof exitCodes;

const reasons = {
  'not-found': 'noUser',
  'already-exists': 'cannotCreate',
  'no-permission': 'noPermission',
  'over-quota': 'data',
  'too-big': 'data',
  limit: 'data',
  'in-use': 'unavailable',
  expunged: 'data',
  invalid: 'data',
  unavailable: 'temporary',
  'disk-full': 'temporary',
  internal: 'software',
} as const satisfies Record<Failure, ExitReason>;

/** The exit code of an operation that failed. */
export function exitCodeOf(failure: Failure): number {
  return exitCodes[reasons[failure]][0];
}

export function exitCodeTable(): string {
  const rows = Object.values(exitCodes).map(
    ([code, meaning]) => `${String(code).padStart(4)}  ${meaning}`,
  );
  return `Exit codes, after sysexits.h:\n\n${rows.join('\n')}\n`;
}
