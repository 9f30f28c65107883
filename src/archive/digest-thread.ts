import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { answerCalls } from '../core/thread-calls.ts';

/** Reads files and says their SHA-256 in hex. */
const piece = Buffer.allocUnsafeSlow(256 * 1024);

answerCalls(parentPort as MessagePort, (path: string): string => {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    for (let read = -1; read !== 0;) {
      read = readSync(file, piece, 0, piece.length, null);
      hash.update(piece.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
});
