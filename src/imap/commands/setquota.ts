import type { Command } from '../command.ts';
import { no } from '../response.ts';

/** SETQUOTA: limits are the administrator's, who sets them elsewhere. RFC 9208 §4.1. */
export const setquota: Command<undefined> = {
  name: 'SETQUOTA',
  state: 'authenticated',
  allowExpunge: true,

  // setquota = "SETQUOTA" SP quota-root-name SP "(" [resource SP number64 *(SP …)] ")"
  parse(d) {
    d.space();
    d.astring();
    d.space();
    d.list(() => {
      d.atom();
      d.space();
      d.number64();
    });
    return undefined;
  },

  run: () => Promise.resolve(no('NOPERM', 'Quotas are set by the administrator')),
};
