import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '../../../core/give-way.ts';
import { type Answer, type Batch, type IndexOps, type Op, type Report } from '../protocol.ts';
import type { Started } from '../thread-start.ts';
import { Indexer } from './indexer.ts';
import { isDamage } from './search-schema.ts';

/** What the thread is started with. */
export interface IndexThreadData {
  readonly folder: string;
  readonly shards: number;
  /** The id of the store. */
  readonly store: string;
  /** One number, shared: not 0 once the step at hand is to be given up. */
  readonly stop: Int32Array;
}

const port = parentPort as MessagePort;
const { folder, shards, store, stop } = workerData as IndexThreadData;
const isStopped = (): boolean => Atomics.load(stop, 0) !== 0;
const indexers = new Map<number, Indexer>();
/** One step after the other, as each may wait for a body. */
let last: Promise<void> = Promise.resolve();

port.on('message', (message: Batch | 'close') => {
  if (message === 'close') {
    void last.then(() => {
      for (const indexer of indexers.values()) indexer.close();
      port.postMessage('closed');
      port.close();
    });
    return;
  }
  for (const op of message.ops) {
    last = last.then(async () => {
      port.postMessage(await answer(op));
    });
  }
});

giveWay();
port.postMessage('ready' satisfies Started);

async function answer(op: Op): Promise<Report> {
  try {
    const step = indexer(op.file)[op.kind as keyof IndexOps].bind(indexer(op.file)) as (
      args: unknown,
    ) => unknown;
    return { answers: [{ id: op.id, value: await step(op.args) }], events: undefined };
  } catch (error) {
    const failed: Answer = {
      id: op.id,
      failure: isDamage(error) ? 'invalid' : 'unavailable',
      message: 'The search index cannot be written now',
    };
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { answers: [failed], events: undefined, trouble: `search index, ${op.kind}: ${text}` };
  }
}

function indexer(shard: number): Indexer {
  let found = indexers.get(shard);
  if (found === undefined) {
    found = new Indexer({ folder, shards, store, isStopped }, shard);
    indexers.set(shard, found);
  }
  return found;
}
