import type { Command } from '../command.ts';
import { ok } from '../response.ts';

/** NOOP: what is new comes with the end of every command. RFC 9051 §6.1.2. */
export const noop: Command<undefined> = {
  name: 'NOOP',
  state: 'any',
  allowExpunge: true,

  parse: () => undefined,

  run: () => Promise.resolve(ok('NOOP completed')),
};
