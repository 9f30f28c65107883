import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { answerCalls } from '../../core/thread-calls.ts';
import { MessageIndexer } from '../../mail/indexer.ts';
import type { BodyAnswer, BodyQuestion } from './body-checks.ts';
import { letterOf } from '../common/letter.ts';
import { renderingsOf } from '../common/renderings.ts';

/** Reads letters in files, and holds them against their digests and sizes. */
const piece = Buffer.allocUnsafeSlow(256 * 1024);

answerCalls(parentPort as MessagePort, ({ path, size, digest }: BodyQuestion): BodyAnswer => {
  const hash = createHash('sha256');
  const indexer = new MessageIndexer();
  let file;
  try {
    file = openSync(path, 'r');
    let at = 0;
    // To the end, and no further than one piece past it: a file that grew is seen too.
    for (let read = -1; read !== 0 && at <= size; at += read) {
      read = readSync(file, piece, 0, piece.length, null);
      hash.update(piece.subarray(0, read));
      indexer.write(piece.subarray(0, read));
    }
    const found = hash.digest();
    if (at !== size || !found.equals(digest)) return { octets: 'bad' };
    const letter = letterOf(found, indexer.finish(), undefined, undefined);
    return { octets: 'good', letter, fingerprint: renderingsOf(letter) };
  } catch {
    return { octets: 'unreadable' };
  } finally {
    if (file !== undefined) closeSync(file);
  }
});
