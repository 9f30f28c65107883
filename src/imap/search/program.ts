import type { UidRanges } from '../../core/uid-set.ts';
import { foldCase } from '../../mail/fold.ts';
import { type HeaderField, readHeaderFields } from '../../mail/header.ts';
import { headerTexts } from '../../mail/search-text.ts';
import type { Description, Rendering, TextMatcher, TextPart } from '../../store/api.ts';
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
  /** What the store's index tells of each lookup of the program; undefined where it cannot. */
  readonly texts: readonly (TextMatcher | undefined)[];
  readonly described?: Description | undefined;
  readonly header?: HeaderFacts | undefined;
  /** Whether each needle of the program is in the body. */
  readonly found?: readonly boolean[] | undefined;
}

/** Whether a message matches; undefined while the facts do not tell. */
export type Test = (facts: Facts) => boolean | undefined;

/** What a test may have to know, cheapest first. */
export const stages = ['row', 'described', 'header', 'body'] as const;
export type Stage = (typeof stages)[number];

/** A text to ask the store's index for, case-folded. */
export interface TextLookup {
  readonly part: TextPart;
  readonly needle: string;
}

/** A search made ready to run. */
export interface SearchProgram {
  readonly test: Test;
  /** Stages that some key needs, in order; the cheap keys often spare the dear ones. */
  readonly stages: readonly Stage[];
  /** Renderings of the stage `described`. */
  readonly renderings: readonly Rendering[];
  /** Case-folded texts to look for in bodies. */
  readonly needles: readonly string[];
  /** Asked for before the first test: what the index rules out, no stage looks at. */
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
        const text = foldCase(key.text);
        const lacks = this.#lacks('header', text);
        return this.#at('header', (facts) => {
          if (lacks(facts)) return false;
          return facts.header?.texts(key.name).some((value) => value.includes(text));
        });
      }
      case 'body': {
        if (key.text === '') return this.#row(() => true);
        const needle = this.#needle(key.text);
        const lacks = this.#lacks('body', foldCase(key.text));
        return this.#at('body', (facts) => (lacks(facts) ? false : facts.found?.[needle]));
      }
      case 'text': {
        if (key.text === '') return this.#row(() => true);
        const text = foldCase(key.text);
        const needle = this.#needle(key.text);
        const headerLacks = this.#lacks('header', text);
        const bodyLacks = this.#lacks('body', text);
        this.usedStages.push('header');
        return this.#at('body', (facts) => {
          const { header, found } = facts;
          const inHeader = headerLacks(facts)
            ? false
            : header?.all.some((value) => value.includes(text));
          if (inHeader !== false) return inHeader;
          return bodyLacks(facts) ? false : found?.[needle];
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

  /** Whether the index knows that a message does not have the text. */
  #lacks(part: TextPart, needle: string): (facts: Facts) => boolean {
    let number = this.lookups.findIndex((each) => each.part === part && each.needle === needle);
    if (number < 0) number = this.lookups.push({ part, needle }) - 1;
    return ({ texts, rows, index }) => texts[number]?.(rows.emailAt(index)) === false;
  }

  #needle(text: string): number {
    const folded = foldCase(text);
    const known = this.needles.indexOf(folded);
    return known >= 0 ? known : this.needles.push(folded) - 1;
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
