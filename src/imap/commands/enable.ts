import type { Command } from '../command.ts';
import { ok } from '../response.ts';
import { enableable } from '../session-state.ts';

/** ENABLE. RFC 9051 §6.3.1; CONDSTORE and QRESYNC: RFC 7162; UTF8=ACCEPT: RFC 9755. */
export const enable: Command<{ readonly names: readonly string[] }> = {
  name: 'ENABLE',
  state: 'authenticated',
  allowExpunge: true,

  // enable = "ENABLE" 1*(SP capability)
  parse(d) {
    const names: string[] = [];
    do {
      d.space();
      names.push(d.word());
    } while (!d.atEnd);
    return { names };
  },

  run({ connection, out, state }, { names }) {
    const known = enableable.filter(
      (name) => names.includes(name.toUpperCase()) && connection.offers(name),
    );
    const { selected } = state;
    const brings = known.includes('CONDSTORE') || known.includes('QRESYNC');
    const tell = brings && !state.condstore;
    for (const name of known) state.enabled.add(name);
    out.utf8 = state.utf8;
    out.untagged(['ENABLED', ...known].join(' '));
    // RFC 7162 §3.1.2: the client learns from where on it may ask for changes.
    if (selected !== undefined && tell) {
      out.untagged(`OK [HIGHESTMODSEQ ${selected.highestModSeq}] CONDSTORE is on`);
    }
    return Promise.resolve(ok('ENABLE completed'));
  },
};
