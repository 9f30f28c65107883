import type { MailboxName } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { enableCondstore } from '../condstore.ts';
import { no, ok } from '../response.ts';
import { readStatusItems, type StatusItem, writeStatus } from '../status-items.ts';

/** STATUS, from counters: it costs the same for a mailbox of any size. RFC 9051 §6.3.11. */
export const status: Command<{
  readonly name: MailboxName;
  readonly items: readonly StatusItem[];
}> = {
  name: 'STATUS',
  state: 'authenticated',
  allowExpunge: true,

  // status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
  parse(d, _numbers, state) {
    d.space();
    const name = d.mailbox();
    d.space();
    return { name, items: readStatusItems(d, state) };
  },

  async run({ account, connection, out, state, store }, { name, items }) {
    const mailbox = await store.findMailbox(account.id, name);
    if (mailbox === undefined) return no('NONEXISTENT', 'No such mailbox');
    if (!mailbox.selectable) return no('CANNOT', 'This name holds no messages');
    if (items.includes('HIGHESTMODSEQ')) enableCondstore(state, out);
    writeStatus(out, account.id, mailbox, items, connection.limits.appendBytes);
    return ok('STATUS completed');
  },
};
