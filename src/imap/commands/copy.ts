import type { MailboxName } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { copyUid, no, ok } from '../response.ts';
import type { Decoder } from '../wire/decoder.ts';
import type { MessageSet } from '../wire/message-set.ts';

export interface CopyArguments {
  readonly set: MessageSet;
  readonly target: MailboxName;
}

/** COPY and UID COPY. RFC 9051 §6.4.7 and §6.4.9. */
export const copy: Command<CopyArguments> = {
  name: 'COPY',
  state: 'selected',
  uidForm: true,
  allowExpunge: true, // RFC 9051 §7.5.1 names FETCH, STORE and SEARCH, not COPY

  parse: parseCopy,

  async run(ctx, { set, target }, numbers) {
    const { selected, account } = ctx;
    const uids = selected.uidsIn(set, numbers);
    // RFC 9051 §6.4.9: UIDs that do not exist are skipped without an error.
    if (uids.length === 0) return ok('COPY completed');

    const destination = await ctx.store.findMailbox(account.id, target);
    // RFC 9051 §6.4.7: the client is told that CREATE may help.
    if (destination?.selectable !== true) return no('TRYCREATE', 'No such mailbox');

    const copied = await ctx.store.copy(account.id, selected.mailbox.id, uids, destination.id);
    if (copied.from.length === 0 && numbers === 'msn') {
      return no('EXPUNGEISSUED', 'The messages no longer exist');
    }
    return ok('COPY completed', copyUid(copied));
  },
};

// copy = "COPY" SP sequence-set SP mailbox
/** The arguments of COPY and MOVE. */
export function parseCopy(d: Decoder): CopyArguments {
  d.space();
  const set = d.messageSet();
  d.space();
  return { set, target: d.mailbox() };
}
