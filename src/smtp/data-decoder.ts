const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** What a chunk gave: decoded content, and how many octets of the chunk belong to the message. */
export interface Decoded {
  /** Shares memory with the chunk. */
  readonly content: Buffer;
  /** The CR that a chunk before this one ended with and that turned out to be content. */
  readonly heldCr: boolean;
  readonly used: number;
  readonly ended: boolean;
}

/** Where in the grammar of the data the next octet stands. */
const at = {
  /** Within a line. */ text: 0,
  /** After CR. */ cr: 1,
  /** At the start of a line: after CRLF, or after the DATA command. */ lineStart: 2,
  /** After a dot at the start of a line; the dot is not content. */ dot: 3,
  /** After such a dot and a CR, which is content only if LF does not follow. */ dotCr: 4,
} as const;

/**
 * Takes the octets after DATA, finds their end and undoes the dot-stuffing. RFC 5321 §4.5.2.
 *
 * The end is CRLF "." CRLF and nothing else, and only a dot after CRLF is stuffing: a lone LF or CR is content here
 * and never part of a terminator (SMTP smuggling, CVE-2023-51764 and its sisters). One pass, one comparison or two
 * an octet, whatever the octets are; the chunk is decoded in place, so a message of nothing but dots costs the same.
 */
export class DataDecoder {
  #state: number = at.lineStart;

  /** Decodes in place: the chunk belongs to the decoder. */
  write(chunk: Buffer): Decoded {
    const length = chunk.length;
    let state = this.#state;
    let from = 0;
    let to = 0;
    let heldCr = false;

    while (from < length) {
      const octet = chunk[from] as number;
      if (state === at.lineStart && octet === DOT) {
        state = at.dot;
        from += 1;
        continue;
      }
      if (state === at.dot && octet === CR) {
        state = at.dotCr;
        from += 1;
        continue;
      }
      if (state === at.dotCr) {
        if (octet === LF) {
          this.#state = at.lineStart;
          return { content: chunk.subarray(0, to), heldCr, used: from + 1, ended: true };
        }
        // The dot was stuffing before a lone CR. There is room for the CR where the dot was, unless it came in an
        // earlier chunk.
        if (to < from) {
          chunk[to] = CR;
          to += 1;
        } else heldCr = true;
      }
      if (octet === CR) state = at.cr;
      else if (octet === LF) state = state === at.cr ? at.lineStart : at.text;
      else state = at.text;
      if (to !== from) chunk[to] = octet;
      to += 1;
      from += 1;
      if (state !== at.text) continue;
      // The common case: the rest of a line.
      if (to === from) {
        while (from < length && chunk[from] !== CR) from += 1;
        to = from;
      } else {
        for (let next; from < length && (next = chunk[from] as number) !== CR; from += 1) {
          chunk[to] = next;
          to += 1;
        }
      }
    }

    this.#state = state;
    return { content: chunk.subarray(0, to), heldCr, used: length, ended: false };
  }
}
