import type { Command } from '../command.ts';
import { no, ok } from '../response.ts';
import type { MessageSet } from '../wire/message-set.ts';

/** EXPUNGE and UID EXPUNGE. RFC 9051 §6.4.3 and §6.4.9, RFC 7162 §3.2.7 and §3.2.9. */
export const expunge: Command<{ readonly set: MessageSet | undefined }> = {
  name: 'EXPUNGE',
  state: 'selected',
  uidForm: true,
  allowExpunge: true,

  // expunge = "EXPUNGE"; uid-expunge = "UID" SP "EXPUNGE" SP sequence-set
  parse(d, numbers) {
    if (numbers === 'msn') return { set: undefined };
    d.space();
    return { set: d.messageSet() };
  },

  async run(ctx, { set }) {
    const { selected, state, out } = ctx;
    const uids = set === undefined ? undefined : selected.uidsIn(set, 'uid');
    if (selected.readOnly) return no('NOPERM', 'The mailbox is open read-only');
    if (uids?.length === 0) return ok('EXPUNGE completed');

    const expunged = await ctx.store.expunge(selected.account, selected.mailbox.id, uids);
    const tellsModSeq = state.qresync && expunged.length > 0;
    await selected.sync(out, { expunge: true, modSeqInTag: tellsModSeq });
    if (!tellsModSeq) return ok('EXPUNGE completed');
    return ok('EXPUNGE completed', `HIGHESTMODSEQ ${selected.highestModSeq}`);
  },
};
