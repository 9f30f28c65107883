import { gramCount, NumberReader, writeNumber } from './gram-list.ts';

/** Neighbouring emails whose grams lie together. */
export const blockEmails = 256;
/** Parts of a block, by gram: a search reads those of its needle. */
export const blockPartitions = 64;
const partitionGrams = gramCount / blockPartitions;
const bitmapBytes = blockEmails / 8;

/** Which of a block's emails, by their place in it. */
export type Bitmap = Uint8Array;

export function emptyBitmap(): Bitmap {
  return new Uint8Array(bitmapBytes);
}

export function hasPlace(bitmap: Bitmap, place: number): boolean {
  return ((bitmap[place >>> 3] as number) & (1 << (place & 7))) !== 0;
}

export function addPlace(bitmap: Bitmap, place: number): void {
  bitmap[place >>> 3] = (bitmap[place >>> 3] as number) | (1 << (place & 7));
}

/** Leaves of the first what is in the second too. */
export function keepCommon(bitmap: Bitmap, other: Bitmap): void {
  for (let i = 0; i < bitmapBytes; i++) {
    bitmap[i] = (bitmap[i] as number) & (other[i] as number);
  }
}

export function countPlaces(bitmap: Bitmap): number {
  let count = 0;
  for (let place = 0; place < blockEmails; place++) if (hasPlace(bitmap, place)) count++;
  return count;
}

export function partitionOf(gram: number): number {
  return Math.floor(gram / partitionGrams);
}

/** Packs a block partition by partition, in bounded memory whatever the letters hold. */
export class BlockPacker {
  readonly #lists: readonly { readonly place: number; readonly grams: Uint32Array; at: number }[];
  readonly #bitmaps = new Uint8Array(partitionGrams * bitmapBytes);
  #partition = 0;

  /** Ascending grams of emails by their places. */
  constructor(lists: Iterable<readonly [place: number, grams: Uint32Array]>) {
    this.#lists = [...lists].map(([place, grams]) => ({ place, grams, at: 0 }));
  }

  /**
   * The next partition: for each gram that an email has the distance from the one before, doubled, and one more when
   * there is a single email; then its place; or their number and places; or 0 and the bitmap, where that is shorter.
   */
  next(): Buffer {
    const first = this.#partition++ * partitionGrams;
    const end = first + partitionGrams;
    const seen = new Set<number>();
    for (const list of this.#lists) {
      for (; list.at < list.grams.length; list.at++) {
        const gram = list.grams[list.at] as number;
        if (gram >= end) break;
        seen.add(gram - first);
        addPlace(this.#of(gram - first), list.place);
      }
    }
    const octets: number[] = [];
    let last = -1;
    for (const gram of Uint16Array.from(seen).sort()) {
      const bitmap = this.#of(gram);
      const places = placesOf(bitmap);
      writeNumber(octets, (gram - last - 1) * 2 + (places.length === 1 ? 1 : 0));
      last = gram;
      if (places.length === 1) octets.push(places[0] as number);
      else if (places.length < bitmapBytes) octets.push(places.length, ...places);
      else octets.push(0, ...bitmap);
      bitmap.fill(0);
    }
    return Buffer.from(octets);
  }

  #of(gram: number): Bitmap {
    return this.#bitmaps.subarray(gram * bitmapBytes, (gram + 1) * bitmapBytes);
  }
}

/** The emails that have a gram, from its packed partition. Throws a RangeError for what was not packed by us. */
export function placesWith(partition: Uint8Array, gram: number): Bitmap {
  const wanted = gram % partitionGrams;
  for (const [each, bitmap] of unpacked(partition)) {
    if (each === wanted) return bitmap;
    if (each > wanted) break;
  }
  return emptyBitmap();
}

/** Throws a RangeError for what was not packed by us. */
export function checkPartition(partition: Uint8Array): void {
  for (const [gram] of unpacked(partition)) {
    if (gram >= partitionGrams) throw new RangeError('a gram past the partition');
  }
}

function* unpacked(partition: Uint8Array): Generator<readonly [gram: number, Bitmap], void, void> {
  const reader = new NumberReader(partition);
  let gram = -1;
  while (!reader.done) {
    const head = reader.next();
    gram += (head >>> 1) + 1;
    const count = (head & 1) === 1 ? 1 : reader.octet();
    const octets = reader.take(count === 0 ? bitmapBytes : count);
    if (count === 0) {
      yield [gram, octets];
      continue;
    }
    const bitmap = emptyBitmap();
    for (const place of octets) addPlace(bitmap, place);
    yield [gram, bitmap];
  }
}

function placesOf(bitmap: Bitmap): number[] {
  const places: number[] = [];
  for (let place = 0; place < blockEmails; place++) if (hasPlace(bitmap, place)) places.push(place);
  return places;
}
