import { deletedBit, seenBit } from '../../core/values.ts';
import type { FlagChange } from '../api.ts';

/** What STORE makes of the bits of a message. RFC 9051 §6.4.6. */
export function changedBits(mode: FlagChange['mode'], old: number, bits: number): number {
  if (mode === 'replace') return bits;
  return (mode === 'add' ? old | bits : old & ~bits) >>> 0;
}

/** How many more unseen messages a change of flags makes: 1, 0 or -1. */
export function unseenMore(before: number, after: number): number {
  return (before & seenBit) === (after & seenBit) ? 0 : (after & seenBit) === 0 ? 1 : -1;
}

/** How many more messages with \Deleted. */
export function deletedMore(before: number, after: number): number {
  return (before & deletedBit) === (after & deletedBit) ? 0 : (after & deletedBit) === 0 ? -1 : 1;
}
