import type { Letter } from './protocol.ts';

/** What a row says of its octets, in one string: the same columns in the same order as `CheckReader` reads them. */
export function renderingsOf(letter: Letter): string {
  const columns = [
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
  // UTF-8 has no lone surrogates: what a row gives back has the replacement character instead.
  return JSON.stringify(
    columns.map((each) => (typeof each === 'string' ? wellFormed(each) : each)),
  );
}

function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
