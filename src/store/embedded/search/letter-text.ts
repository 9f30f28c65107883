import type { Part } from '../../../mail/api.ts';
import { foldCase } from '../../../mail/fold.ts';
import { headerTexts, partTexts } from '../../../mail/search-text.ts';
import { longTextChars, mostTrigramsKept } from '../limits.ts';
import { indexedForm, TrigramSet } from './trigrams.ts';

/** Of the texts; to be raised when `search-text.ts` or `fold.ts` gives others: all is then indexed anew. */
export const textVersion = 1;

/** What a letter is indexed by, folded; undefined: more than fits, the letter is looked at by every search. */
export interface LetterText {
  readonly header: string;
  readonly body: string | undefined;
}

export interface LetterSource {
  readonly parts: Part;
  readonly sizeBytes: number;
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
}

/** Stands between texts that do not follow each other. Needles with it in them find candidates all the same. */
const between = '\u0001';

/** Exactly the texts that the scan looks through, so that the index leaves out nothing the scan would find. */
export async function letterText(source: LetterSource): Promise<LetterText> {
  const { parts, read } = source;
  const block = await read(0, Math.min(parts.bodyStart, source.sizeBytes));
  const header = headerTexts(block).map((text) => indexedForm(foldCase(text)));
  return { header: header.join(between), body: await bodyText(source) };
}

async function bodyText({ parts, read }: LetterSource): Promise<string | undefined> {
  const pieces: string[] = [];
  let chars = 0;
  let trigrams: TrigramSet | undefined;
  const take = (piece: string): void => {
    const folded = foldCase(piece);
    if (trigrams !== undefined) {
      trigrams.add(folded);
      return;
    }
    pieces.push(indexedForm(folded));
    chars += folded.length;
    if (chars < longTextChars) return;
    trigrams = new TrigramSet();
    for (const each of pieces) trigrams.add(each);
    pieces.length = 0;
  };
  for await (const piece of partTexts(parts, read)) {
    take(piece);
    if (trigrams !== undefined && trigrams.size > mostTrigramsKept) return undefined;
  }
  return trigrams === undefined ? pieces.join(between) : trigrams.text();
}
