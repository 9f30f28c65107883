import { type RedisClientOptions, createClient } from 'redis';
import { answerMs, connectMs, firstRetryMs, heartbeatMs, lastRetryMs } from './limits.ts';

/** What is asked of a client. RESP 2 is what every server since Redis 5 and Valkey speaks. */
function clientOf(options: LinkOptions) {
  return createClient({
    ...options.server,
    RESP: 2,
    socket: { ...options.server.socket, connectTimeout: connectMs, reconnectStrategy: false },
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
}
export type RedisClient = ReturnType<typeof clientOf>;

/** Where a server is and how to log in: `url`, `username`, `password`, `socket` of the client's options. */
export type RedisServer = Pick<RedisClientOptions, 'url' | 'username' | 'password'> & {
  readonly socket?: { readonly tls: true; readonly ca?: string };
};

export interface LinkOptions {
  readonly server: RedisServer;
  /** What makes a new connection usable; it is up when this resolves. */
  readonly onConnected: (client: RedisClient) => Promise<void>;
  /** Called with each heartbeat, after the server has answered one. */
  readonly onBeat?: () => Promise<void>;
  readonly onUp: () => void;
  /** Called once for each time it goes down, and once at the start when it does not come up. */
  readonly onDown: (reason: Error) => void;
}

/**
 * One connection to Redis that is made anew for ever. A server that says nothing for `answerMs`, or answers with an
 * error, counts as down; what was asked of it fails at once then, and nothing waits in line.
 */
export class RedisLink {
  readonly #options: LinkOptions;
  #client: RedisClient | undefined;
  /** Ends the connection at hand. */
  #lose: ((reason: Error) => void) | undefined;
  #wake: (() => void) | undefined;
  #closed = false;
  readonly #ended: Promise<void>;
  /** Resolves after the first attempt: why it failed, or undefined. */
  readonly first: Promise<Error | undefined>;
  #settleFirst: (failure: Error | undefined) => void = () => undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.first = new Promise((resolve) => (this.#settleFirst = resolve));
    this.#ended = this.#keep();
  }

  get up(): boolean {
    return this.#client !== undefined;
  }

  /** Rejects when the server is down, does not answer in time, or answers with an error. */
  async run<T>(ask: (client: RedisClient) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (client === undefined) throw new Error('Redis is down');
    try {
      return await inTime(answerMs, ask(client));
    } catch (error) {
      if (client === this.#client) this.#lose?.(error as Error);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#lose?.(new Error('The bus is closed'));
    this.#wake?.();
    await this.#ended;
  }

  async #keep(): Promise<void> {
    let retryMs = firstRetryMs;
    while (!this.#closed) {
      const { reason, wasUp } = await this.#connection();
      this.#settleFirst(reason);
      if (wasUp) retryMs = firstRetryMs;
      await this.#pause(retryMs);
      retryMs = Math.min(2 * retryMs, lastRetryMs);
    }
  }

  /** Resolves when the connection is lost, or could not be made. */
  async #connection(): Promise<{ readonly reason: Error; readonly wasUp: boolean }> {
    let lost: Error | undefined;
    let lose: (reason: Error) => void = () => undefined;
    const end = new Promise<Error>((resolve) => {
      lose = (reason) => {
        lost ??= reason;
        resolve(lost);
      };
    });
    this.#lose = lose;
    const client = clientOf(this.#options);
    // Of this connection: a late word of an old one does not end a new one.
    client.on('error', lose);
    let wasUp = false;
    try {
      await Promise.race([
        end,
        inTime(
          connectMs,
          client.connect().then(() => this.#options.onConnected(client)),
        ),
      ]);
      if (lost === undefined) {
        wasUp = true;
        this.#client = client;
        this.#settleFirst(undefined);
        this.#options.onUp();
        await Promise.race([end, this.#beat(client, () => lost !== undefined)]);
      }
    } catch (error) {
      lost ??= error as Error;
    }
    this.#client = undefined;
    const reason = lost ?? new Error('The connection ended');
    // It may hold commands that nobody answers any more: they fail now.
    if (client.isOpen) client.destroy();
    if (!this.#closed) this.#options.onDown(reason);
    return { reason, wasUp };
  }

  /** Asks again and again; rejects when there is no answer. */
  async #beat(client: RedisClient, ended: () => boolean): Promise<void> {
    for (;;) {
      await this.#pause(heartbeatMs);
      if (ended()) return;
      await inTime(answerMs, client.ping());
      await this.#options.onBeat?.();
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function inTime<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Redis did not answer within ${limitMs} ms`));
    }, limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
