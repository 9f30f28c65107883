/** Collects octets up to a limit, in one piece of memory that doubles: many small chunks cost no more than few. */
export class ByteCollector {
  #bytes: Buffer = nothing;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies as many of the octets as leave the collection at most `maxLength` long. */
  append(octets: Buffer, maxLength: number): void {
    const taken = Math.min(octets.length, maxLength - this.#length);
    if (taken <= 0) return;
    const needed = this.#length + taken;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(2 * needed, maxLength)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    octets.copy(this.#bytes, this.#length, 0, taken);
    this.#length = needed;
  }

  /** What was collected; good until the next `append`. The collector is empty afterwards. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = nothing;
    this.#length = 0;
    return taken;
  }
}

const nothing = Buffer.alloc(0);
