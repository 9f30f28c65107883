import type { Worker } from 'node:worker_threads';
import { startThread } from '../core/thread.ts';

export interface DigestQuestion {
  readonly id: number;
  readonly path: string;
}
export interface DigestAnswer {
  readonly id: number;
  readonly sha256?: string;
  /** Why the file could not be read. */
  readonly failure?: string;
}
interface Waiting {
  readonly resolve: (sha256: string) => void;
  readonly reject: (error: Error) => void;
}

/** SHA-256 of files, read and digested in a thread of its own: the mail of the process does not wait for it. */
export class Digests {
  #thread: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  /** Hex. */
  of(path: string): Promise<string> {
    const thread = (this.#thread ??= this.#start());
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      thread.postMessage({ id, path } satisfies DigestQuestion);
    });
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = startThread(import.meta.url, './digest-thread');
    thread.on('message', ({ id, sha256, failure }: DigestAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (sha256 !== undefined) waiting?.resolve(sha256);
      else waiting?.reject(new Error(failure));
    });
    const end = (error: Error): void => {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
      this.#thread = undefined;
    };
    thread.on('error', end);
    thread.on('exit', () => {
      end(new Error('the thread for digests ended early'));
    });
    return thread;
  }
}
