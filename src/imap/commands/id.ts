import type { Command } from '../command.ts';
import { ok } from '../response.ts';
import { ParseError } from '../wire/parse-error.ts';

/** RFC 2971 §3.3. */
const idLimits = { fields: 30, nameBytes: 30, valueBytes: 1024, loggedCharacters: 60 } as const;

/** ID: we say who we are, note who the client is, and decide nothing by it. RFC 2971. */
export const id: Command<{ readonly fields: ReadonlyMap<string, string> }> = {
  name: 'ID',
  state: 'any',
  allowExpunge: true,

  // id = "ID" SP id-params-list; id-params-list = "(" *(string SP nstring) ")" / nil
  parse(d) {
    d.space();
    const fields = new Map<string, string>();
    if (d.tryWord('NIL')) return { fields };
    d.list(() => {
      const name = d.string();
      d.space();
      const value = d.nstring();
      if (fields.size === idLimits.fields) throw new ParseError('Too many fields');
      if (Buffer.byteLength(name) > idLimits.nameBytes) throw new ParseError('Field is too long');
      if (value === undefined) return;
      if (Buffer.byteLength(value) > idLimits.valueBytes) throw new ParseError('Value is too long');
      fields.set(name.toLowerCase(), value);
    });
    return { fields };
  },

  run({ log, out }, { fields }) {
    const words = ['name', 'version', 'os'].map((name) => fields.get(name)).filter(Boolean);
    if (words.length > 0) {
      const client = words.join(' ').replace(/[^\x20-\x7e]/g, '?');
      log.info('client-id', { client: client.slice(0, idLimits.loggedCharacters) });
    }
    out.untagged('ID ("name" "Zhashik")');
    return Promise.resolve(ok('ID completed'));
  },
};
