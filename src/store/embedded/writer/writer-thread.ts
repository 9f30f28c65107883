import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import type { Batch, Op } from '../protocol.ts';
import { startWith } from '../thread-start.ts';
import { takeGroup } from './group.ts';
import { Writer } from './writer.ts';

/** What the thread is started with. */
export interface WriterThreadData {
  readonly folder: string;
  readonly shards: number;
  /** Numbers of shards, and `directoryFile` in one of the threads. */
  readonly files: readonly number[];
}

const port = parentPort as MessagePort;
const { folder, shards, files } = workerData as WriterThreadData;
const queue: Op[] = [];
let closing = false;

startWith(
  port,
  () => new Writer(folder, shards, files),
  serve,
  ({ damaged }) => (damaged.length === 0 ? 'ready' : { damaged }),
);

function serve(writer: Writer): void {
  port.on('message', (message: Batch | 'close') => {
    take(message);
    takeWaiting();
    while (queue.length > 0) {
      for (const report of writer.run(takeGroup(queue))) port.postMessage(report);
      takeWaiting();
      reportLongLogs(writer, queue.length === 0);
    }
    if (!closing) return;
    writer.close();
    port.postMessage('closed');
    port.close();
  });
}

function take(message: Batch | 'close'): void {
  if (message === 'close') closing = true;
  else for (const op of message.ops) queue.push(op);
}

/** What waited while the last group was committed: all of it goes into the next one. */
function takeWaiting(): void {
  for (;;) {
    const next = receiveMessageOnPort(port) as { message: Batch | 'close' } | undefined;
    if (next === undefined) return;
    take(next.message);
  }
}

/** Whoever hears of it has the checkpoint thread copy them. */
function reportLongLogs(writer: Writer, idle: boolean): void {
  const longLogs = writer.longLogs(idle);
  if (longLogs.length > 0) port.postMessage({ answers: [], events: undefined, longLogs });
}
