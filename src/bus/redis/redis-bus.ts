import { ErrorReply } from 'redis';
import type { Log } from '../../core/log.ts';
import type { Throttle } from '../api.ts';
import type { FailureRule } from '../failure-delay.ts';
import { RedisHints } from './hints.ts';
import { leaseMs as usualLeaseMs } from './limits.ts';
import { RedisLink, type RedisServer } from './redis-link.ts';
import { RedisSessionCount } from './session-count.ts';
import { RedisThrottle } from './throttle.ts';

export interface RedisBusOptions {
  readonly server: RedisServer;
  /** What the names of all keys and channels begin with: one installation's, where several share a server. */
  readonly prefix: string;
  readonly log: Log;
  /** How long the places of a process that died stay taken. */
  readonly leaseMs?: number;
}

/**
 * What processes share through Redis: hints, throttles, session counts. Nothing durable lives there. While it is down
 * everybody goes on with what he knows himself; one line of the log says so, another one that it is over.
 */
export class RedisBus {
  readonly hints: RedisHints;
  readonly sessions: RedisSessionCount;
  readonly #prefix: string;
  readonly #log: Log;
  readonly #speaking: RedisLink;
  readonly #hearing: RedisLink;
  /** Since when it is down, if it is and that was said. */
  #downSince: number | undefined;

  /**
   * Resolves when the server answered, or did not: then the bus begins without it. Rejects when it answered that it does
   * not want us: such as for a wrong password.
   */
  static async open(options: RedisBusOptions): Promise<RedisBus> {
    const bus = new RedisBus(options);
    const failures = await Promise.all([bus.#speaking.first, bus.#hearing.first]);
    const refusal = failures.find((failure) => failure instanceof ErrorReply && isLasting(failure));
    if (refusal === undefined) return bus;
    await bus.close();
    throw refusal;
  }

  private constructor({ server, prefix, log, leaseMs = usualLeaseMs }: RedisBusOptions) {
    this.#prefix = prefix;
    this.#log = log;
    const shared = {
      server,
      onDown: (reason: Error) => {
        this.#wentDown(reason);
      },
    };
    this.#speaking = new RedisLink({
      ...shared,
      onConnected: (client) => this.sessions.begin(client),
      onBeat: () => this.sessions.renew(),
      onUp: () => {
        this.sessions.renew().catch(() => undefined);
        this.#cameUp();
      },
    });
    this.#hearing = new RedisLink({
      ...shared,
      onConnected: (client) => this.hints.begin(client),
      onUp: () => {
        this.hints.adjust();
        this.#cameUp();
      },
    });
    this.sessions = new RedisSessionCount(this.#speaking, prefix, leaseMs);
    this.hints = new RedisHints({ speaking: this.#speaking, hearing: this.#hearing }, prefix);
  }

  get up(): boolean {
    return this.#speaking.up && this.#hearing.up;
  }

  /** A throttle of that name over all processes; `own` is this process's, for as long as Redis is down. */
  throttle(name: string, rule: FailureRule, own: Throttle): Throttle {
    return new RedisThrottle(this.#speaking, `${this.#prefix}:${name}`, rule, own);
  }

  async close(): Promise<void> {
    await this.sessions.end();
    await Promise.all([this.#speaking.close(), this.#hearing.close()]);
  }

  #wentDown(reason: Error): void {
    if (this.#downSince !== undefined) return;
    this.#downSince = performance.now();
    this.#log.warn('bus-down', { reason: reason.message });
  }

  #cameUp(): void {
    if (this.#downSince === undefined || !this.up) return;
    const downMs = Math.round(performance.now() - this.#downSince);
    this.#downSince = undefined;
    this.#log.info('bus-up', { downMs });
  }
}

/** Answers that go away by themselves: it loads its data, or waits for a script or for its own primary. */
function isLasting({ message }: ErrorReply): boolean {
  return !/^(?:LOADING|BUSY|MASTERDOWN|READONLY|OOM|MISCONF|NOREPLICAS|TRYAGAIN)\b/.test(message);
}
