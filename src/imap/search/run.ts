import { toRanges, type UidRanges } from '../../core/uid-set.ts';
import type { Rendering, TextMatcher } from '../../store/api.ts';
import type { CommandContext } from '../command.ts';
import { type BatchMessage, readBatches } from '../fetch/batches.ts';
import { TimeSlice } from '../time-slice.ts';
import { searchBody } from './body-search.ts';
import { candidates } from './candidates.ts';
import { HeaderFacts, type SearchProgram, type Stage } from './program.ts';

/** Messages tested between two looks at the clock. */
const testedAtOnce = 2000;

/**
 * The UIDs that match, ascending. Each stage looks only at the messages that the cheaper ones left open: a search for
 * unseen letters of today with a word in them reads the bodies of few. @throws ConnectionLost when the client is gone
 */
export async function runSearch(
  ctx: CommandContext,
  program: SearchProgram,
): Promise<readonly number[]> {
  const search = new Search(ctx, program);
  await search.askIndex();
  let open = await search.testRows(candidates(ctx.selected, program));
  for (const stage of program.stages) {
    if (open.length === 0) break;
    if (stage !== 'row') open = await search.testStage(stage, open);
  }
  return search.matches();
}

class Search {
  readonly #ctx: CommandContext;
  readonly #program: SearchProgram;
  readonly #slice = new TimeSlice();
  readonly #matched: number[] = [];
  readonly #texts: (TextMatcher | undefined)[] = [];

  constructor(ctx: CommandContext, program: SearchProgram) {
    this.#ctx = ctx;
    this.#program = program;
  }

  matches(): readonly number[] {
    // Later stages add to what earlier ones found.
    return this.#matched.sort((a, b) => a - b);
  }

  /** One lookup after the other, so that a search with many leaves the readers to other sessions in between. */
  async askIndex(): Promise<void> {
    const { store, selected } = this.#ctx;
    for (const { part, needle } of this.#program.lookups) {
      this.#texts.push(await store.findText(selected.account, part, needle));
      if (this.#slice.over) await this.#breathe();
    }
  }

  /** Tests what the session's picture tells; answers the messages that are still open. */
  async testRows(ranges: UidRanges): Promise<UidRanges> {
    const walk = this.#ctx.selected.walk(ranges);
    const open: number[] = [];
    let more = true;
    while (more) {
      more = walk.next(testedAtOnce, (_, rows, index) => {
        const matches = this.#program.test({ rows, index, texts: this.#texts });
        if (matches === true) this.#matched.push(rows.uidAt(index));
        else if (matches === undefined) open.push(rows.uidAt(index));
        return undefined;
      });
      if (this.#slice.over) await this.#breathe();
    }
    return toRanges(open);
  }

  /** Tests with more facts; answers the messages that are still open. */
  async testStage(stage: Exclude<Stage, 'row'>, ranges: UidRanges): Promise<UidRanges> {
    const { selected, store } = this.#ctx;
    const { stages, renderings: light } = this.#program;
    const renderings: Rendering[] = [...light];
    if (stage !== 'described' && stages.includes('header')) renderings.push('header');
    const open: number[] = [];
    const needs = { renderings, bodies: stage === 'body' };
    for await (const batch of readBatches(store, selected, ranges, needs)) {
      for (const message of batch) {
        let matches = this.#test(message);
        if (matches === undefined && stage === 'body') matches = await this.#testBody(message);
        if (matches === true) this.#matched.push(message.uid);
        else if (matches === undefined) open.push(message.uid);
        if (this.#slice.over) await this.#breathe();
      }
    }
    return toRanges(open);
  }

  /** Lets others go on, and ends when the client is gone. */
  async #breathe(): Promise<void> {
    await this.#slice.rest();
    await this.#ctx.out.flush();
  }

  /** Tests with what was read of the message, and with its body where that was searched. */
  #test(message: BatchMessage, found?: readonly boolean[]): boolean | undefined {
    // Asked for anew each time: the row may have moved meanwhile.
    const place = this.#ctx.selected.locate(message.uid);
    if (place === undefined) return false;
    const { rows, index } = place;
    const { description } = message;
    const block = description?.header;
    const header = block && new HeaderFacts(block);
    const texts = this.#texts;
    return this.#program.test({ rows, index, texts, described: description, header, found });
  }

  async #testBody(message: BatchMessage): Promise<boolean | undefined> {
    const { selected, store } = this.#ctx;
    const octets = await message.open(store, selected.account);
    if (octets === undefined) return false;
    return this.#test(message, await searchBody(octets, this.#program.needles, this.#slice));
  }
}
