import { hierarchyDelimiter } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { ok } from '../response.ts';

/** NAMESPACE: one's own mailboxes, without a prefix. RFC 9051 §6.3.10. */
export const namespace: Command<undefined> = {
  name: 'NAMESPACE',
  state: 'authenticated',
  allowExpunge: true,

  parse: () => undefined,

  run({ out }) {
    out.untagged(`NAMESPACE (("" "${hierarchyDelimiter}")) NIL NIL`);
    return Promise.resolve(ok('NAMESPACE completed'));
  },
};
