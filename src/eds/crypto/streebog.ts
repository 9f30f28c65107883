import type { HashState } from './hash-state.ts';
import { makeStreebogCode, type StreebogCode } from './streebog-code.ts';

const blockBytes = 64;

/** The hash function of GOST R 34.11-2012 and GOST 34.11-2015, "Streebog": RFC 6986. */
export class Streebog {
  readonly #bits: 256 | 512;
  /** h and Sigma of RFC 6986 §9, one after the other. */
  readonly #state = new Uint8Array(2 * blockBytes);
  readonly #block = new Uint8Array(blockBytes);
  /** Octets that the state has taken in. */
  #bytes = 0;
  #filled = 0;
  #done = false;

  /** With `saved` it goes on where `save` left off, of the same number of bits. */
  constructor(bits: 256 | 512, saved?: HashState) {
    this.#bits = bits;
    // RFC 6986 §6.1: the 256-bit form starts from 64 octets 01.
    if (bits === 256) this.#state.fill(1, 0, blockBytes);
    if (saved === undefined) return;
    this.#state.set(saved.state);
    this.#block.set(saved.block);
    this.#filled = saved.filled;
    this.#bytes = saved.bytes;
  }

  save(): HashState {
    return {
      state: this.#state.slice(),
      block: this.#block.slice(),
      filled: this.#filled,
      bytes: this.#bytes,
    };
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
      this.#take(this.#block);
    }
    const end = data.length - ((data.length - at) % blockBytes);
    this.#take(data.subarray(at, end));
    this.#block.set(data.subarray(end));
    this.#filled = data.length - end;
    return this;
  }

  /** 64 or 32 octets in the order in which messageDigest carries them. To be asked once. */
  digest(): Uint8Array {
    if (this.#done) throw new Error('the digest was taken already');
    this.#done = true;
    // RFC 6986 §8.3: a one bit after the content, then zeros.
    this.#block.fill(0, this.#filled);
    this.#block[this.#filled] = 1;
    const code = this.#enter();
    const { state, sum, length, zero, blocks } = code.addresses;
    code.octets.set(this.#block, blocks);
    code.compress(blocks, length);
    code.addToSum(blocks);
    setLength(code, this.#bytes + this.#filled);
    code.compress(length, zero);
    code.compress(sum, zero);
    // The 256-bit form gives the most significant half.
    return code.octets.slice(state + (this.#bits === 512 ? 0 : blockBytes / 2), state + blockBytes);
  }

  /** Whole blocks. */
  #take(data: Uint8Array): void {
    if (data.length === 0) return;
    const code = this.#enter();
    const { state, length, blocks } = code.addresses;
    for (let at = 0; at < data.length; at += code.maxBlocks * blockBytes) {
      const part = data.subarray(at, at + code.maxBlocks * blockBytes);
      code.octets.set(part, blocks);
      for (let block = blocks; block < blocks + part.length; block += blockBytes) {
        setLength(code, this.#bytes);
        code.compress(block, length);
        code.addToSum(block);
        this.#bytes += blockBytes;
      }
    }
    this.#state.set(code.octets.subarray(state, state + 2 * blockBytes));
    this.#filled = 0;
  }

  /** Puts this content's state into the memory that all share. */
  #enter(): StreebogCode {
    const code = (shared ??= makeStreebogCode());
    code.octets.set(this.#state, code.addresses.state);
    setLength(code, this.#bytes);
    return code;
  }
}

/** The digest of content that is there as a whole. */
export function streebog(bits: 256 | 512, data: Uint8Array): Uint8Array {
  return new Streebog(bits).update(data).digest();
}

/** Made at the first use; nothing of a content stays in it between two calls that matters to another. */
let shared: StreebogCode | undefined;

/** N of RFC 6986 §9: the length so far in bits, modulo 2^512. */
function setLength(code: StreebogCode, bytes: number): void {
  const word = code.addresses.length / 4;
  code.words[word] = bytes * 8;
  code.words[word + 1] = Math.floor(bytes / 2 ** 29);
}
