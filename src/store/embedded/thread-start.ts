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

/**
 * Opens what a thread works with, tells the other end, and serves with it. When it cannot be opened the thread has
 * nothing left to do and ends by itself: an error that is thrown while the other end terminates the thread can take the
 * whole process along (a fatal error in Node's `TriggerUncaughtException`).
 */
export function startWith<T>(
  port: MessagePort,
  open: () => T,
  serve: (opened: T) => void,
  how: (opened: T) => Started = () => 'ready',
): void {
  let opened;
  try {
    opened = open();
  } catch (error) {
    const known = error instanceof MailError;
    const message = error instanceof Error ? error.message : String(error);
    const failure = known ? error.failure : 'unavailable';
    port.postMessage({ failure, message } satisfies Started);
    return;
  }
  serve(opened);
  port.postMessage(how(opened));
}
