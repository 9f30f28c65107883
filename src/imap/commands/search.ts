import { isKnownCharset } from '../../mail/charset.ts';
import type { Command, CommandContext, Numbers } from '../command.ts';
import { no, ok, type Response } from '../response.ts';
import { answerSearch, type ReturnOption, savedMatches } from '../search/answer.ts';
import { parseKeys, type SearchKey } from '../search/keys.ts';
import { compileSearch } from '../search/program.ts';
import { runSearch } from '../search/run.ts';
import type { Decoder } from '../wire/decoder.ts';
import { ParseError } from '../wire/parse-error.ts';

interface SearchArguments {
  /** Undefined: no RETURN. */
  readonly options: ReadonlySet<ReturnOption> | undefined;
  readonly charset: string;
  readonly key: SearchKey;
}

/** SEARCH and UID SEARCH. RFC 9051 §6.4.4 and §6.4.9, RFC 4731, RFC 5182, RFC 7162 §3.1.5, RFC 8474 §6. */
export const search: Command<SearchArguments> = {
  name: 'SEARCH',
  state: 'selected',
  uidForm: true,
  allowExpunge: 'uid-form',

  // search = "SEARCH" [search-return-opts] SP search-program
  // search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
  parse(d, _numbers, state) {
    d.space();
    const options = d.tryWord('RETURN') ? parseOptions(d) : undefined;
    let charset = 'UTF-8';
    if (d.tryWord('CHARSET')) {
      d.space();
      charset = d.astring();
      d.space();
      // RFC 9755 §3: with UTF-8 agreed on, another label is a contradiction.
      if (state.enabled.has('UTF8=ACCEPT') && !/^(utf-?8|us-ascii)$/i.test(charset)) {
        throw new ParseError('UTF8=ACCEPT leaves no choice of CHARSET');
      }
    }
    return { options, charset, key: parseKeys(d, charset) };
  },

  async run(ctx, args, numbers) {
    const saves = args.options?.has('SAVE') === true;
    try {
      const response = await find(ctx, args, numbers);
      if (saves && response.status === 'NO') ctx.state.savedResult = [];
      return response;
    } catch (error) {
      // RFC 9051 §6.4.4.1: a SEARCH that fails leaves "$" empty.
      if (saves) ctx.state.savedResult = [];
      throw error;
    }
  },
};

async function find(
  ctx: CommandContext,
  { options, charset, key }: SearchArguments,
  numbers: Numbers,
): Promise<Response> {
  if (!isKnownCharset(charset)) {
    return no('BADCHARSET (US-ASCII UTF-8)', 'The charset is not known');
  }
  const { selected, state, out } = ctx;
  // What came meanwhile is told first, so that it can be found: a letter that is there can be searched for.
  selected.announceNew(out);
  const program = compileSearch(key, selected, numbers);
  if (program.asksModSeq) selected.enableCondstore(out);
  if (program.usesSequenceNumbers) selected.holdExpunge();

  const matches = await runSearch(ctx, program);
  if (options?.has('SAVE') === true) state.savedResult = savedMatches(matches, options);
  // RFC 9051 §6.4.4: revision 2 knows ESEARCH alone.
  const told = options ?? (state.rev2 ? allOnly : undefined);
  await answerSearch(ctx, { matches, options: told, tellsModSeq: program.asksModSeq, numbers });
  return ok('SEARCH completed');
}

const allOnly: ReadonlySet<ReturnOption> = new Set(['ALL']);

// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
function parseOptions(d: Decoder): ReadonlySet<ReturnOption> {
  d.space();
  const options = d.list(() => d.keyword('MIN', 'MAX', 'ALL', 'COUNT', 'SAVE'));
  d.space();
  // RFC 9051 §6.4.4: nothing asked for means ALL.
  return options.length === 0 ? allOnly : new Set(options);
}
