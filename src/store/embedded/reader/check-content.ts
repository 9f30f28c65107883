import { createHash } from 'node:crypto';
import { MessageIndexer } from '../../../mail/indexer.ts';
import { letterOf } from '../../common/letter.ts';
import { renderingsOf } from '../../common/renderings.ts';
import type { CheckedContent } from '../upkeep-protocol.ts';
import type { ShardReader } from './shard-reader.ts';

/** Reads a content back and holds it against its row. A large one, in a file, is for the caller to read. */
export function checkContent(shard: ShardReader, c: number): CheckedContent | undefined {
  const row = shard.checks.content(c);
  if (row === undefined) return undefined;
  const { size, digest, renderings: fingerprint } = row;
  const about = { c, size, digest, fingerprint };
  if (row.file === 1) return { ...about, file: true, octets: undefined, rendered: undefined };
  const octets = shard.octets(c);
  const found = octets && createHash('sha256').update(octets).digest();
  if (octets?.length !== size || found?.equals(digest) !== true) {
    return { ...about, file: false, octets: 'bad', rendered: undefined };
  }
  const indexer = new MessageIndexer();
  indexer.write(octets);
  const letter = letterOf(found, indexer.finish(), octets, undefined);
  const rendered = fingerprint === renderingsOf(letter);
  return { ...about, file: false, octets: 'good', rendered };
}
