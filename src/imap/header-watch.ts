import { isAscii } from 'node:buffer';

/**
 * Looks at a message as it passes, and says whether its header is internationalized (RFC 6532): has UTF-8 beyond
 * ASCII. Octets of an older charset, which old messages have, do not make it so.
 */
export class HeaderWatch {
  #inHeader = true;
  /** The last octets seen, for an empty line that is cut in two. */
  #tail: Buffer = Buffer.alloc(0);
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #broken = false;

  write(octets: Buffer): void {
    if (!this.#inHeader) return;
    const joined = this.#tail.length === 0 ? octets : Buffer.concat([this.#tail, octets]);
    const end = endOfHeader(joined);
    if (end >= 0) this.#inHeader = false;
    const fresh = end < 0 ? octets : joined.subarray(this.#tail.length, end);
    this.#tail = Buffer.from(joined.subarray(-3));
    if (this.#broken || (this.#decoder === undefined && isAscii(fresh))) return;
    this.#decoder ??= new TextDecoder('utf-8', { fatal: true });
    try {
      this.#decoder.decode(fresh, { stream: this.#inHeader });
    } catch {
      this.#broken = true; // not UTF-8
    }
  }

  get internationalized(): boolean {
    return this.#decoder !== undefined && !this.#broken;
  }
}

/** Where the header ends: before an empty line, whose lines end in CRLF or LF. */
function endOfHeader(octets: Buffer): number {
  const crlf = octets.indexOf('\n\r\n', 0, 'latin1');
  const lf = octets.indexOf('\n\n', 0, 'latin1');
  if (crlf < 0 || lf < 0) return Math.max(crlf, lf);
  return Math.min(crlf, lf);
}
