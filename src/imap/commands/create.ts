import { hierarchyDelimiter, type MailboxName, type SpecialUse } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { mailboxObjectId } from '../object-id.ts';
import { no, ok } from '../response.ts';
import { nameProblem } from '../valid-name.ts';

/** Uses that a client may give: \All and \Flagged would be views of other mailboxes, which we do not make. */
const creatable = ['\\Archive', '\\Drafts', '\\Junk', '\\Official', '\\Sent', '\\Trash'] as const;

/** CREATE. RFC 9051 §6.3.4, with USE of RFC 6154 §3 and [MAILBOXID] of RFC 8474 §4.1. */
export const create: Command<{ readonly name: MailboxName; readonly uses: readonly string[] }> = {
  name: 'CREATE',
  state: 'authenticated',
  allowExpunge: true,

  // create = "CREATE" SP mailbox [SP "(" create-param *(SP create-param) ")"]
  // create-param = "USE" SP "(" [use-attr *(SP use-attr)] ")"; use-attr = "\" atom
  parse(d) {
    d.space();
    const name = d.mailbox();
    let uses: readonly string[] = [];
    if (d.tryConsume(' ')) {
      d.nonEmptyList(() => {
        d.keyword('USE');
        d.space();
        uses = d.list(() => {
          d.expect('\\');
          return `\\${d.atom()}`;
        });
      });
    }
    return { name, uses };
  },

  async run({ account, store }, { name: asked, uses }) {
    // RFC 9051 §6.3.4: a delimiter at the end announces mailboxes below, and is no part of the name.
    const name = (asked.endsWith(hierarchyDelimiter) ? asked.slice(0, -1) : asked) as MailboxName;
    const problem = nameProblem(name);
    if (problem !== undefined) return no('CANNOT', problem);
    let specialUse: SpecialUse | undefined;
    if (uses.length > 0) {
      specialUse = creatable.find((use) => use.toLowerCase() === uses[0]?.toLowerCase());
      if (specialUse === undefined || uses.length > 1) {
        return no('USEATTR', 'A mailbox cannot have this use');
      }
      const mailboxes = await store.mailboxes(account.id);
      if (mailboxes.some((mailbox) => mailbox.specialUse === specialUse)) {
        return no('USEATTR', 'Another mailbox has this use');
      }
    }
    const options = specialUse === undefined ? {} : { specialUse };
    const mailbox = await store.createMailbox(account.id, name, options);
    return ok('CREATE completed', `MAILBOXID (${mailboxObjectId(account.id, mailbox.id)})`);
  },
};
