import type { TextLookup, TextPart } from '../../api.ts';
import { type KeptNeedle, keptNeedle, pieceMark } from './kept-text.ts';

/** What to compare kept texts with. */
export interface Comparison {
  readonly part: TextPart;
  /** What a line of the header begins with; its value is compared. Undefined: all is compared. */
  readonly name: Uint8Array | undefined;
  readonly needle: KeptNeedle;
}

/** Undefined: kept texts cannot tell, the letters do. */
export function comparisonOf({ part, field, needle }: TextLookup): Comparison | undefined {
  const octets = keptNeedle(needle);
  // What no field is called, or could be called in another writing.
  if (octets === undefined || (field !== undefined && !/^[!-9;-~]+$/.test(field))) return undefined;
  return {
    part,
    name: field === undefined ? undefined : Buffer.from(`${field}: `),
    needle: octets,
  };
}

/** Whether the needle, which is somewhere in the kept text, is in the value of a field of the name. */
export function isInField(text: Buffer, wide: boolean, { name, needle }: Comparison): boolean {
  if (name === undefined) return true;
  const value = wide ? needle.wide : (needle.narrow as Buffer);
  const line = Buffer.concat([Uint8Array.of(pieceMark), name]);
  for (let at = text.indexOf(line); at >= 0; at = text.indexOf(line, at + 1)) {
    const start = at + line.length;
    const end = text.indexOf(pieceMark, start);
    if (text.subarray(start, end < 0 ? text.length : end).includes(value)) return true;
  }
  return false;
}
