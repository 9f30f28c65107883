import { toRanges, formatRanges, type UidRanges } from '../../core/uid-set.ts';
import type { Command, CommandContext, Numbers } from '../command.ts';
import { type FetchItem, parseItems } from '../fetch/items.ts';
import { planFetch } from '../fetch/plan.ts';
import { FetchResponder } from '../fetch/responder.ts';
import { no, ok } from '../response.ts';
import type { SessionState } from '../session-state.ts';
import { TimeSlice } from '../time-slice.ts';
import type { Decoder } from '../wire/decoder.ts';
import type { MessageSet } from '../wire/message-set.ts';
import { ParseError } from '../wire/parse-error.ts';

interface FetchArguments extends Modifiers {
  readonly set: MessageSet;
  readonly items: readonly FetchItem[];
}

interface Modifiers {
  readonly changedSince: number | undefined;
  /** Whether expunged messages are told too. */
  readonly vanished: boolean;
}

/** FETCH and UID FETCH. RFC 9051 §6.4.5 and §6.4.9, RFC 7162 §3.1.4 and §3.2.6, RFC 8474 §5. */
export const fetch: Command<FetchArguments> = {
  name: 'FETCH',
  state: 'selected',
  uidForm: true,
  allowExpunge: 'uid-form',

  // fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / …) [fetch-modifiers]
  parse(d, numbers, state) {
    d.space();
    const set = d.messageSet();
    d.space();
    const items = parseItems(d);
    return { set, items, ...parseModifiers(d, numbers, state) };
  },

  async run(ctx, { set, items, changedSince, vanished }, numbers) {
    const { selected, state, out } = ctx;
    // What came meanwhile is told first, so that `UID FETCH 7:*` of a polling client finds it.
    selected.announceNew(out);
    selected.announceKeywords(out);
    let ranges = selected.uidsIn(set, numbers);
    const asks = (label: string): boolean => items.some((item) => item.label === label);
    if (changedSince !== undefined || asks('MODSEQ')) selected.enableCondstore(out);

    if (changedSince !== undefined) {
      if (vanished) {
        const gone = await selected.vanishedSince(changedSince, set);
        if (gone.length > 0) out.untagged(`VANISHED (EARLIER) ${formatRanges(gone)}`);
      }
      ranges = await changedAfter(ctx, ranges, changedSince);
    }

    const plan = planFetch(items, {
      uid: numbers === 'uid',
      // RFC 7162 §3.1: with CONDSTORE on, flags come with the MODSEQ they have.
      modSeq: changedSince !== undefined || (state.condstore && asks('FLAGS')),
    });
    const outcome = await new FetchResponder(ctx, plan).answer(ranges);
    if (outcome.unknownEncoding) {
      return no('UNKNOWN-CTE', 'A part has a Content-Transfer-Encoding that is not known');
    }
    if (outcome.lost > 0) return no('SERVERBUG', 'Some messages could not be read');
    if (outcome.unavailable > 0) return no('UNAVAILABLE', 'Some messages cannot be read now');
    if (outcome.expunged > 0) return no('EXPUNGEISSUED', 'Some messages no longer exist');
    return ok('FETCH completed');
  },
};

// fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")"
// fetch-modifier =/ "CHANGEDSINCE" SP mod-sequence-value / "VANISHED"
function parseModifiers(d: Decoder, numbers: Numbers, state: SessionState): Modifiers {
  const given = new Map<string, number>();
  if (d.tryConsume(' ')) {
    d.nonEmptyList(() => {
      const modifier = d.keyword('CHANGEDSINCE', 'VANISHED');
      if (modifier === 'CHANGEDSINCE') d.space();
      // The grammar wants more than 0; iPhones send 0, which asks for everything.
      given.set(modifier, modifier === 'CHANGEDSINCE' ? d.number64() : 0);
    });
  }
  const changedSince = given.get('CHANGEDSINCE');
  const vanished = given.has('VANISHED');
  // RFC 7162 §3.2.6: each of these is BAD.
  if (vanished && numbers !== 'uid') throw new ParseError('VANISHED is for UID FETCH');
  if (vanished && changedSince === undefined) throw new ParseError('VANISHED needs CHANGEDSINCE');
  if (vanished && !state.qresync) throw new ParseError('VANISHED needs ENABLE QRESYNC');
  return { changedSince, vanished };
}

/** Those of the messages whose MODSEQ is above `since`. */
async function changedAfter(
  ctx: CommandContext,
  ranges: UidRanges,
  since: number,
): Promise<UidRanges> {
  const changed: number[] = [];
  const walk = ctx.selected.walk(ranges);
  const slice = new TimeSlice();
  let more = true;
  while (more) {
    more = walk.next(10_000, (_, rows, index) => {
      if (rows.modSeqAt(index) > since) changed.push(rows.uidAt(index));
      return undefined;
    });
    if (slice.over) await slice.rest();
  }
  return toRanges(changed);
}
