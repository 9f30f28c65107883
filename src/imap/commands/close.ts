import type { Command } from '../command.ts';
import { ok } from '../response.ts';

/** CLOSE: what has \Deleted goes, and nobody is told of it in this session. RFC 9051 §6.4.1. */
export const close: Command<undefined> = {
  name: 'CLOSE',
  state: 'selected',
  allowExpunge: false,

  parse: () => undefined,

  async run({ account, selected, state, store }) {
    // Of a mailbox that somebody deleted there is nothing left to expunge.
    if (!selected.readOnly && !selected.gone) await store.expunge(account.id, selected.view.id);
    selected.close();
    state.selected = undefined;
    state.savedResult = [];
    return ok('CLOSE completed');
  },
};
