import { type MessagePort, parentPort } from 'node:worker_threads';
import { answerCalls } from '../../core/thread-calls.ts';
import { runJob } from './run-job.ts';

answerCalls(parentPort as MessagePort, runJob);
