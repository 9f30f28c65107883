import type { Command } from '../command.ts';
import { ok } from '../response.ts';

/** CAPABILITY. RFC 9051 §6.1.1. */
export const capability: Command<undefined> = {
  name: 'CAPABILITY',
  state: 'any',
  allowExpunge: true,

  parse: () => undefined,

  run(ctx) {
    ctx.out.untagged(`CAPABILITY ${ctx.connection.capabilities()}`);
    return Promise.resolve(ok('CAPABILITY completed'));
  },
};
