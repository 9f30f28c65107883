import type { Letter } from './letter-row.ts';

/** What of a letter can be made again from its octets. */
export type Rendered = Omit<Letter, 'digest' | 'size' | 'octets' | 'header' | 'references'>;

/** What a row says of its octets: the columns that can be made again from them, as `CheckReader` reads them. */
export function renderedColumns(letter: Rendered): (string | number | null)[] {
  return [
    letter.version,
    letter.sent,
    letter.preview,
    letter.envelope,
    letter.envelope8,
    letter.structure,
    letter.structure8,
    letter.body,
    letter.body8,
    letter.ref,
    letter.headerBytes,
    letter.parts,
    letter.threading,
  ];
}

/** The same in one string, to be compared. */
export function renderingsOf(letter: Rendered): string {
  // UTF-8 has no lone surrogates: what a row gives back has the replacement character instead.
  return JSON.stringify(
    renderedColumns(letter).map((each) => (typeof each === 'string' ? wellFormed(each) : each)),
  );
}

function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
