import { needleTrigrams } from '../../common/texts/trigrams.ts';

/** A trigram as a number: two of them may have the same one, so that what is found is compared with the text. */
const gramBits = 20;
export const gramCount = 2 ** gramBits;

/** The different grams of a text, ascending. */
export function gramsOf(text: string): Uint32Array {
  const seen = new Uint8Array(gramCount / 8);
  const grams: number[] = [];
  let first = -1;
  let second = -1;
  for (let i = 0; i < text.length; i++) {
    const third = text.codePointAt(i) as number;
    if (third > 0xffff) i++;
    if (first >= 0) {
      const gram = gramFrom(first, second, third);
      const bit = 1 << (gram & 7);
      if (((seen[gram >>> 3] as number) & bit) === 0) {
        seen[gram >>> 3] = (seen[gram >>> 3] as number) | bit;
        grams.push(gram);
      }
    }
    first = second;
    second = third;
  }
  return Uint32Array.from(grams).sort();
}

/** Grams that every text with the folded needle has, ascending; undefined when it is too short. */
export function needleGrams(needle: string): readonly number[] | undefined {
  const trigrams = needleTrigrams(needle);
  if (trigrams === undefined) return undefined;
  const grams = trigrams.map((trigram) => {
    const [first, second, third] = Array.from(trigram, (point) => point.codePointAt(0) as number);
    return gramFrom(first as number, second as number, third as number);
  });
  return [...new Set(grams)].sort((x, y) => x - y);
}

/** Any good mixing does; to be changed with `textVersion` only. */
function gramFrom(first: number, second: number, third: number): number {
  let mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) ^ Math.imul(third, 0x27d4eb2f);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x165667b1);
  return (mixed ^ (mixed >>> 16)) >>> (32 - gramBits);
}

/** Ascending grams as the distances between them, seven bits an octet. */
export function packGrams(grams: Uint32Array): Buffer {
  const octets: number[] = [];
  let last = -1;
  for (const gram of grams) {
    writeNumber(octets, gram - last - 1);
    last = gram;
  }
  return Buffer.from(octets);
}

export function unpackGrams(packed: Uint8Array): Uint32Array {
  const grams: number[] = [];
  const reader = new NumberReader(packed);
  let last = -1;
  while (!reader.done) grams.push((last += reader.next() + 1));
  return Uint32Array.from(grams);
}

/** Whether all the wanted grams, ascending, are in the list. */
export function holdsAll(packed: Uint8Array, wanted: readonly number[]): boolean {
  const reader = new NumberReader(packed);
  let last = -1;
  let found = 0;
  while (!reader.done && found < wanted.length) {
    last += reader.next() + 1;
    if (last === wanted[found]) found++;
    else if (last > (wanted[found] as number)) return false;
  }
  return found === wanted.length;
}

export function writeNumber(octets: number[], number: number): void {
  let rest = number;
  for (; rest > 0x7f; rest >>>= 7) octets.push((rest & 0x7f) | 0x80);
  octets.push(rest);
}

/** Reads numbers, and octets between them. Throws a RangeError at the end. */
export class NumberReader {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get done(): boolean {
    return this.#at >= this.#octets.length;
  }

  next(): number {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const octet = this.octet();
      number |= (octet & 0x7f) << shift;
      if (octet < 0x80) return number >>> 0;
      if (shift > 21) throw new RangeError('not a number');
    }
  }

  octet(): number {
    const octet = this.#octets[this.#at++];
    if (octet === undefined) throw new RangeError('ends too early');
    return octet;
  }

  take(count: number): Uint8Array {
    if (this.#at + count > this.#octets.length) throw new RangeError('ends too early');
    this.#at += count;
    return this.#octets.subarray(this.#at - count, this.#at);
  }
}
