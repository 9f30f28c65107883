import { streebogIterations, streebogMatrix, streebogSubstitution } from './streebog-constants.ts';

const blockBytes = 64;
/** A block is sixteen words of 32 bits, the least significant first. */
const words = 16;

/**
 * What an octet adds to a row after substitution, transposition and the linear map (S, P, L of RFC 6986 §7): the low
 * and the high half of 64 bits, for the octet's value and its place in the row.
 */
const [tableLow, tableHigh] = transformTables();
/** C1 to C12, word by word. */
const iterations = iterationWords();

/** The hash function of GOST R 34.11-2012 and GOST 34.11-2015, "Streebog": RFC 6986. */
export class Streebog {
  readonly #bits: 256 | 512;
  /** h, N and Sigma of RFC 6986 §9. */
  readonly #state = new Int32Array(words);
  readonly #length = new Int32Array(words);
  readonly #sum = new Int32Array(words);
  readonly #block = new Uint8Array(blockBytes);
  readonly #message = new Int32Array(words);
  readonly #key = new Int32Array(words);
  readonly #text = new Int32Array(words);
  readonly #mixed = new Int32Array(words);
  #filled = 0;
  #done = false;

  constructor(bits: 256 | 512) {
    this.#bits = bits;
    // RFC 6986 §6.1: the 256-bit form starts from 64 octets 01.
    if (bits === 256) this.#state.fill(0x01010101);
  }

  /** Takes the next octets of the content. Throws after `digest`. */
  update(data: Uint8Array): this {
    if (this.#done) throw new Error('the digest was taken already');
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

  /** 64 or 32 octets in the order in which messageDigest carries them. To be asked once. */
  digest(): Uint8Array {
    if (this.#done) throw new Error('the digest was taken already');
    this.#done = true;
    // RFC 6986 §8.3: a one bit after the content, then zeros.
    const bits = this.#filled * 8;
    this.#block.fill(0, this.#filled);
    this.#block[this.#filled] = 1;
    this.#read(this.#block, 0);
    this.#compress(this.#message, this.#length);
    add(this.#length, bits);
    addWords(this.#sum, this.#message);
    const zero = new Int32Array(words);
    this.#compress(this.#length, zero);
    this.#compress(this.#sum, zero);
    const octets = new Uint8Array(blockBytes);
    const view = new DataView(octets.buffer);
    this.#state.forEach((word, i) => {
      view.setInt32(4 * i, word, true);
    });
    // RFC 6986 §8.3: the 256-bit form gives the most significant half.
    return this.#bits === 512 ? octets : octets.slice(blockBytes / 2);
  }

  #take(data: Uint8Array, at: number): void {
    this.#read(data, at);
    this.#compress(this.#message, this.#length);
    add(this.#length, blockBytes * 8);
    addWords(this.#sum, this.#message);
  }

  #read(data: Uint8Array, at: number): void {
    const message = this.#message;
    for (let i = 0; i < words; i++) {
      const from = at + 4 * i;
      message[i] =
        (data[from] ?? 0) |
        ((data[from + 1] ?? 0) << 8) |
        ((data[from + 2] ?? 0) << 16) |
        ((data[from + 3] ?? 0) << 24);
    }
  }

  /** g of RFC 6986 §8.1: the state takes a block in. */
  #compress(block: Int32Array, length: Int32Array): void {
    const state = this.#state;
    const key = this.#key;
    const text = this.#text;
    const mixed = this.#mixed;
    for (let i = 0; i < words; i++) mixed[i] = (state[i] ?? 0) ^ (length[i] ?? 0);
    transform(mixed, key);
    text.set(block);
    for (let round = 0; round < words * 12; round += words) {
      for (let i = 0; i < words; i++) mixed[i] = (text[i] ?? 0) ^ (key[i] ?? 0);
      transform(mixed, text);
      for (let i = 0; i < words; i++) mixed[i] = (key[i] ?? 0) ^ (iterations[round + i] ?? 0);
      transform(mixed, key);
    }
    for (let i = 0; i < words; i++) {
      state[i] = (state[i] ?? 0) ^ (text[i] ?? 0) ^ (key[i] ?? 0) ^ (block[i] ?? 0);
    }
  }
}

/** The digest of content that is there as a whole. */
export function streebog(bits: 256 | 512, data: Uint8Array): Uint8Array {
  return new Streebog(bits).update(data).digest();
}

/** LPS of RFC 6986 §8.1. Octet i of every row together makes row i. */
function transform(from: Int32Array, to: Int32Array): void {
  for (let row = 0; row < 8; row++) {
    const half = row >> 2;
    const shift = (row & 3) * 8;
    let low = 0;
    let high = 0;
    for (let place = 0; place < 8; place++) {
      const at = place * 256 + (((from[2 * place + half] ?? 0) >>> shift) & 0xff);
      low ^= tableLow[at] ?? 0;
      high ^= tableHigh[at] ?? 0;
    }
    to[2 * row] = low;
    to[2 * row + 1] = high;
  }
}

function transformTables(): [Int32Array, Int32Array] {
  const substitution = Buffer.from(streebogSubstitution, 'hex');
  const low = new Int32Array(8 * 256);
  const high = new Int32Array(8 * 256);
  for (let at = 0; at < low.length; at++) {
    const value = substitution[at & 0xff] ?? 0;
    for (let bit = 0; bit < 8; bit++) {
      if (((value >> bit) & 1) === 0) continue;
      const row = streebogMatrix[63 - 8 * (at >> 8) - bit] ?? '';
      high[at] = (high[at] ?? 0) ^ Number.parseInt(row.slice(0, 8), 16);
      low[at] = (low[at] ?? 0) ^ Number.parseInt(row.slice(8), 16);
    }
  }
  return [low, high];
}

function iterationWords(): Int32Array {
  const octets = Buffer.concat(
    streebogIterations.map((constant) => Buffer.from(constant, 'hex').reverse()),
  );
  return Int32Array.from({ length: octets.length / 4 }, (_, i) => octets.readInt32LE(4 * i));
}

/** Adds a small number, modulo 2^512. */
function add(number: Int32Array, summand: number): void {
  let carry = summand;
  for (let i = 0; i < words && carry > 0; i++) {
    const sum = ((number[i] ?? 0) >>> 0) + carry;
    number[i] = sum;
    carry = sum > 0xffffffff ? 1 : 0;
  }
}

/** Adds modulo 2^512. */
function addWords(number: Int32Array, summand: Int32Array): void {
  let carry = 0;
  for (let i = 0; i < words; i++) {
    const sum = ((number[i] ?? 0) >>> 0) + ((summand[i] ?? 0) >>> 0) + carry;
    number[i] = sum;
    carry = sum > 0xffffffff ? 1 : 0;
  }
}
