import { hierarchyDelimiter } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { listableNames, listSubscriptions } from '../mailbox-listing.ts';
import { MailboxPattern, patternLimits } from '../mailbox-pattern.ts';
import { matchNames } from '../match-names.ts';
import { ok } from '../response.ts';
import { ParseError } from '../wire/parse-error.ts';

/** LSUB, of revision 1. RFC 3501 §6.3.9. */
export const lsub: Command<{ readonly pattern: string }> = {
  name: 'LSUB',
  state: 'authenticated',
  allowExpunge: true,

  // lsub = "LSUB" SP mailbox SP list-mailbox
  parse(d) {
    d.space();
    const reference: string = d.mailbox();
    d.space();
    const pattern = reference + d.listMailbox();
    if (pattern.length > patternLimits.characters) throw new ParseError('Pattern is too long');
    return { pattern };
  },

  async run({ account, out, store }, { pattern }) {
    const subscriptions = await store.subscriptions(account.id);
    const names = listableNames([], subscriptions);
    const matched = await matchNames(out, names, [new MailboxPattern(pattern)]);
    for (const { name, subscribed } of listSubscriptions(subscriptions, matched)) {
      out.text(`* LSUB (${subscribed ? '' : '\\Noselect'}) "${hierarchyDelimiter}" `);
      out.mailbox(name).endLine();
    }
    await out.flush();
    return ok('LSUB completed');
  },
};
