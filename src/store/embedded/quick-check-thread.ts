import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openForReading } from './database.ts';

/** Says what SQLite finds wrong with a file, and ends. */
const { folder, name } = workerData as { readonly folder: string; readonly name: string };
(parentPort as MessagePort).postMessage(complaints());

function complaints(): string[] {
  try {
    const db = openForReading(join(folder, name));
    try {
      const rows = db.pragma('quick_check(20)') as { quick_check: string }[];
      return rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
    } finally {
      db.close();
    }
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
