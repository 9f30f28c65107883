import { asBuffer } from './charset.ts';

/** Undoes a content transfer encoding, chunk by chunk. Never fails: octets that mean nothing are skipped or kept. */
export interface TransferDecoder {
  /** The octets that are certain now. They may share memory with the chunk, and are good until the next call. */
  push(chunk: Uint8Array): Uint8Array;
  /** What was held back. */
  end(): Uint8Array;
}

/** A decoder for a Content-Transfer-Encoding (RFC 2045 §6), in any case; undefined when nobody knows it. */
export function transferDecoder(encoding: string): TransferDecoder | undefined {
  switch (encoding.toLowerCase()) {
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
      return new IdentityDecoder();
    case 'base64':
      return new Base64Decoder();
    case 'quoted-printable':
      return new QuotedPrintableDecoder();
    default:
      return undefined;
  }
}

const nothing = new Uint8Array(0);

class IdentityDecoder implements TransferDecoder {
  push(chunk: Uint8Array): Uint8Array {
    return chunk;
  }

  end(): Uint8Array {
    return nothing;
  }
}

const skipped = 64;
const padding = 65;
const base64Values = new Uint8Array(256).fill(skipped);
Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/').forEach(
  (digit, value) => {
    base64Values[digit] = value;
  },
);
base64Values[0x3d] = padding;

/** RFC 2045 §6.8: octets outside the alphabet are skipped. Data may go on behind a padding. */
class Base64Decoder implements TransferDecoder {
  #bits = 0;
  #digits = 0;

  push(chunk: Uint8Array): Uint8Array {
    const out = Buffer.allocUnsafe(Math.ceil(chunk.length / 4) * 3 + 3);
    let length = 0;
    let bits = this.#bits;
    let digits = this.#digits;
    for (let at = 0; at < chunk.length; at++) {
      const value = base64Values[chunk[at] as number] as number;
      if (value < skipped) {
        bits = (bits << 6) | value;
        if (++digits === 4) {
          out[length] = bits >> 16;
          out[length + 1] = bits >> 8;
          out[length + 2] = bits;
          length += 3;
          bits = 0;
          digits = 0;
        }
      } else if (value === padding) {
        length += flushBits(out, length, bits, digits);
        bits = 0;
        digits = 0;
      }
    }
    this.#bits = bits;
    this.#digits = digits;
    return out.subarray(0, length);
  }

  end(): Uint8Array {
    const out = Buffer.alloc(2);
    const length = flushBits(out, 0, this.#bits, this.#digits);
    this.#bits = 0;
    this.#digits = 0;
    return out.subarray(0, length);
  }
}

/** Two digits are one octet, three are two; one alone says nothing. */
function flushBits(out: Buffer, at: number, bits: number, digits: number): number {
  if (digits === 2) {
    out[at] = bits >> 4;
    return 1;
  }
  if (digits === 3) {
    out[at] = bits >> 10;
    out[at + 1] = bits >> 2;
    return 2;
  }
  return 0;
}

/** White space held back, since at the end of a line it is not part of the text; a longer run is let through. */
const maxHeldBytes = 1000;

/** RFC 2045 §6.7. A `=` that begins nothing stays as it is, as §6.7 note (2) suggests. */
class QuotedPrintableDecoder implements TransferDecoder {
  /** White space, or a `=` and what follows it, whose meaning depends on what comes. */
  #held = Buffer.alloc(0);

  push(chunk: Uint8Array): Uint8Array {
    const source =
      this.#held.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#held, asBuffer(chunk)]);
    const out = Buffer.allocUnsafe(source.length);
    let length = 0;
    let at = 0;
    while (at < source.length) {
      const octet = source[at] as number;
      if (octet === 0x3d) {
        const next = this.#escape(source, at);
        if (next.end < 0) break;
        if (next.octet >= 0) out[length++] = next.octet;
        at = next.end;
      } else if (octet === 0x20 || octet === 0x09) {
        const end = skipBlanks(source, at);
        if (end === source.length && end - at < maxHeldBytes) break;
        const ends = lineEnds(source, end);
        if (ends === undefined && end - at < maxHeldBytes) break;
        if (ends !== true) length += source.copy(out, length, at, end);
        at = end;
      } else {
        out[length++] = octet;
        at++;
      }
    }
    this.#held = Buffer.from(source.subarray(at));
    return out.subarray(0, length);
  }

  end(): Uint8Array {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    // "=" at the very end is a soft break whose line break got lost; so is white space before the end.
    if (held[0] === 0x3d) return /^=[ \t\r]*$/.test(held.toString('latin1')) ? nothing : held;
    return nothing;
  }

  /** What the `=` at `at` stands for: an octet, nothing (-1) for a soft break; `end` is -1 when more is needed. */
  #escape(source: Buffer, at: number): { octet: number; end: number } {
    const first = source[at + 1];
    if (first === undefined) return { octet: -1, end: -1 };
    const high = hexValue(first);
    if (high >= 0) {
      const second = source[at + 2];
      if (second === undefined) return { octet: -1, end: -1 };
      const low = hexValue(second);
      if (low >= 0) return { octet: high * 16 + low, end: at + 3 };
      return { octet: 0x3d, end: at + 1 };
    }
    // Soft line break, with the white space that a transport may have added.
    const end = skipBlanks(source, at + 1);
    if (end - at >= maxHeldBytes) return { octet: 0x3d, end: at + 1 };
    if (end === source.length) return { octet: -1, end: -1 };
    if (source[end] === 0x0a) return { octet: -1, end: end + 1 };
    if (source[end] !== 0x0d) return { octet: 0x3d, end: at + 1 };
    if (end + 1 === source.length) return { octet: -1, end: -1 };
    return source[end + 1] === 0x0a ? { octet: -1, end: end + 2 } : { octet: 0x3d, end: at + 1 };
  }
}

function skipBlanks(source: Buffer, at: number): number {
  let end = at;
  while (source[end] === 0x20 || source[end] === 0x09) end++;
  return end;
}

/** Whether a line ends at `at`; undefined when the octet that tells has not come. */
function lineEnds(source: Buffer, at: number): boolean | undefined {
  if (at >= source.length) return undefined;
  if (source[at] === 0x0a) return true;
  if (source[at] !== 0x0d) return false;
  return at + 1 < source.length ? source[at + 1] === 0x0a : undefined;
}

function hexValue(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const lower = octet | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
