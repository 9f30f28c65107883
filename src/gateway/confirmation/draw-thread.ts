import { type MessagePort, parentPort } from 'node:worker_threads';
import { answerCalls } from '../../core/thread-calls.ts';
import type { DrawQuestion } from './confirmation-drawer.ts';
import { drawConfirmation } from './draw-confirmation.ts';

/** Draws the pages of confirmations, one after the other: each takes some tenths of a second. */
answerCalls(parentPort as MessagePort, ({ json, cms }: DrawQuestion) =>
  drawConfirmation(json, cms),
);
