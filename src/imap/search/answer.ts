import { formatRanges, toRanges, type UidRanges } from '../../core/uid-set.ts';
import type { CommandContext, Numbers } from '../command.ts';

/** Result options of RETURN, RFC 9051 §6.4.4. */
export type ReturnOption = 'MIN' | 'MAX' | 'ALL' | 'COUNT' | 'SAVE';

/** Numbers written between two looks at how fast the client reads. */
const writtenAtOnce = 5000;

export interface SearchAnswer {
  /** UIDs, ascending. */
  readonly matches: readonly number[];
  /** Undefined: the SEARCH response of revision 1, `* SEARCH 2 3 6`. */
  readonly options: ReadonlySet<ReturnOption> | undefined;
  readonly tellsModSeq: boolean;
  readonly numbers: Numbers;
}

/** Writes SEARCH or ESEARCH. RFC 9051 §7.3.4, RFC 3501 §7.2.5, RFC 7162 §3.1.6 and §3.1.10. */
export async function answerSearch(ctx: CommandContext, answer: SearchAnswer): Promise<void> {
  const { matches, options, numbers } = answer;
  const shown = numbers === 'uid' ? matches : sequenceNumbers(ctx, matches);
  if (options === undefined) {
    await writeSearch(ctx, shown, answer.tellsModSeq ? highestModSeq(ctx, matches) : undefined);
    return;
  }
  // RFC 9051 §6.4.4.1: with SAVE alone there is nothing to tell.
  if (options.size === 1 && options.has('SAVE')) return;

  let text = `* ESEARCH (TAG "${ctx.tag}")`;
  if (numbers === 'uid') text += ' UID';
  const first = shown[0];
  const last = shown.at(-1);
  if (options.has('MIN') && first !== undefined) text += ` MIN ${first}`;
  if (options.has('MAX') && last !== undefined) text += ` MAX ${last}`;
  if (options.has('COUNT')) text += ` COUNT ${shown.length}`;
  // RFC 9051 §6.4.4: ALL is left out where nothing matched.
  if (options.has('ALL') && shown.length > 0) text += ` ALL ${formatRanges(toRanges(shown))}`;
  if (answer.tellsModSeq) {
    const modSeq = highestModSeq(ctx, reported(matches, options));
    if (modSeq !== undefined) text += ` MODSEQ ${modSeq}`;
  }
  ctx.out.text(`${text}\r\n`);
  await ctx.out.flush();
}

/** What `$` means from now on. RFC 9051 §6.4.4.1, RFC 5182 §2.1. */
export function savedMatches(
  matches: readonly number[],
  options: ReadonlySet<ReturnOption>,
): UidRanges {
  return toRanges(reported(matches, options));
}

/** With MIN or MAX and neither ALL nor COUNT, only these are meant. RFC 4731 §3.2, RFC 5182 §2.1. */
function reported(
  matches: readonly number[],
  options: ReadonlySet<ReturnOption>,
): readonly number[] {
  const min = options.has('MIN');
  const max = options.has('MAX');
  if (options.has('ALL') || options.has('COUNT') || (!min && !max)) return matches;
  return matches.filter((_, i) => (min && i === 0) || (max && i === matches.length - 1));
}

async function writeSearch(
  ctx: CommandContext,
  shown: readonly number[],
  modSeq: number | undefined,
): Promise<void> {
  const { out } = ctx;
  out.text('* SEARCH');
  // One response whatever its length: clients take the last one for the whole.
  for (let i = 0; i < shown.length; i += writtenAtOnce) {
    out.text(` ${shown.slice(i, i + writtenAtOnce).join(' ')}`);
    await out.flush();
  }
  out.text(modSeq === undefined ? '\r\n' : ` (MODSEQ ${modSeq})\r\n`);
}

function sequenceNumbers(ctx: CommandContext, uids: readonly number[]): readonly number[] {
  const numbers: number[] = [];
  ctx.selected.walk(toRanges(uids)).next(Infinity, (msn) => {
    numbers.push(msn);
    return undefined;
  });
  return numbers;
}

function highestModSeq(ctx: CommandContext, uids: readonly number[]): number | undefined {
  let highest: number | undefined;
  ctx.selected.walk(toRanges(uids)).next(Infinity, (_, rows, index) => {
    highest = Math.max(highest ?? 0, rows.modSeqAt(index));
    return undefined;
  });
  return highest;
}
