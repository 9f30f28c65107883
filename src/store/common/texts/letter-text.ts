import type { Part } from '../../../mail/api.ts';
import { foldCase } from '../../../mail/fold.ts';
import { headerTexts, partTexts } from '../../../mail/search-text.ts';
import type { TextPart } from '../../api.ts';
import { longTextChars, mostTrigramsKept } from '../limits.ts';
import { type KeptText, keptText } from './kept-text.ts';
import { indexedForm, TrigramSet } from './trigrams.ts';

/** Of the texts; to be raised when `search-text.ts`, `fold.ts` or the tables give others: all is indexed anew. */
export const textVersion = 2;

/** What is indexed of a header or a body. */
export interface IndexedText {
  /** What FTS5 makes trigrams of; undefined: more than fits, every search looks at the letter. */
  readonly indexed: string | undefined;
  /** What needles are compared with; undefined: the letter itself is. */
  readonly kept: KeptText | undefined;
}

export type LetterText = Readonly<Record<TextPart, IndexedText>>;

export interface LetterSource {
  readonly parts: Part;
  readonly sizeBytes: number;
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
}

/** Stands between texts that do not follow each other. Needles with it in them find candidates all the same. */
const between = '\u0001';

const nothing: IndexedText = { indexed: undefined, kept: undefined };

/** Of a letter that cannot be read: every search looks at it, and tells. */
export const unreadableText: LetterText = { header: nothing, body: nothing };

/** Exactly the texts that the scan looks through, so that the index leaves out nothing the scan would find. */
export async function letterText(source: LetterSource): Promise<LetterText> {
  const { parts, read, sizeBytes } = source;
  const header = new TextGatherer();
  for (const text of headerTexts(await read(0, Math.min(parts.bodyStart, sizeBytes)))) {
    header.add(text);
  }
  const body = new TextGatherer();
  for await (const piece of partTexts(parts, read)) {
    body.add(piece);
    if (body.isFull) break;
  }
  return { header: header.text(), body: body.text() };
}

/** Keeps a text up to `longTextChars` whole, of a longer one the trigrams, of one with too many of them nothing. */
class TextGatherer {
  readonly #pieces: string[] = [];
  #chars = 0;
  #trigrams: TrigramSet | undefined;

  get isFull(): boolean {
    return this.#trigrams !== undefined && this.#trigrams.size > mostTrigramsKept;
  }

  add(text: string): void {
    const folded = foldCase(text);
    if (this.#trigrams !== undefined) {
      this.#trigrams.add(folded);
      return;
    }
    this.#pieces.push(folded);
    this.#chars += folded.length;
    if (this.#chars < longTextChars) return;
    this.#trigrams = new TrigramSet();
    for (const piece of this.#pieces) this.#trigrams.add(piece);
    this.#pieces.length = 0;
  }

  text(): IndexedText {
    if (this.isFull) return nothing;
    if (this.#trigrams !== undefined) return { indexed: this.#trigrams.text(), kept: undefined };
    const indexed = this.#pieces.map(indexedForm).join(between);
    return { indexed, kept: keptText(this.#pieces) };
  }
}
