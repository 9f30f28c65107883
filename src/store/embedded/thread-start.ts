import type { MessagePort } from 'node:worker_threads';
import { type Failure, MailError } from '../../core/errors.ts';

/** A thread's first message: that it works, or why it cannot. An error itself would lose its `failure` on the way. */
export type Started = 'ready' | { readonly failure: Failure; readonly message: string };

/** Opens what a thread works with, tells the other end, and answers with it. */
export function startWith<T>(port: MessagePort, open: () => T): T {
  try {
    const opened = open();
    port.postMessage('ready' satisfies Started);
    return opened;
  } catch (error) {
    const known = error instanceof MailError;
    const message = error instanceof Error ? error.message : String(error);
    const failure = known ? error.failure : 'unavailable';
    port.postMessage({ failure, message } satisfies Started);
    throw error;
  }
}
