import type { Command } from '../command.ts';
import { ok } from '../response.ts';

/** LOGOUT. RFC 9051 §6.1.3. */
export const logout: Command<undefined> = {
  name: 'LOGOUT',
  state: 'any',
  allowExpunge: false,

  parse: () => undefined,

  run(ctx) {
    ctx.out.untagged('BYE Logging out');
    ctx.state.loggedOut = true;
    return Promise.resolve(ok('LOGOUT completed'));
  },
};
