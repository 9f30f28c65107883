import { findPart } from '../../mail/section.ts';
import type { Partial, Section } from './items.ts';
import type { MessageOctets } from './octets.ts';

/** Octets from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The octets a section names, whole; undefined where there are none, which FETCH answers with NIL. */
export function spanOf(octets: MessageOctets, section: Section): Span | undefined {
  // Byte for byte what was received, whatever the parser made of it.
  if (section.address === '') return { start: 0, end: octets.sizeBytes };
  return findPart(octets.parts, section.address);
}

/** The piece of `length` octets that `<offset.length>` asks for; beyond the end it is empty. RFC 9051 §6.4.5. */
export function partialSpan(length: number, partial: Partial | undefined): Span {
  if (partial === undefined) return { start: 0, end: length };
  const start = Math.min(partial.offset, length);
  return { start, end: Math.min(start + partial.length, length) };
}
