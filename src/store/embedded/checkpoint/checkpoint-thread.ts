import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Connection, openForCheckpoints } from '../database.ts';
import { directoryPath, shardPath } from '../paths.ts';
import type { Started } from '../thread-start.ts';
import { type Answer, type Batch, directoryFile, type Report } from '../protocol.ts';

/** What the thread is started with. */
export interface CheckpointThreadData {
  readonly folder: string;
}

/*
 * Copies logs into their databases while the writers go on committing: a passive checkpoint takes no lock that they
 * need. What it cannot do under constant load is to catch up with the end of the log; that the writer does itself,
 * see `Writer.longLogs`, when the little that is left is all there is to copy.
 */
const port = parentPort as MessagePort;
const { folder } = workerData as CheckpointThreadData;
const connections = new Map<number, Connection>();

function connection(file: number): Connection {
  let db = connections.get(file);
  if (db === undefined) {
    db = openForCheckpoints(
      file === directoryFile ? directoryPath(folder) : shardPath(folder, file),
    );
    connections.set(file, db);
  }
  return db;
}

function checkpoint(id: number, file: number): Report {
  try {
    connection(file).pragma('wal_checkpoint(PASSIVE)');
    return { answers: [{ id, value: undefined }], events: undefined };
  } catch (error) {
    // A full disk, most likely: the log stays as it is and the next try may do better.
    const failed: Answer = { id, failure: 'unavailable', message: 'The log cannot be copied now' };
    return { answers: [failed], events: undefined, trouble: `checkpoint: ${String(error)}` };
  }
}

port.on('message', (message: Batch | 'close') => {
  if (message === 'close') {
    for (const db of connections.values()) db.close();
    port.postMessage('closed');
    port.close();
    return;
  }
  for (const { id, file } of message.ops) port.postMessage(checkpoint(id, file));
});

port.postMessage('ready' satisfies Started);
