import type { HashState } from './hash-state.ts';

/** A block is eight words of 32 bits, the least significant first. */
const words = 8;
const blockBytes = 32;

/**
 * The substitution rows K1 to K8 of the hash in Kazakh certificates (1.2.398.3.10.1.3.1): the test set of GOST R
 * 34.11-94, RFC 5831 §7.2 and RFC 4357 §11.2. Digit v of row i is what nibble i becomes when it is v.
 */
const substitution = [
  '4a92d80e6b1c7f53',
  'eb4c6dfa23810759',
  '581da342efc7609b',
  '7da1089fe46cb253',
  '6c715fd84a9e03b2',
  '4ba0721d36859cfe',
  'db413f590ae7682c',
  '1fd057a4923e6b8c',
] as const;

/** C3 of RFC 5831 §5.1.1, the least significant word first; C2 and C4 are zero. */
const thirdConstant = Int32Array.from([
  0xff00ff00, 0xff00ff00, 0x00ff00ff, 0x00ff00ff, 0x00ffff00, 0xff0000ff, 0x000000ff, 0xff00ffff,
]);

/** Substitution and the turn by eleven bits of GOST 28147-89 (RFC 5830 §5), for the four octets of a word. */
const [table0, table1, table2, table3] = roundTables();

/** The hash function of GOST 34.311-95 (GOST R 34.11-94) with the starting vector zero: RFC 5831. */
export class Gost34311 {
  readonly #words = new Int32Array(2 * words);
  readonly #state = this.#words.subarray(0, words);
  readonly #sum = this.#words.subarray(words);
  readonly #block = new Uint8Array(blockBytes);
  readonly #message = new Int32Array(words);
  #bytes = 0;
  #filled = 0;
  #done = false;

  /** With `saved` it goes on where `save` left off. */
  constructor(saved?: HashState) {
    if (saved === undefined) return;
    new Uint8Array(this.#words.buffer).set(saved.state);
    this.#block.set(saved.block);
    this.#filled = saved.filled;
    this.#bytes = saved.bytes;
  }

  save(): HashState {
    return {
      state: new Uint8Array(this.#words.buffer).slice(),
      block: this.#block.slice(),
      filled: this.#filled,
      bytes: this.#bytes,
    };
  }

  /** Takes the next octets of the content. Throws after `digest`. */
  update(data: Uint8Array): this {
    if (this.#done) throw new Error('the digest was taken already');
    this.#bytes += data.length;
    let at = 0;
    if (this.#filled > 0) {
      at = Math.min(blockBytes - this.#filled, data.length);
      this.#block.set(data.subarray(0, at), this.#filled);
      this.#filled += at;
      if (this.#filled < blockBytes) return this;
      this.#take(this.#block, 0);
      this.#filled = 0;
    }
    for (; at + blockBytes <= data.length; at += blockBytes) this.#take(data, at);
    this.#block.set(data.subarray(at));
    this.#filled = data.length - at;
    return this;
  }

  /** 32 octets in the order in which messageDigest carries them. To be asked once. */
  digest(): Uint8Array {
    if (this.#done) throw new Error('the digest was taken already');
    this.#done = true;
    if (this.#filled > 0) {
      this.#block.fill(0, this.#filled);
      this.#take(this.#block, 0);
    }
    // RFC 5831 §6.3: the length in bits, then the sum of all blocks.
    const length = new Int32Array(words);
    length[0] = this.#bytes * 8;
    length[1] = Math.floor(this.#bytes / 2 ** 29);
    step(this.#state, length);
    step(this.#state, this.#sum);
    const octets = new Uint8Array(blockBytes);
    const view = new DataView(octets.buffer);
    this.#state.forEach((word, i) => {
      view.setInt32(4 * i, word, true);
    });
    return octets;
  }

  #take(data: Uint8Array, at: number): void {
    const message = this.#message;
    let carry = 0;
    for (let i = 0; i < words; i++) {
      const from = at + 4 * i;
      const word =
        (data[from] ?? 0) |
        ((data[from + 1] ?? 0) << 8) |
        ((data[from + 2] ?? 0) << 16) |
        ((data[from + 3] ?? 0) << 24);
      message[i] = word;
      const sum = ((this.#sum[i] ?? 0) >>> 0) + (word >>> 0) + carry;
      this.#sum[i] = sum;
      carry = sum > 0xffffffff ? 1 : 0;
    }
    step(this.#state, message);
  }
}

/** The digest of content that is there as a whole. */
export function gost34311(data: Uint8Array): Uint8Array {
  return new Gost34311().update(data).digest();
}

// What a step works on; nothing of it outlives the step.
const u = new Int32Array(words);
const v = new Int32Array(words);
const key = new Int32Array(words);
const mixed = new Int32Array(words);

/** The step function of RFC 5831 §5: the state takes a block in. */
function step(state: Int32Array, message: Int32Array): void {
  u.set(state);
  v.set(message);
  for (let part = 0; part < 4; part++) {
    if (part > 0) {
      shift(u);
      shift(v);
      shift(v);
      if (part === 2) for (let i = 0; i < words; i++) u[i] = (u[i] ?? 0) ^ (thirdConstant[i] ?? 0);
    }
    makeKey();
    encrypt(state, 2 * part);
  }
  mix(mixed, 12);
  for (let i = 0; i < words; i++) mixed[i] = (mixed[i] ?? 0) ^ (message[i] ?? 0);
  mix(mixed, 1);
  for (let i = 0; i < words; i++) state[i] = (mixed[i] ?? 0) ^ (state[i] ?? 0);
  mix(state, 61);
}

/** A of RFC 5831 §5.1: y4 y3 y2 y1 becomes (y1 xor y2) y4 y3 y2, each of 64 bits. */
function shift(y: Int32Array): void {
  const low = (y[0] ?? 0) ^ (y[2] ?? 0);
  const high = (y[1] ?? 0) ^ (y[3] ?? 0);
  y.copyWithin(0, 2);
  y[6] = low;
  y[7] = high;
}

/** P of RFC 5831 §5.1: octet 8i + k of u xor v becomes octet i + 4k of the key. */
function makeKey(): void {
  for (let k = 0; k < words; k++) {
    const half = k >> 2;
    const bits = (k & 3) * 8;
    let word = 0;
    for (let i = 0; i < 4; i++) {
      const at = 2 * i + half;
      word |= ((((u[at] ?? 0) ^ (v[at] ?? 0)) >>> bits) & 0xff) << (8 * i);
    }
    key[k] = word;
  }
}

/** GOST 28147-89 in simple substitution (RFC 5830 §5) of 64 bits of the state, into the same place of `mixed`. */
function encrypt(state: Int32Array, at: number): void {
  let low = state[at] ?? 0;
  let high = state[at + 1] ?? 0;
  for (let round = 0; round < 32; round += 2) {
    // Three times the key forwards, then once backwards.
    high ^= substitute(low + (key[round < 24 ? round & 7 : 7 - (round & 7)] ?? 0));
    low ^= substitute(high + (key[round < 24 ? (round + 1) & 7 : 6 - (round & 7)] ?? 0));
  }
  // The last round does not swap the halves: RFC 5830 §5.
  mixed[at] = high;
  mixed[at + 1] = low;
}

function substitute(sum: number): number {
  return (
    (table0[sum & 0xff] ?? 0) |
    (table1[(sum >>> 8) & 0xff] ?? 0) |
    (table2[(sum >>> 16) & 0xff] ?? 0) |
    (table3[(sum >>> 24) & 0xff] ?? 0)
  );
}

/** Room for the sixteen words of 16 bits and for those that 61 turns push in. */
const line = new Uint16Array(16 + 61);

/** psi of RFC 5831 §5.3, `times` over. */
function mix(y: Int32Array, times: number): void {
  for (let i = 0; i < words; i++) {
    line[2 * i] = y[i] ?? 0;
    line[2 * i + 1] = (y[i] ?? 0) >>> 16;
  }
  for (let i = 0; i < times; i++) {
    line[16 + i] =
      (line[i] ?? 0) ^
      (line[i + 1] ?? 0) ^
      (line[i + 2] ?? 0) ^
      (line[i + 3] ?? 0) ^
      (line[i + 12] ?? 0) ^
      (line[i + 15] ?? 0);
  }
  for (let i = 0; i < words; i++) {
    y[i] = (line[times + 2 * i] ?? 0) | ((line[times + 2 * i + 1] ?? 0) << 16);
  }
}

function roundTables(): [Int32Array, Int32Array, Int32Array, Int32Array] {
  const digit = (row: number, value: number): number =>
    Number.parseInt(substitution[row]?.[value] ?? '', 16);
  const table = (octet: number): Int32Array =>
    Int32Array.from({ length: 256 }, (_, value) => {
      const pair = digit(2 * octet, value & 15) | (digit(2 * octet + 1, value >> 4) << 4);
      const word = pair << (8 * octet);
      return (word << 11) | (word >>> 21);
    });
  return [table(0), table(1), table(2), table(3)];
}
