import type { Part } from '../../mail/api.ts';
import { findPart } from '../../mail/section.ts';
import { transferDecoder } from '../../mail/transfer.ts';
import type { Encoder } from '../wire/encoder.ts';
import type { Partial, Section } from './items.ts';
import { type MessageOctets, pieces } from './octets.ts';
import { partialSpan, type Span } from './section.ts';

/** What BINARY asks for: octets of the message and the encoding they are in. */
interface Encoded {
  readonly span: Span;
  readonly encoding: string;
}

/** What decoding gives, learned by decoding once. */
interface Measure {
  readonly sizeBytes: number;
  readonly hasNul: boolean;
}

/** BINARY of a part whose Content-Transfer-Encoding nobody knows: the tagged response is NO [UNKNOWN-CTE]. */
export class UnknownEncoding extends Error {
  override readonly name = 'UnknownEncoding';
}

/**
 * Writes the value of BINARY: the part with its Content-Transfer-Encoding removed, as literal8 only where it holds NUL.
 * A large part is decoded twice, once to learn its size, so that it is never whole in memory. RFC 3516 §4.2.
 * @throws UnknownEncoding before anything is written
 */
export async function writeBinary(
  out: Encoder,
  label: string,
  octets: MessageOctets,
  section: Section,
  partial: Partial | undefined,
): Promise<void> {
  const encoded = encodedSpan(octets, section);
  if (encoded === undefined) {
    out.text(`${label} NIL`);
    return;
  }
  if (octets.whole !== undefined) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of decoded(octets, encoded)) chunks.push(chunk);
    const all = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    const { start, end } = partialSpan(all.length, partial);
    const value = all.subarray(start, end);
    writeHeader(out, label, { sizeBytes: value.length, hasNul: value.includes(0) });
    out.bytes(value);
    return;
  }
  const whole = await measure(octets, encoded, undefined);
  const window = partialSpan(whole.sizeBytes, partial);
  const asked = partial === undefined ? whole : await measure(octets, encoded, window);
  writeHeader(out, label, { sizeBytes: window.end - window.start, hasNul: asked.hasNul });
  for await (const chunk of windowed(decoded(octets, encoded), window)) {
    out.bytes(chunk);
    await out.flush();
  }
}

/** BINARY.SIZE, exact; undefined where there is no such part. @throws UnknownEncoding */
export async function binarySize(
  octets: MessageOctets,
  section: Section,
): Promise<number | undefined> {
  const encoded = encodedSpan(octets, section);
  if (encoded === undefined) return undefined;
  if (isIdentity(encoded.encoding)) return encoded.span.end - encoded.span.start;
  return (await measure(octets, encoded, undefined)).sizeBytes;
}

function encodedSpan(octets: MessageOctets, section: Section): Encoded | undefined {
  // BINARY[] is the message itself, which has no encoding of its own.
  if (section.address === '') {
    return { span: { start: 0, end: octets.sizeBytes }, encoding: 'binary' };
  }
  const found = findPart(octets.parts, section.address);
  if (found === undefined) return undefined;
  const encoding = encodingOf(found.part);
  if (transferDecoder(encoding) === undefined) throw new UnknownEncoding(encoding);
  return { span: { start: found.start, end: found.end }, encoding };
}

// RFC 2045 §6.4: multipart and message allow no encoding but 7bit, 8bit and binary.
function encodingOf(part: Part): string {
  return part.children.length > 0 ? 'binary' : part.encoding;
}

function isIdentity(encoding: string): boolean {
  return encoding === '7bit' || encoding === '8bit' || encoding === 'binary';
}

function writeHeader(out: Encoder, label: string, value: Measure): void {
  out.text(`${label} `);
  if (value.hasNul) out.literal8Header(value.sizeBytes);
  else out.literalHeader(value.sizeBytes);
}

async function measure(
  octets: MessageOctets,
  encoded: Encoded,
  window: Span | undefined,
): Promise<Measure> {
  let sizeBytes = 0;
  let hasNul = false;
  const all = decoded(octets, encoded);
  for await (const chunk of window === undefined ? all : windowed(all, window)) {
    sizeBytes += chunk.length;
    hasNul ||= chunk.includes(0);
  }
  return { sizeBytes, hasNul };
}

async function* decoded(octets: MessageOctets, encoded: Encoded): AsyncGenerator<Uint8Array> {
  const decoder = transferDecoder(encoded.encoding);
  if (decoder === undefined) throw new UnknownEncoding(encoded.encoding);
  if (octets.whole !== undefined) {
    yield decoder.push(octets.whole.subarray(encoded.span.start, encoded.span.end));
  } else {
    for await (const piece of pieces(octets, encoded.span)) yield decoder.push(piece);
  }
  yield decoder.end();
}

async function* windowed(
  chunks: AsyncGenerator<Uint8Array>,
  window: Span,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of chunks) {
    const start = Math.max(window.start - at, 0);
    const end = Math.min(window.end - at, chunk.length);
    if (start < end) yield chunk.subarray(start, end);
    at += chunk.length;
    if (at >= window.end) return;
  }
}
