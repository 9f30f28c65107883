import type { UidRanges } from '../../core/uid-set.ts';
import { foldCase } from '../../mail/fold.ts';
import { type HeaderField, readHeaderFields } from '../../mail/header.ts';
import { headerTexts } from '../../mail/search-text.ts';
import type { Description, Rendering, TextLookup, TextMatcher } from '../../store/api.ts';
import { keywordBit } from '../../store/mailbox-view.ts';
import type { Numbers } from '../command.ts';
import type { MessageRows } from '../ghost-rows.ts';
import { emailFromObjectId, threadFromObjectId } from '../object-id.ts';
import type { SelectedMailbox } from '../selected.ts';
import { includesUid } from '../uid-ranges.ts';
import type { SearchKey } from './keys.ts';
import { compareDays, dayOfDate, sentDay } from './sent-day.ts';

/** What is known of a message; more at each stage. Undefined members are not known yet. */
export interface Facts {
  readonly rows: MessageRows;
  readonly index: number;
  /** What the store's index tells of each lookup of the program, more after the comparison; undefined: nothing. */
  readonly texts: readonly (TextMatcher | undefined)[];
  readonly described?: Description | undefined;
  readonly header?: HeaderFacts | undefined;
  /** Whether each needle of the program is in the body. */
  readonly found?: readonly boolean[] | undefined;
}

/** Whether a message matches; undefined while the facts do not tell. */
export type Test = (facts: Facts) => boolean | undefined;

/** What a test may have to know, cheapest first. */
export const stages = ['row', 'texts', 'described', 'header', 'body'] as const;
export type Stage = (typeof stages)[number];

/** A search made ready to run. */
export interface SearchProgram {
  readonly test: Test;
  /** Stages that some key needs, in order; the cheap keys often spare the dear ones. */
  readonly stages: readonly Stage[];
  /** Renderings of the stage `described`. */
  readonly renderings: readonly Rendering[];
  /** Case-folded texts to look for in bodies. */
  readonly needles: readonly string[];
  /** Asked of the index before the first test: what that rules out, no stage looks at. Compared in the stage `texts`. */
  readonly lookups: readonly TextLookup[];
  /** Whether the answer is to tell the highest MODSEQ. RFC 7162 §3.1.5. */
  readonly asksModSeq: boolean;
  /** Whether a key holds sequence numbers, which keeps EXPUNGE away even from UID SEARCH. RFC 9051 §7.5.1. */
  readonly usesSequenceNumbers: boolean;
  /** Messages outside cannot match; undefined: any may. */
  readonly within: UidRanges | undefined;
}

/** The header's fields by name, decoded and case-folded once, when they are first asked for. */
export class HeaderFacts {
  readonly block: Uint8Array;
  readonly #byName = new Map<string, readonly string[]>();
  #all: readonly string[] | undefined;
  #fields: ReadonlyMap<string, readonly HeaderField[]> | undefined;

  constructor(block: Uint8Array) {
    this.block = block;
  }

  texts(nameLower: string): readonly string[] {
    let texts = this.#byName.get(nameLower);
    if (texts === undefined) {
      texts = headerTexts(this.#only(nameLower), nameLower).map(foldCase);
      this.#byName.set(nameLower, texts);
    }
    return texts;
  }

  get all(): readonly string[] {
    return (this.#all ??= headerTexts(this.block).map(foldCase));
  }

  /**
   * The fields of the name, and the Content-Type that tells the charset of raw octets: a header is read once, however
   * many fields are asked for.
   */
  #only(nameLower: string): Uint8Array {
    const { block } = this;
    this.#fields ??= byName(readHeaderFields(block));
    const named = this.#fields.get(nameLower) ?? [];
    const type = nameLower === 'content-type' ? undefined : this.#fields.get('content-type')?.[0];
    // In their order, as only the last field of a header that was cut off may lack its line break.
    const fields = type === undefined ? named : [...named, type].sort((a, b) => a.start - b.start);
    return Buffer.concat(fields.map(({ start, end }) => block.subarray(start, end)));
  }
}

/** Makes a search ready to run in a mailbox. A message costs time linear in the keys. */
export function compileSearch(
  key: SearchKey,
  selected: SelectedMailbox,
  numbers: Numbers,
): SearchProgram {
  const compiler = new Compiler(selected);
  const { test } = compiler.compile(key);
  const used = new Set(compiler.usedStages);
  return {
    test,
    stages: stages.filter((stage) => used.has(stage)),
    renderings: [...compiler.renderings],
    needles: compiler.needles,
    lookups: compiler.lookups,
    asksModSeq: compiler.asksModSeq,
    usesSequenceNumbers: compiler.usesSequenceNumbers && numbers === 'uid',
    within: compiler.setsOf(key),
  };
}

interface Compiled {
  readonly test: Test;
  /** The dearest stage that may be needed. */
  readonly stage: Stage;
}

class Compiler {
  readonly usedStages: Stage[] = [];
  readonly renderings = new Set<Rendering>();
  readonly needles: string[] = [];
  readonly lookups: TextLookup[] = [];
  asksModSeq = false;
  usesSequenceNumbers = false;
  readonly #selected: SelectedMailbox;
  readonly #sets = new Map<SearchKey, UidRanges>();

  constructor(selected: SelectedMailbox) {
    this.#selected = selected;
  }

  compile(key: SearchKey): Compiled {
    switch (key.kind) {
      case 'all':
        return this.#row(() => true);
      case 'none':
        return this.#row(() => false);
      case 'and':
        return this.#join(key.keys, false);
      case 'or':
        return this.#join(key.keys, true);
      case 'not': {
        const { test, stage } = this.compile(key.key);
        return {
          stage,
          test: (facts) => {
            const matches = test(facts);
            return matches === undefined ? undefined : !matches;
          },
        };
      }
      case 'flag':
        return this.#row(({ rows, index }) => (rows.flagsAt(index) & key.bit) !== 0);
      case 'keyword': {
        const number = this.#selected.view.keywordNumber(key.name);
        if (number < 0) return this.#row(() => false);
        const { more, bit } = keywordBit(number);
        return more
          ? this.#row(({ rows, index }) => (rows.moreFlagsAt(index) & bit) !== 0)
          : this.#row(({ rows, index }) => (rows.flagsAt(index) & bit) !== 0);
      }
      case 'sequence':
      case 'uid': {
        const numbers = key.kind === 'uid' ? 'uid' : 'msn';
        if (numbers === 'msn' && key.set.kind === 'ranges') this.usesSequenceNumbers = true;
        const ranges = this.#selected.uidsAmong(key.set, numbers);
        this.#sets.set(key, ranges);
        return this.#row(({ rows, index }) => includesUid(ranges, rows.uidAt(index)));
      }
      case 'larger':
        return this.#row(({ rows, index }) => rows.sizeAt(index) > key.sizeBytes);
      case 'smaller':
        return this.#row(({ rows, index }) => rows.sizeAt(index) < key.sizeBytes);
      case 'internal-date': {
        const day = dayOfDate(key.date);
        // INTERNALDATE is shown in UTC, so that its day is the one in UTC.
        return this.#row(({ rows, index }) =>
          compareDays(key.compare, Math.floor(rows.internalDateAt(index) / 86_400), day),
        );
      }
      case 'modseq':
        this.asksModSeq = true;
        return this.#row(({ rows, index }) => rows.modSeqAt(index) >= key.atLeast);
      case 'email': {
        const email = emailFromObjectId(this.#selected.account, key.objectId);
        return this.#row(({ rows, index }) => rows.emailAt(index) === email);
      }
      case 'thread': {
        const thread = threadFromObjectId(this.#selected.account, key.objectId);
        if (thread === undefined) return this.#row(() => false);
        this.renderings.add('thread');
        return this.#at('described', ({ described }) =>
          described === undefined ? undefined : described.thread === thread,
        );
      }
      case 'sent-date': {
        const day = dayOfDate(key.date);
        this.renderings.add('sentAt');
        this.usedStages.push('described');
        return this.#at('header', ({ described, header }) =>
          sentDay(key.compare, day, described, header),
        );
      }
      case 'header': {
        const needle = foldCase(key.text);
        const told = this.#told({ part: 'header', field: key.name, needle });
        return this.#at(
          'header',
          (facts) =>
            told(facts) ?? facts.header?.texts(key.name).some((value) => value.includes(needle)),
        );
      }
      case 'body': {
        if (key.text === '') return this.#row(() => true);
        const inBody = this.#inBody(foldCase(key.text));
        return this.#at('body', inBody);
      }
      case 'text': {
        if (key.text === '') return this.#row(() => true);
        const needle = foldCase(key.text);
        const told = this.#told({ part: 'header', field: undefined, needle });
        const inBody = this.#inBody(needle);
        this.usedStages.push('header');
        return this.#at('body', (facts) => {
          const inHeader = told(facts) ?? facts.header?.all.some((line) => line.includes(needle));
          if (inHeader === true) return true;
          const found = inBody(facts);
          return found === false ? inHeader : found;
        });
      }
    }
  }

  /** UIDs outside of which the key cannot match, from the sets in it; undefined: anywhere. */
  setsOf(key: SearchKey): UidRanges | undefined {
    if (key.kind === 'sequence' || key.kind === 'uid') return this.#sets.get(key);
    if (key.kind !== 'and') return undefined;
    // One is enough: the others are tested.
    for (const part of key.keys) {
      const ranges = this.setsOf(part);
      if (ranges !== undefined) return ranges;
    }
    return undefined;
  }

  #row(test: Test): Compiled {
    return this.#at('row', test);
  }

  #at(stage: Stage, test: Test): Compiled {
    this.usedStages.push(stage);
    return { stage, test };
  }

  /** AND and OR in three values: `decisive` decides at once, what is not known leaves the rest open. */
  #join(keys: readonly SearchKey[], decisive: boolean): Compiled {
    const parts = keys.map((key) => this.compile(key));
    // The cheap ones first.
    parts.sort((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage));
    const tests = parts.map((part) => part.test);
    return {
      stage: parts.at(-1)?.stage ?? 'row',
      test: (facts) => {
        let open = false;
        for (const test of tests) {
          const matches = test(facts);
          if (matches === decisive) return decisive;
          if (matches === undefined) open = true;
        }
        return open ? undefined : !decisive;
      },
    };
  }

  #inBody(needle: string): Test {
    const told = this.#told({ part: 'body', field: undefined, needle });
    const known = this.needles.indexOf(needle);
    const number = known >= 0 ? known : this.needles.push(needle) - 1;
    return (facts) => told(facts) ?? facts.found?.[number];
  }

  /** What the index tells of a text. */
  #told(lookup: TextLookup): Test {
    const { part, field, needle } = lookup;
    let number = this.lookups.findIndex(
      (each) => each.part === part && each.field === field && each.needle === needle,
    );
    if (number < 0) number = this.lookups.push(lookup) - 1;
    this.usedStages.push('texts');
    return ({ texts, rows, index }) => texts[number]?.(rows.emailAt(index));
  }
}

function byName(fields: readonly HeaderField[]): ReadonlyMap<string, readonly HeaderField[]> {
  const groups = new Map<string, HeaderField[]>();
  for (const field of fields) {
    const group = groups.get(field.nameLower);
    if (group === undefined) groups.set(field.nameLower, [field]);
    else group.push(field);
  }
  return groups;
}
