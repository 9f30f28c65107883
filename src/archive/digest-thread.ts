import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { DigestAnswer, DigestQuestion } from './digests.ts';

/** Reads files and says their SHA-256, one after the other. */
const port = parentPort as MessagePort;
const piece = Buffer.allocUnsafeSlow(256 * 1024);

port.on('message', ({ id, path }: DigestQuestion) => {
  port.postMessage({ id, ...digestOf(path) } satisfies DigestAnswer);
});

function digestOf(path: string): Omit<DigestAnswer, 'id'> {
  try {
    const file = openSync(path, 'r');
    try {
      const hash = createHash('sha256');
      for (let read = -1; read !== 0;) {
        read = readSync(file, piece, 0, piece.length, null);
        hash.update(piece.subarray(0, read));
      }
      return { sha256: hash.digest('hex') };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
