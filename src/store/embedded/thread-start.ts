import type { MessagePort } from 'node:worker_threads';
import { type Failure, MailError } from '../../core/errors.ts';
import type { DamagedShard } from './damaged-files.ts';

/**
 * A thread's first message: that it works, perhaps without some shards, or why it cannot. An error itself would lose
 * its `failure` on the way.
 */
export type Started =
  | 'ready'
  | { readonly damaged: readonly DamagedShard[] }
  | { readonly failure: Failure; readonly message: string };

/** Opens what a thread works with, tells the other end, and answers with it. */
export function startWith<T>(
  port: MessagePort,
  open: () => T,
  how: (opened: T) => Started = () => 'ready',
): T {
  try {
    const opened = open();
    port.postMessage(how(opened));
    return opened;
  } catch (error) {
    const known = error instanceof MailError;
    const message = error instanceof Error ? error.message : String(error);
    const failure = known ? error.failure : 'unavailable';
    port.postMessage({ failure, message } satisfies Started);
    throw error;
  }
}
