import type { Command } from '../command.ts';
import { copyUid, no, ok } from '../response.ts';
import { type CopyArguments, parseCopy } from './copy.ts';

/** MOVE and UID MOVE. RFC 9051 §6.4.8 and §6.4.9, RFC 7162 §3.2. */
export const move: Command<CopyArguments> = {
  name: 'MOVE',
  state: 'selected',
  uidForm: true,
  allowExpunge: true,

  // move = "MOVE" SP sequence-set SP mailbox
  parse: parseCopy,

  async run(ctx, { set, target }, numbers) {
    const { selected, account, state, out } = ctx;
    const uids = selected.uidsIn(set, numbers);
    if (selected.readOnly) return no('NOPERM', 'The mailbox is open read-only');
    if (uids.length === 0) return ok('MOVE completed');

    const destination = await ctx.store.findMailbox(account.id, target);
    if (destination?.selectable !== true) return no('TRYCREATE', 'No such mailbox');

    const moved = await ctx.store.move(account.id, selected.mailbox.id, uids, destination.id);
    const code = copyUid(moved);
    if (code === undefined) {
      if (numbers === 'msn') return no('EXPUNGEISSUED', 'The messages no longer exist');
      return ok('MOVE completed');
    }
    // RFC 9051 §6.4.8: COPYUID goes before the EXPUNGE of its messages.
    out.untagged(`OK [${code}] Moved`);
    await selected.sync(out, { expunge: true, modSeqInTag: true });
    if (!state.qresync) return ok('MOVE completed');
    return ok('MOVE completed', `HIGHESTMODSEQ ${selected.highestModSeq}`);
  },
};
