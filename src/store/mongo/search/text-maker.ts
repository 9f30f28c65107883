import { ThreadCalls } from '../../../core/thread-calls.ts';
import type { Part } from '../../../mail/api.ts';
import type { StoredContent, TextPart } from '../../api.ts';
import type { KeptText } from '../../common/texts/kept-text.ts';
import { indexedOctets } from '../limits.ts';

/** Octets of a letter that texts are made of. */
export interface TextQuestion {
  readonly parts: Part;
  readonly sizeBytes: number;
  readonly pieces: readonly { readonly at: number; readonly octets: Uint8Array }[];
}
/** Of a header or a body; what is undefined is left to the letter itself. */
export interface MadeText {
  readonly kept: KeptText | undefined;
  /** See `packGrams`. */
  readonly grams: Uint8Array | undefined;
}
export type MadeTexts = Readonly<Record<TextPart, MadeText>>;

export const nothingMade: MadeTexts = {
  header: { kept: undefined, grams: undefined },
  body: { kept: undefined, grams: undefined },
};

/** Makes the texts of letters, in a thread that gives way to everything somebody waits for. */
export class TextMaker {
  readonly #calls = new ThreadCalls<TextQuestion, MadeTexts>(import.meta.url, './text-thread');

  /** Nothing, of a letter with more text than the index takes. */
  async make(parts: Part, content: StoredContent): Promise<MadeTexts> {
    const { sizeBytes } = content;
    const spans = merged([...textSpans(parts)]);
    if (spans.reduce((sum, [from, to]) => sum + to - from, 0) > indexedOctets) return nothingMade;
    const pieces = [];
    for (const [at, end] of spans) {
      // Copied: what is read may be a part of something much larger, which would go along.
      pieces.push({ at, octets: new Uint8Array(await content.read(at, end - at)) });
    }
    return this.#calls.ask({ parts, sizeBytes, pieces });
  }

  close(): Promise<void> {
    return this.#calls.close();
  }
}

type Span = readonly [from: number, to: number];

/** What `letterText` may read. */
function* textSpans(part: Part): Generator<Span, void, void> {
  const isText = part.type === 'text' || part.type === 'message';
  const end = part.children.length === 0 && isText ? part.bodyEnd : part.bodyStart;
  if (end > part.headerStart) yield [part.headerStart, end];
  for (const child of part.children) yield* textSpans(child);
}

function merged(spans: readonly Span[]): Span[] {
  const list: Span[] = [];
  for (const [from, to] of [...spans].sort(([x], [y]) => x - y)) {
    const last = list.at(-1);
    if (last !== undefined && from <= last[1])
      list[list.length - 1] = [last[0], Math.max(last[1], to)];
    else list.push([from, to]);
  }
  return list;
}
