import type { Worker } from 'node:worker_threads';
import { MailError } from '../../core/errors.ts';
import { startThread } from '../../core/thread.ts';
import type { DamagedShard } from './damaged-files.ts';
import type { Started } from './thread-start.ts';
import type { Batch, Events, FoundDamage, Op, Report } from './protocol.ts';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export interface ThreadPortEvents {
  /** What a commit changed; called before the promises of its operations resolve. */
  readonly onEvents?: (events: Events) => void;
  /** Called once the promises of a commit are resolved. */
  readonly onSettled?: () => void;
  /** Files whose logs should be copied into their databases. */
  readonly onLongLogs?: (files: readonly number[]) => void;
  /** An error that no client caused. */
  readonly onTrouble: (text: string) => void;
  /** A file was found damaged. */
  readonly onDamage?: (damage: FoundDamage) => void;
  /** The thread ended by itself: nothing it was asked will be answered. */
  readonly onDeath: (error: Error) => void;
}

/** The protocol thread's end of a store thread: calls that are posted together, answers by number. */
export class ThreadPort {
  /** Shards that the thread could not open. */
  readonly damaged: readonly DamagedShard[];
  readonly #worker: Worker;
  readonly #events: ThreadPortEvents;
  readonly #pending = new Map<number, Pending>();
  #queue: Op[] = [];
  #nextId = 1;
  #dead: Error | undefined;
  #closed: (() => void) | undefined;

  private constructor(
    worker: Worker,
    events: ThreadPortEvents,
    damaged: readonly DamagedShard[] = [],
  ) {
    this.damaged = damaged;
    this.#worker = worker;
    this.#events = events;
    worker.on('message', (report: Report | 'closed') => {
      if (report === 'closed') this.#closed?.();
      else this.#settle(report);
    });
    worker.on('error', (error) => {
      this.#die(error);
    });
    worker.on('exit', () => {
      if (this.#closed === undefined) this.#die(new Error('a store thread ended'));
      else this.#closed();
    });
  }

  /** Starts the module and waits until it has opened its files; rejects with what it threw. */
  static async start(
    module: string,
    workerData: unknown,
    events: ThreadPortEvents,
  ): Promise<ThreadPort> {
    const worker = startThread(import.meta.url, module, { workerData });
    // The exit may come in the same turn as the last message.
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        resolve();
      });
    });
    const started = await new Promise<Started>((resolve, reject) => {
      const endedEarly = (): void => {
        reject(new Error(`${module} ended before it was ready`));
      };
      worker.once('error', reject);
      worker.once('exit', endedEarly);
      worker.once('message', (message: Started) => {
        worker.off('error', reject);
        worker.off('exit', endedEarly);
        resolve(message);
      });
    });
    if (typeof started === 'object' && 'failure' in started) {
      await ended;
      throw new MailError(started.failure, started.message);
    }
    return new ThreadPort(worker, events, started === 'ready' ? [] : started.damaged);
  }

  /** Operations on their way. */
  get load(): number {
    return this.#pending.size;
  }

  /** Posts an operation, with others of this turn of the event loop: a message costs more than most operations. */
  call(file: number, kind: string, args: unknown, now: number, weight: number): Promise<unknown> {
    if (this.#dead !== undefined) return Promise.reject(unavailable(this.#dead));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      if (this.#queue.push({ id, file, kind, args, now, weight }) === 1) {
        setImmediate(() => {
          this.#post();
        });
      }
    });
  }

  /** Lets the thread finish what it has and waits for its end. */
  async close(): Promise<void> {
    if (this.#dead !== undefined) return;
    this.#post();
    this.#dead = new Error('closed');
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    this.#worker.postMessage('close');
    await closed;
    this.#rejectPending(this.#dead);
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }

  #post(): void {
    if (this.#queue.length === 0) return;
    const ops = this.#queue;
    this.#queue = [];
    this.#worker.postMessage({ ops } satisfies Batch);
  }

  #settle(report: Report): void {
    if (report.trouble !== undefined) this.#events.onTrouble(report.trouble);
    if (report.damaged !== undefined) this.#events.onDamage?.(report.damaged);
    if (report.events !== undefined) this.#events.onEvents?.(report.events);
    for (const answer of report.answers) {
      const pending = this.#pending.get(answer.id);
      if (pending === undefined) continue;
      this.#pending.delete(answer.id);
      if ('failure' in answer) pending.reject(new MailError(answer.failure, answer.message));
      else pending.resolve(answer.value);
    }
    this.#events.onSettled?.();
    if (report.longLogs !== undefined) this.#events.onLongLogs?.(report.longLogs);
  }

  /** Nobody will answer these any more. */
  #rejectPending(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(unavailable(error));
    this.#pending.clear();
  }

  #die(error: Error): void {
    if (this.#dead !== undefined) return;
    this.#dead = error;
    this.#rejectPending(error);
    this.#events.onDeath(error);
    this.#closed?.();
  }
}

function unavailable(cause: Error): MailError {
  return new MailError('unavailable', 'The store is not available', { cause });
}
