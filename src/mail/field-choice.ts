import { fieldEnd, findColon, trimmedEnd } from './header.ts';
import { maxHeaderFields } from './limits.ts';

/** Names of header fields: those that are wanted, or those that are not. */
export interface FieldNames {
  readonly mode: 'only' | 'without';
  readonly names: Iterable<string>;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** What `pick` may add to a header that has no empty line. */
export const pickedRoom = 2;

/**
 * Chooses fields of headers by name, octet by octet: no strings and no objects, as a first sync asks it of each letter
 * of a mailbox. It finds the fields that `readHeaderFields` finds.
 */
export class FieldChoice {
  readonly #only: boolean;
  /** Names in lower case by their length, each as its octets. */
  readonly #byLength: (Uint8Array[] | undefined)[] = [];

  constructor({ mode, names }: FieldNames) {
    this.#only = mode === 'only';
    for (const name of new Set(Array.from(names, (each) => each.toLowerCase()))) {
      const octets = Buffer.from(name, 'latin1');
      (this.#byLength[octets.length] ??= []).push(octets);
    }
  }

  /** The chosen fields of a header in their order, and the empty line that ends a header. */
  of(header: Uint8Array): Uint8Array {
    const copy = Buffer.alloc(header.length + pickedRoom);
    copy.set(header);
    return copy.subarray(0, this.pick(copy, 0, header.length));
  }

  /**
   * The same in place: makes the header that lies from `start` to `end` of `bytes` what is chosen of it, and answers
   * where that ends. Up to `pickedRoom` octets behind the header are overwritten too; with a line break there the end of
   * a last line is not looked for further on.
   */
  pick(bytes: Buffer, start: number, end: number): number {
    let to = start;
    /** What is chosen and not yet moved begins here. */
    let chosen = -1;
    let fields = 0;
    let at = start;
    while (at < end && fields < maxHeaderFields && !isEmptyLine(bytes, at, end)) {
      const colonAt = findColon(bytes, at, end);
      const nameEnd = trimmedEnd(bytes, at, colonAt);
      let wanted = false;
      if (nameEnd > at) {
        fields++;
        wanted = this.#has(bytes, at, nameEnd) === this.#only;
      }
      if (!wanted && chosen >= 0) {
        to = move(bytes, chosen, at, to);
        chosen = -1;
      } else if (wanted && chosen < 0) chosen = at;
      at = Math.min(fieldEnd(bytes, Math.max(at, colonAt)), end);
    }
    if (chosen >= 0) to = move(bytes, chosen, at, to);
    bytes[to] = carriageReturn;
    bytes[to + 1] = lineFeed;
    return to + 2;
  }

  #has(bytes: Uint8Array, start: number, end: number): boolean {
    const names = this.#byLength[end - start];
    if (names === undefined) return false;
    for (const name of names) {
      let i = 0;
      while (i < name.length && lowerCase(bytes[start + i] as number) === name[i]) i++;
      if (i === name.length) return true;
    }
    return false;
  }
}

function move(bytes: Uint8Array, from: number, end: number, to: number): number {
  if (from !== to) bytes.copyWithin(to, from, end);
  return to + end - from;
}

function lowerCase(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
}

function isEmptyLine(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] === lineFeed) return true;
  return bytes[at] === carriageReturn && at + 1 < end && bytes[at + 1] === lineFeed;
}
