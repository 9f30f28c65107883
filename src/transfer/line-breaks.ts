const CR = 0x0d;
const LF = 0x0a;
const crlf = Buffer.from('\r\n');

/**
 * Line breaks on their way in: an LF that no CR stands before becomes CRLF, everything else stays as it is. Files hold
 * LF by the custom of Unix; the store holds octets as IMAP sends them. A CRLF stays one, so it may run over octets
 * that have CRLF already, and a lone CR is content.
 */
export class ToCrlf {
  #afterCr = false;

  write(chunk: Buffer): Buffer {
    if (chunk.length === 0) return chunk;
    const pieces: Buffer[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
      if (at === 0 ? this.#afterCr : chunk[at - 1] === CR) continue;
      if (at > from) pieces.push(chunk.subarray(from, at));
      pieces.push(crlf);
      from = at + 1;
    }
    this.#afterCr = chunk[chunk.length - 1] === CR;
    if (from === 0) return chunk;
    if (from < chunk.length) pieces.push(chunk.subarray(from));
    return Buffer.concat(pieces);
  }
}

/** Line breaks on their way into a file: CRLF becomes LF, everything else stays. */
export class ToLf {
  #heldCr = false;

  write(chunk: Buffer): Buffer {
    if (chunk.length === 0) return chunk;
    const pieces: Buffer[] = [];
    if (this.#heldCr && chunk[0] !== LF) pieces.push(crlf.subarray(0, 1));
    this.#heldCr = chunk[chunk.length - 1] === CR;
    const end = this.#heldCr ? chunk.length - 1 : chunk.length;
    let from = 0;
    for (let at = chunk.indexOf(CR); at >= 0 && at < end; at = chunk.indexOf(CR, at + 1)) {
      if (chunk[at + 1] !== LF) continue;
      if (at > from) pieces.push(chunk.subarray(from, at));
      from = at + 1;
    }
    if (pieces.length === 0 && from === 0 && end === chunk.length) return chunk;
    if (from < end) pieces.push(chunk.subarray(from, end));
    return Buffer.concat(pieces);
  }

  /** What was held back at the end. */
  end(): Buffer {
    return this.#heldCr ? crlf.subarray(0, 1) : crlf.subarray(0, 0);
  }
}
