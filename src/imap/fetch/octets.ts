import { MailError } from '../../core/errors.ts';
import type { Part } from '../../mail/api.ts';
import type { StoredContent } from '../../store/api.ts';
import type { Encoder } from '../wire/encoder.ts';
import type { Span } from './section.ts';

/** Octets of a large message that are in memory at a time; one further piece is read ahead. */
export const streamBytes = 128 * 1024;

/** A message's octets for FETCH: whole in memory when it is small, else read as they are needed. */
export interface MessageOctets {
  readonly parts: Part;
  readonly sizeBytes: number;
  /** The octets when they are in memory. */
  readonly whole: Uint8Array | undefined;
  /** Exactly these octets. @throws MailError `internal` when the stored message is shorter. */
  read(span: Span): Promise<Uint8Array>;
}

/** A message that is in memory. */
export class InlineOctets implements MessageOctets {
  readonly whole: Uint8Array;
  readonly #described: { readonly parts: Part };

  /** `described` is asked for its parts when an item needs them. */
  constructor(described: { readonly parts: Part }, whole: Uint8Array) {
    this.#described = described;
    this.whole = whole;
  }

  get parts(): Part {
    return this.#described.parts;
  }

  get sizeBytes(): number {
    return this.whole.length;
  }

  read({ start, end }: Span): Promise<Uint8Array> {
    return Promise.resolve(this.whole.subarray(start, end));
  }
}

export function storedOctets(parts: Part, content: StoredContent): MessageOctets {
  return {
    parts,
    sizeBytes: content.sizeBytes,
    whole: undefined,
    async read({ start, end }) {
      if (start === end) return new Uint8Array(0);
      const octets = await content.read(start, end - start);
      if (octets.length !== end - start) {
        throw new MailError('internal', 'A stored message is cut short');
      }
      return octets;
    },
  };
}

/** The span in pieces, each read while the one before is used. */
export async function* pieces(octets: MessageOctets, span: Span): AsyncGenerator<Uint8Array> {
  const pieceAt = (start: number): Span => ({
    start,
    end: Math.min(start + streamBytes, span.end),
  });
  let next = pieceAt(span.start);
  let reading = octets.read(next);
  for (;;) {
    const piece = await reading;
    if (next.end === span.end) {
      yield piece;
      return;
    }
    next = pieceAt(next.end);
    reading = octets.read(next);
    // The reader may leave before it asks for this one; a failure is seen by the `await` above.
    reading.catch(() => undefined);
    yield piece;
  }
}

/** Writes the span as octets of a literal whose header was written; waits for a client that reads slowly. */
export async function writeSpan(out: Encoder, octets: MessageOctets, span: Span): Promise<void> {
  if (octets.whole !== undefined) {
    out.bytes(octets.whole.subarray(span.start, span.end));
    return;
  }
  for await (const piece of pieces(octets, span)) {
    out.bytes(piece);
    await out.flush();
  }
}
