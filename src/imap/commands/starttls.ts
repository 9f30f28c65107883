import type { Command } from '../command.ts';
import { bad, ok } from '../response.ts';

/** STARTTLS. RFC 9051 §6.2.1. */
export const starttls: Command<undefined> = {
  name: 'STARTTLS',
  state: 'not-authenticated',
  allowExpunge: false,

  parse: () => undefined,

  run({ connection }) {
    if (!connection.canStartTls) {
      const why = connection.secure ? 'TLS is on already' : 'TLS is not offered here';
      return Promise.resolve(bad(why));
    }
    connection.startTls();
    return Promise.resolve(ok('Begin TLS negotiation now'));
  },
};
