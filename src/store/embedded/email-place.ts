import { MailError } from '../../core/errors.ts';
import type { ContentPlace } from './protocol.ts';

/** Views keep emails in 32 bits. */
const lastEmail = 0xffff_ffff;

/**
 * The EmailId of a content: its number and its shard in one, so that no table leads from one to the other. All copies
 * of the same octets in an account have the same; numbers are never used again. `limit` after 2^32 contents.
 */
export function emailOf({ s, c }: ContentPlace, shards: number): number {
  const e = c * shards + s;
  if (e > lastEmail) throw new MailError('limit', 'The store cannot number more contents');
  return e;
}

export function placeOf(e: number, shards: number): ContentPlace {
  return { s: e % shards, c: Math.floor(e / shards) };
}
