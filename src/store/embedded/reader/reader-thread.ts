import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { MailError } from '../../../core/errors.ts';
import { isDamage, reasonOf } from '../damaged-files.ts';
import {
  type Answer,
  type Batch,
  directoryFile,
  type Op,
  type ReadOps,
  type Report,
} from '../protocol.ts';
import type { Started } from '../thread-start.ts';
import { Reader } from './reader.ts';

/** What the thread is started with. */
export interface ReaderThreadData {
  readonly folder: string;
  /** The id of the store. */
  readonly store: string;
  readonly shards: number;
}

const port = parentPort as MessagePort;
const { folder, store, shards } = workerData as ReaderThreadData;
/** Opened with the first question: threads start together, and a writer may have to make the files. */
let reader: Reader | undefined;
/** Buffers of the answer at hand that move to the other thread. */
const transferable: ArrayBuffer[] = [];

port.on('message', (message: Batch | 'close') => {
  if (message === 'close') {
    reader?.close();
    port.postMessage('closed');
    port.close();
    return;
  }
  // One answer at a time: a short question does not wait for the long one behind it.
  for (const op of message.ops) port.postMessage(answer(op), transferable);
});

port.postMessage('ready' satisfies Started);

function answer(op: Op): Report {
  transferable.length = 0;
  try {
    reader ??= new Reader(folder, shards, store);
    const read = reader[op.kind as keyof ReadOps] as (args: unknown) => unknown;
    const value = read(op.args);
    if (op.kind === 'view') collectColumns(value as ReadOps['view']['result']);
    else if (op.kind === 'columns') {
      const { octets, spans } = value as ReadOps['columns']['result'];
      transferable.push(octets.buffer as ArrayBuffer, spans.buffer as ArrayBuffer);
    }
    return { answers: [{ id: op.id, value }], events: undefined };
  } catch (error) {
    const known = error instanceof MailError;
    const failed: Answer = {
      id: op.id,
      failure: known ? error.failure : 'unavailable',
      message: known ? error.message : 'The store cannot read now',
    };
    if (known) return { answers: [failed], events: undefined };
    const trouble = `${op.kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    const file = reader?.lastFile ?? directoryFile;
    const damaged = isDamage(error) ? { file, reason: reasonOf(error) } : undefined;
    return { answers: [failed], events: undefined, trouble, damaged };
  }
}

/** Large columns move instead of being copied. */
function collectColumns(snapshot: ReadOps['view']['result']): void {
  if (snapshot === undefined) return;
  for (const column of Object.values(snapshot.columns) as (Uint32Array | undefined)[]) {
    if (column !== undefined) transferable.push(column.buffer as ArrayBuffer);
  }
}
