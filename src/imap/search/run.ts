import { toRanges, type UidRanges } from '../../core/uid-set.ts';
import type { EmailId } from '../../core/values.ts';
import type { Rendering, TextLookup, TextMatcher } from '../../store/api.ts';
import type { CommandContext } from '../command.ts';
import { type BatchMessage, readBatches } from '../fetch/batches.ts';
import { TimeSlice } from '../time-slice.ts';
import { searchBody } from './body-search.ts';
import { candidates } from './candidates.ts';
import { HeaderFacts, type SearchProgram, type Stage } from './program.ts';

/** Messages tested between two looks at the clock. */
const testedAtOnce = 2000;
/** Messages whose texts the store compares in one question. */
const comparedAtOnce = 1000;

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
    if (stage === 'texts') open = await search.compareTexts(open);
    else if (stage !== 'row') open = await search.testStage(stage, open);
  }
  return search.matches();
}

/** A question to the store that is on its way. */
interface Comparison {
  readonly emails: readonly EmailId[];
  readonly answers: Promise<readonly (boolean | undefined)[]>;
  /** Whether messages are left to ask for. */
  readonly more: boolean;
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
    for (const { part, field, needle } of this.#program.lookups) {
      const told = await store.findText(selected.account, part, needle);
      // A header that holds it somewhere need not hold it in this field.
      const inField = told && ((email: EmailId) => (told(email) === false ? false : undefined));
      this.#texts.push(field === undefined ? told : inField);
      if (this.#slice.over) await this.#breathe();
    }
  }

  /** Has the store compare the texts of what is still open, and of what the first text leaves open the next. */
  async compareTexts(open: UidRanges): Promise<UidRanges> {
    for (const [number, lookup] of this.#program.lookups.entries()) {
      if (open.length === 0) break;
      this.#texts[number] = await this.#compareText(lookup, this.#texts[number], open);
      open = await this.testRows(open);
    }
    return open;
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
  async testStage(stage: Exclude<Stage, 'row' | 'texts'>, ranges: UidRanges): Promise<UidRanges> {
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

  /** What is known of a text after the comparison of those messages of which nothing was. */
  async #compareText(
    lookup: TextLookup,
    told: TextMatcher | undefined,
    ranges: UidRanges,
  ): Promise<TextMatcher> {
    const { selected, store } = this.#ctx;
    const walk = selected.walk(ranges);
    const ask = (): Comparison => {
      const emails: EmailId[] = [];
      const more = walk.next(comparedAtOnce, (_, rows, index) => {
        const email = rows.emailAt(index);
        if (told?.(email) === undefined) emails.push(email);
        return undefined;
      });
      const answers = store.compareTexts(selected.account, emails, lookup);
      // When the client is gone nobody waits for this one any more.
      answers.catch(() => undefined);
      return { emails, answers, more };
    };
    const known = new Map<EmailId, boolean>();
    let asked: Comparison | undefined = ask();
    while (asked !== undefined) {
      // The next question is on its way while this one is answered, so that two threads compare.
      const next: Comparison | undefined = asked.more ? ask() : undefined;
      const answers = await asked.answers;
      for (const [i, email] of asked.emails.entries()) {
        const holds = answers[i];
        if (holds !== undefined) known.set(email, holds);
      }
      await this.#breathe();
      asked = next;
    }
    return (email) => known.get(email) ?? told?.(email);
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
