import { hierarchyDelimiter, inboxId, type MailboxName } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { no, ok } from '../response.ts';
import { nameProblem } from '../valid-name.ts';
import { writeList } from '../write-list.ts';

/** RENAME. RFC 9051 §6.3.6. */
export const rename: Command<{ readonly from: MailboxName; readonly to: MailboxName }> = {
  name: 'RENAME',
  state: 'authenticated',
  allowExpunge: true,

  // rename = "RENAME" SP mailbox SP mailbox
  parse(d) {
    d.space();
    const from = d.mailbox();
    d.space();
    return { from, to: d.mailbox() };
  },

  async run({ account, out, state, store }, { from, to: asked }) {
    const to = (asked.endsWith(hierarchyDelimiter) ? asked.slice(0, -1) : asked) as MailboxName;
    const mailbox = await store.findMailbox(account.id, from);
    if (mailbox === undefined) return no('NONEXISTENT', 'No such mailbox');
    const problem = nameProblem(to);
    if (problem !== undefined) return no('CANNOT', problem);
    if (mailbox.id !== inboxId && to.startsWith(`${mailbox.name}${hierarchyDelimiter}`)) {
      return no('CANNOT', 'A mailbox cannot be moved below itself');
    }
    await store.renameMailbox(account.id, mailbox.id, to);
    if (state.rev2 && mailbox.id !== inboxId) await tellNewName();
    return ok('RENAME completed');

    // RFC 9051 §6.3.9.7: OLDNAME lets the client keep what it knows of the mailbox.
    async function tellNewName(): Promise<void> {
      const mailboxes = await store.mailboxes(account.id);
      const renamed = mailboxes.find((it) => it.name === to);
      if (renamed === undefined) return;
      const hasChildren = mailboxes.some((it) => it.name.startsWith(`${to}${hierarchyDelimiter}`));
      const subscribed = false;
      const listed = { name: to, mailbox: renamed, subscribed, hasChildren, childInfo: undefined };
      writeList(out, listed, { oldName: from });
    }
  },
};
