/** Random numbers that a seed repeats: xorshift of 32 bits, Marsaglia 2003. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** From 0 to `below` - 1. */
  number(below: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % below;
  }

  octets(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.number(256));
  }

  /** From 1 to `below` - 1. */
  bigint(below: bigint): bigint {
    const digits = below.toString(16).length + 16;
    const value = BigInt(`0x${Buffer.from(this.octets(digits)).toString('hex')}`);
    return (value % (below - 1n)) + 1n;
  }
}
