import { hierarchyDelimiter, inboxId, type MailboxName } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { no, ok } from '../response.ts';

/** DELETE. RFC 9051 §6.3.5. */
export const deleteMailbox: Command<{ readonly name: MailboxName }> = {
  name: 'DELETE',
  state: 'authenticated',
  allowExpunge: true,

  // delete = "DELETE" SP mailbox
  parse(d) {
    d.space();
    return { name: d.mailbox() };
  },

  async run({ account, out, state, store }, { name }) {
    const mailbox = await store.findMailbox(account.id, name);
    if (mailbox === undefined) return no('NONEXISTENT', 'No such mailbox');
    if (mailbox.id === inboxId) return no('CANNOT', 'INBOX cannot be deleted');
    if (!mailbox.selectable) {
      const below = `${name}${hierarchyDelimiter}`;
      const mailboxes = await store.mailboxes(account.id);
      if (mailboxes.some((other) => other.name.startsWith(below))) {
        return no('HASCHILDREN', 'There are mailboxes below it');
      }
    }
    await store.deleteMailbox(account.id, mailbox.id);
    // The session's own: nothing in it can be asked for any more.
    if (state.selected?.view.id === mailbox.id) {
      state.selected.close();
      state.selected = undefined;
      out.untagged('OK [CLOSED] The selected mailbox was deleted');
    }
    return ok('DELETE completed');
  },
};
