import type { Command } from '../command.ts';
import { ok } from '../response.ts';

/** CHECK, of revision 1: everything answered OK is durable already. RFC 3501 §6.4.1. */
export const check: Command<undefined> = {
  name: 'CHECK',
  state: 'selected',
  allowExpunge: true,

  parse: () => undefined,

  run: () => Promise.resolve(ok('CHECK completed')),
};
