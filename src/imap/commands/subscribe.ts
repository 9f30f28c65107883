import type { MailboxName } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { no, ok } from '../response.ts';
import { nameProblem } from '../valid-name.ts';

/** SUBSCRIBE. RFC 9051 §6.3.7: the mailbox need not exist, only be possible. */
export const subscribe: Command<{ readonly name: MailboxName }> = {
  name: 'SUBSCRIBE',
  state: 'authenticated',
  allowExpunge: true,

  // subscribe = "SUBSCRIBE" SP mailbox
  parse(d) {
    d.space();
    return { name: d.mailbox() };
  },

  async run({ account, store }, { name }) {
    const problem = nameProblem(name);
    if (problem !== undefined) return no('CANNOT', problem);
    await store.subscribe(account.id, name, true);
    return ok('SUBSCRIBE completed');
  },
};
