/**
 * A folded text as the index keeps it for comparison: octets that hold the octets of a needle, written the same way,
 * exactly where the text holds the needle. Narrow, one octet for a character, when all its characters have one;
 * otherwise wide, UTF-8. Letters in Kazakh and Russian take half the room when narrow, and half the time.
 */
export interface KeptText {
  readonly wide: boolean;
  readonly octets: Uint8Array;
}

/** A needle in both forms; `narrow` is null when no narrow text can hold it. */
export interface KeptNeedle {
  readonly wide: Buffer;
  readonly narrow: Buffer | null;
}

/** Stands before each piece: part of no character in either form, so that no needle goes over it. */
export const pieceMark = 0xff;

/**
 * Besides ASCII, what has an octet in narrow texts, from 0x80 on: folded letters of Cyrillic, those of Latin that
 * names and quotations bring along, and the signs of typography and of HTML. To be changed with `textVersion` only.
 */
export const narrowCharacters =
  'абвгдежзийклмнопрстуфхцчшщъыьэюяѐёђѓєѕіїјљњћќѝўџғқңүұһәөґ' +
  'àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿğşčšž' +
  '«»‘’“”„‹›–—‐•·§©®°±×÷¶€₸₽₴\u00ad\u034f\u200b\u200c\u200d\ufeff\ufffd→✓';

const octetOf = ((): Uint8Array => {
  const table = new Uint8Array(0x10000);
  for (const [i, character] of Array.from(narrowCharacters).entries()) {
    table[character.charCodeAt(0)] = 0x80 + i;
  }
  return table;
})();

/** Undefined for a text with half a surrogate pair in it: UTF-8 has no octets for that. */
export function keptText(pieces: readonly string[]): KeptText | undefined {
  const length = pieces.reduce((sum, piece) => sum + 1 + piece.length, 0);
  const octets = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of pieces) {
    octets[at++] = pieceMark;
    if (!writeNarrow(piece, octets, at)) return wideText(pieces);
    at += piece.length;
  }
  return { wide: false, octets };
}

/** Undefined for a needle with half a surrogate pair in it. */
export function keptNeedle(needle: string): KeptNeedle | undefined {
  if (!isWellFormed(needle)) return undefined;
  const narrow = Buffer.allocUnsafe(needle.length);
  return { wide: Buffer.from(needle), narrow: writeNarrow(needle, narrow, 0) ? narrow : null };
}

function wideText(pieces: readonly string[]): KeptText | undefined {
  if (!pieces.every(isWellFormed)) return undefined;
  const mark = Uint8Array.of(pieceMark);
  return {
    wide: true,
    octets: Buffer.concat(pieces.flatMap((piece) => [mark, Buffer.from(piece)])),
  };
}

/** Whether all characters have an octet. */
function writeNarrow(text: string, octets: Uint8Array, from: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const octet = code < 0x80 ? code : (octetOf[code] as number);
    if (octet === 0 && code !== 0) return false;
    octets[from + i] = octet;
  }
  return true;
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
