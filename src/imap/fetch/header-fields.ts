import { readHeaderFields } from '../../mail/header.ts';
import type { Section } from './items.ts';

const emptyLine = Buffer.from('\r\n');

/**
 * HEADER.FIELDS and HEADER.FIELDS.NOT of a header block: the fields as they are, in their order, and the empty line
 * that ends a header. Of HEADER the block itself. RFC 9051 §6.4.5.1.
 */
export function pickFields(block: Uint8Array, { only, without }: Section): Uint8Array {
  if (only === undefined && without === undefined) return block;
  const pieces: Uint8Array[] = [];
  for (const { nameLower, start, end } of readHeaderFields(block)) {
    if (only?.has(nameLower) ?? without?.has(nameLower) !== true) {
      pieces.push(block.subarray(start, end));
    }
  }
  pieces.push(emptyLine);
  return Buffer.concat(pieces);
}
