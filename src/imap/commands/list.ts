import { hierarchyDelimiter } from '../../core/values.ts';
import type { Command } from '../command.ts';
import { enableCondstore } from '../condstore.ts';
import { listableNames, listMailboxes, type Selection } from '../mailbox-listing.ts';
import { MailboxPattern, patternLimits } from '../mailbox-pattern.ts';
import { matchNames } from '../match-names.ts';
import { ok } from '../response.ts';
import type { SessionState } from '../session-state.ts';
import { readStatusItems, type StatusItem, writeStatus } from '../status-items.ts';
import { TimeSlice } from '../time-slice.ts';
import type { Decoder } from '../wire/decoder.ts';
import { ParseError } from '../wire/parse-error.ts';
import { writeList } from '../write-list.ts';

interface ListArguments {
  /** With the reference in front; undefined asks for the hierarchy delimiter alone. */
  readonly patterns: readonly string[] | undefined;
  readonly selection: readonly Selection[];
  readonly recursive: boolean;
  readonly tellSubscribed: boolean;
  readonly status: readonly StatusItem[] | undefined;
}

/** LIST with everything that LIST-EXTENDED, LIST-STATUS and SPECIAL-USE add. RFC 9051 §6.3.9, RFC 6154. */
export const list: Command<ListArguments> = {
  name: 'LIST',
  state: 'authenticated',
  allowExpunge: true,

  // list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
  // mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"
  parse(d, _numbers, state) {
    d.space();
    const start = d.position;
    const select = selectOptions(d);
    let extended = d.position > start;
    const reference: string = d.mailbox();
    d.space();
    const listed = d.peek() === '(';
    const given = listed ? d.nonEmptyList(() => d.listMailbox()) : [d.listMailbox()];
    extended ||= listed || !d.atEnd;
    const returns = returnOptions(d, state);
    // RFC 9051 §6.3.9: an empty name is a question of the basic syntax, and ignored in the extended one.
    const names = given.filter((name) => name !== '');
    const patterns = names.map((name) => reference + name);
    checkCost(patterns);
    return {
      patterns: extended || names.length > 0 ? patterns : undefined,
      selection: select.selection,
      recursive: select.recursive,
      tellSubscribed: returns.subscribed || select.selection.includes('SUBSCRIBED'),
      status: returns.status,
    };
  },

  async run({ account, connection, out, state, store }, args) {
    if (args.patterns === undefined) {
      out.untagged(`LIST (\\Noselect) "${hierarchyDelimiter}" ""`);
      return ok('LIST completed');
    }
    if (args.status?.includes('HIGHESTMODSEQ') === true) enableCondstore(state, out);
    const [mailboxes, subscriptions] = await Promise.all([
      store.mailboxes(account.id),
      store.subscriptions(account.id),
    ]);
    const patterns = args.patterns.map((pattern) => new MailboxPattern(pattern));
    const names = listableNames(mailboxes, subscriptions);
    const slice = new TimeSlice();
    const lines = listMailboxes(mailboxes, subscriptions, {
      matched: await matchNames(out, names, patterns),
      selection: args.selection,
      recursive: args.recursive,
    });
    for (const listed of lines) {
      writeList(out, listed, { subscribed: args.tellSubscribed });
      // RFC 9051 §6.3.9.8: right behind its LIST, and never for what cannot be selected.
      if (args.status !== undefined && listed.mailbox?.selectable === true) {
        writeStatus(out, account.id, listed.mailbox, args.status, connection.limits.appendBytes);
      }
      await out.flush();
      if (slice.over) await slice.rest();
    }
    return ok('LIST completed');
  },
};

function checkCost(patterns: readonly string[]): void {
  const lengths = patterns.map((pattern) => pattern.length);
  const together = lengths.reduce((sum, length) => sum + length, 0);
  if (patterns.length > patternLimits.patterns) throw new ParseError('Too many patterns');
  if (lengths.some((length) => length > patternLimits.characters)) {
    throw new ParseError('Pattern is too long');
  }
  if (together > patternLimits.charactersOfAll) throw new ParseError('Patterns are too long');
}

// list-select-opts = "(" [(*(list-select-opt SP) list-select-base-opt *(SP list-select-opt)) /
//                        (list-select-independent-opt *(SP list-select-independent-opt))] ")"
function selectOptions(d: Decoder): {
  readonly selection: readonly Selection[];
  readonly recursive: boolean;
} {
  if (d.peek() !== '(') return { selection: [], recursive: false };
  const options = new Set(
    d.list(() => d.keyword('SUBSCRIBED', 'SPECIAL-USE', 'RECURSIVEMATCH', 'REMOTE')),
  );
  d.space();
  // REMOTE asks for mailboxes of other servers too: there are none.
  const selection = (['SUBSCRIBED', 'SPECIAL-USE'] as const).filter((it) => options.has(it));
  const recursive = options.has('RECURSIVEMATCH');
  if (recursive && selection.length === 0) {
    throw new ParseError('RECURSIVEMATCH needs another selection option');
  }
  return { selection, recursive };
}

// list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
function returnOptions(
  d: Decoder,
  state: SessionState,
): { readonly subscribed: boolean; readonly status: readonly StatusItem[] | undefined } {
  let subscribed = false;
  let status: readonly StatusItem[] | undefined;
  if (d.tryConsume(' ')) {
    d.keyword('RETURN');
    d.space();
    d.list(() => {
      const option = d.keyword('SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE', 'STATUS');
      if (option === 'SUBSCRIBED') subscribed = true;
      if (option === 'STATUS') {
        d.space();
        status = readStatusItems(d, state);
      }
      // CHILDREN and SPECIAL-USE are told always.
    });
  }
  return { subscribed, status };
}
