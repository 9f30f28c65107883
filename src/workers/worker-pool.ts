import cluster, { type Worker } from 'node:cluster';
import type { Log } from '../core/log.ts';
import { firstRestartMs, goodLifeMs, lastRestartMs, metricsMs } from './limits.ts';
import type { MetricsRequest, WorkerMessage } from './messages.ts';

/** The environment variable that tells a worker its number, from 1. */
export const workerVariable = 'ZHASHIK_WORKER';

export interface WorkerPoolOptions {
  readonly size: number;
  /** How long workers may take to end when they are told to; then they are killed. */
  readonly stopMs: number;
  readonly log: Log;
}

interface Slot {
  readonly number: number;
  worker: Worker | undefined;
  startedAt: number;
  ready: boolean;
  restartMs: number;
  restart: NodeJS.Timeout | undefined;
}

/**
 * Several processes that serve the same ports. One that ends is started anew, with a growing wait while it does not
 * live long, and the others go on. Only when none was ever ready is the start as a whole taken for failed.
 */
export class WorkerPool {
  /** Resolves when all workers are ready for the first time. */
  readonly ready: Promise<void>;
  /** Resolves with an exit code when all workers are gone for good. */
  readonly ended: Promise<number>;
  readonly #options: WorkerPoolOptions;
  readonly #slots: readonly Slot[];
  #settleReady: () => void = () => undefined;
  #settleEnded: (code: number) => void = () => undefined;
  #wasReady = false;
  #stopping = false;
  /** The first code that was not 0, or 0. */
  #code = 0;
  #kill: NodeJS.Timeout | undefined;
  readonly #asked = new Map<number, (values: readonly object[]) => void>();
  #questions = 0;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.ready = new Promise((resolve) => (this.#settleReady = resolve));
    this.ended = new Promise((resolve) => (this.#settleEnded = resolve));
    this.#slots = Array.from({ length: options.size }, (_, i) => ({
      number: i + 1,
      worker: undefined,
      startedAt: 0,
      ready: false,
      restartMs: firstRestartMs,
      restart: undefined,
    }));
    for (const slot of this.#slots) this.#start(slot);
  }

  /** Workers that take clients now. */
  get readyCount(): number {
    return this.#slots.filter(({ ready }) => ready).length;
  }

  /** Passes a signal on to every worker. */
  signal(name: NodeJS.Signals): void {
    for (const { worker } of this.#slots) worker?.process.kill(name);
  }

  /** Tells all to end; `ended` resolves when they have. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const slot of this.#slots) clearTimeout(slot.restart);
    this.signal('SIGTERM');
    this.#kill = setTimeout(() => {
      this.#options.log.error('workers-killed', { afterMs: this.#options.stopMs });
      this.signal('SIGKILL');
    }, this.#options.stopMs);
    this.#endIfAllGone();
  }

  /** The metrics of each worker that answers. */
  metrics(): Promise<readonly (readonly object[])[]> {
    const workers = this.#slots.flatMap(({ ready, worker }) => (ready && worker ? [worker] : []));
    return Promise.all(workers.map((worker) => this.#metricsOf(worker))).then((all) =>
      all.filter((values) => values !== undefined),
    );
  }

  async #metricsOf(worker: Worker): Promise<readonly object[] | undefined> {
    const id = ++this.#questions;
    const question: MetricsRequest = { kind: 'metrics', id };
    return new Promise((resolve) => {
      const settle = (values?: readonly object[]): void => {
        clearTimeout(timer);
        this.#asked.delete(id);
        resolve(values);
      };
      const timer = setTimeout(settle, metricsMs);
      this.#asked.set(id, settle);
      worker.send(question, (error: Error | null) => {
        if (error !== null) settle();
      });
    });
  }

  #start(slot: Slot): void {
    const worker = cluster.fork({ [workerVariable]: String(slot.number) });
    slot.worker = worker;
    slot.startedAt = performance.now();
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') this.#isReady(slot);
      else this.#asked.get(message.id)?.(message.values);
    });
    // A process that cannot be made, or talked to, also exits.
    worker.on('error', (error) => {
      this.#options.log.error('worker-failed', { worker: slot.number, err: error });
    });
    worker.once('exit', (code: number | null, signal: string | null) => {
      this.#hasEnded(slot, code, signal);
    });
  }

  #isReady(slot: Slot): void {
    slot.ready = true;
    this.#wasReady = true;
    if (this.readyCount === this.#slots.length) this.#settleReady();
  }

  #hasEnded(slot: Slot, code: number | null, signal: string | null): void {
    slot.worker = undefined;
    slot.ready = false;
    if (this.#code === 0) this.#code = code ?? 1;
    if (!this.#stopping && !this.#wasReady) {
      // Whatever keeps the first from its start keeps the others too; it has said what.
      this.stop();
      return;
    }
    if (this.#stopping) {
      this.#endIfAllGone();
      return;
    }
    this.#code = 0;
    if (performance.now() - slot.startedAt >= goodLifeMs) slot.restartMs = firstRestartMs;
    const { restartMs } = slot;
    slot.restartMs = Math.min(2 * restartMs, lastRestartMs);
    this.#options.log.error('worker-ended', { worker: slot.number, code, signal, restartMs });
    slot.restart = setTimeout(() => {
      this.#start(slot);
    }, restartMs);
  }

  #endIfAllGone(): void {
    if (this.#slots.some(({ worker }) => worker !== undefined)) return;
    clearTimeout(this.#kill);
    this.#settleEnded(this.#code);
  }
}
