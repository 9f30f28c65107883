import { exitCodes } from './admin/exit-codes.ts';

/** One Ctrl-C under `npm start` arrives twice: from the terminal and from npm. */
const repeatMs = 1000;
/** The signals of the process as a promise and a callback. From its making on a signal is an order and no end. */
export class Signals {
  /** The first signal that asks for the end. A second one ends at once. */
  readonly stop: Promise<NodeJS.Signals>;
  readonly #handlers: (readonly [NodeJS.Signals, (signal: NodeJS.Signals) => void])[] = [];
  #reload: (() => void) | undefined;
  #reloadAsked = false;

  constructor() {
    let askedAt: number | undefined;
    this.stop = new Promise((resolve) => {
      const onStop = (signal: NodeJS.Signals): void => {
        if (askedAt === undefined) {
          askedAt = performance.now();
          resolve(signal);
        } else if (performance.now() - askedAt > repeatMs) process.exit(exitCodes.software[0]);
      };
      this.#listen('SIGTERM', onStop);
      this.#listen('SIGINT', onStop);
    });
    this.#listen('SIGHUP', () => {
      if (this.#reload === undefined) this.#reloadAsked = true;
      else this.#reload();
    });
  }

  /** A SIGHUP that came before is not lost. */
  onReload(callback: () => void): void {
    this.#reload = callback;
    if (this.#reloadAsked) callback();
  }

  release(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }

  #listen(signal: NodeJS.Signals, handler: (signal: NodeJS.Signals) => void): void {
    process.on(signal, handler);
    this.#handlers.push([signal, handler]);
  }
}
