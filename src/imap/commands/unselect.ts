import type { Command } from '../command.ts';
import { ok } from '../response.ts';

/** UNSELECT: as CLOSE, and nothing is expunged. RFC 9051 §6.4.2. */
export const unselect: Command<undefined> = {
  name: 'UNSELECT',
  state: 'selected',
  allowExpunge: false,

  parse: () => undefined,

  run({ selected, state }) {
    selected.close();
    state.selected = undefined;
    state.savedResult = [];
    return Promise.resolve(ok('UNSELECT completed'));
  },
};
