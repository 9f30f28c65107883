import { parentPort, workerData } from 'node:worker_threads';
import { explore } from './explore.ts';

/** A part of the runs, on a core of its own. */
const { seed, count } = workerData as { readonly seed: number; readonly count: number };
parentPort?.postMessage(await explore(seed, count));
