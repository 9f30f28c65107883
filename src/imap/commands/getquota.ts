import type { Command } from '../command.ts';
import { no, ok } from '../response.ts';
import { writeQuota } from '../write-quota.ts';

/** GETQUOTA. RFC 9208 §4.2. */
export const getquota: Command<{ readonly root: string }> = {
  name: 'GETQUOTA',
  state: 'authenticated',
  allowExpunge: true,

  // getquota = "GETQUOTA" SP quota-root-name; quota-root-name = astring
  parse(d) {
    d.space();
    return { root: d.astring() };
  },

  async run({ account, out, store }, { root }) {
    if (root !== '') return no('NONEXISTENT', 'No such quota root');
    writeQuota(out, await store.quota(account.id));
    return ok('GETQUOTA completed');
  },
};
