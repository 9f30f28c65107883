import type { MessagePort, Worker } from 'node:worker_threads';
import { startThread } from './thread.ts';

interface Call<Question> {
  readonly id: number;
  readonly question: Question;
}
interface Reply<Answer> {
  readonly id: number;
  readonly answer?: Answer;
  readonly failure?: string;
}
interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** How long a thread waits for the next question before it is ended. */
const defaultIdleMs = 10_000;

/** A thread that answers questions one after the other. It is there only while there are some. */
export class ThreadCalls<Question, Answer> {
  readonly #begin: () => Worker;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  readonly #idleMs: number;
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #next = 0;

  /** `name` and `base` as `startThread` takes them. */
  constructor(base: string, name: string, idleMs = defaultIdleMs) {
    this.#begin = () => startThread(base, name);
    this.#idleMs = idleMs;
  }

  /** Rejects when the other side throws, or ends. */
  ask(question: Question): Promise<Answer> {
    clearTimeout(this.#idle);
    const thread = (this.#thread ??= this.#start());
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      thread.postMessage({ id, question } satisfies Call<Question>);
    });
  }

  /** Ends the thread; what it was asked and did not answer rejects. A later question starts another. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #start(): Worker {
    const thread = this.#begin();
    thread.on('message', ({ id, answer, failure }: Reply<Answer>) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (failure === undefined) waiting?.resolve(answer as Answer);
      else waiting?.reject(new Error(failure));
      if (this.#waiting.size > 0) return;
      this.#idle = setTimeout(() => void this.close(), this.#idleMs).unref();
    });
    const end = (error: Error): void => {
      if (this.#thread !== thread && this.#thread !== undefined) return;
      this.#thread = undefined;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    thread.on('error', end);
    thread.on('exit', () => {
      end(new Error('the thread ended before it answered'));
    });
    return thread;
  }
}

/** The other side: answers each question, at once or later; both ends agree on what is asked. */
export function answerCalls(port: MessagePort, answer: (question: never) => unknown): void {
  const reply = async ({ id, question }: Call<unknown>): Promise<Reply<unknown>> => {
    try {
      return { id, answer: await answer(question as never) };
    } catch (error) {
      return { id, failure: error instanceof Error ? error.message : String(error) };
    }
  };
  port.on('message', (call: Call<unknown>) => {
    void reply(call).then((message) => {
      port.postMessage(message);
    });
  });
}
