import type { MailboxName } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { ok } from '../response.ts';

/** UNSUBSCRIBE. RFC 9051 §6.3.8: OK for what was not subscribed either. */
export const unsubscribe: Command<{ readonly name: MailboxName }> = {
  name: 'UNSUBSCRIBE',
  state: 'authenticated',
  allowExpunge: true,

  // unsubscribe = "UNSUBSCRIBE" SP mailbox
  parse(d) {
    d.space();
    return { name: d.mailbox() };
  },

  async run({ account, store }, { name }) {
    await store.subscribe(account.id, name, false);
    return ok('UNSUBSCRIBE completed');
  },
};
