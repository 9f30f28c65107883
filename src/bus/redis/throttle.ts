import type { Throttle } from '../api.ts';
import { type FailureRule, failureDelayMs } from '../failure-delay.ts';
import type { RedisLink } from './redis-link.ts';
import { sharedKey } from './shared-key.ts';

/**
 * Exponential delays per key that hold across processes. Failures of a key are one number that Redis forgets by itself
 * after `forgetAfterMs`; how long ago the last one was follows from the time that it has left, so that only the clock
 * of Redis counts. While Redis is down the process's own throttle holds, which was told of everything all along.
 */
export class RedisThrottle implements Throttle {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #rule: FailureRule;
  readonly #own: Throttle;

  constructor(link: RedisLink, prefix: string, rule: FailureRule, own: Throttle) {
    this.#link = link;
    this.#prefix = prefix;
    this.#rule = rule;
    this.#own = own;
  }

  async delayMs(key: string): Promise<number> {
    const name = sharedKey(this.#prefix, key);
    const { forgetAfterMs } = this.#rule;
    try {
      const [failures, leftMs] = await this.#link.run((client) =>
        client.multi().get(name).pTTL(name).execTyped(),
      );
      if (failures === null) return 0;
      const waitedMs = forgetAfterMs - leftMs;
      return Math.max(0, failureDelayMs(this.#rule, Number(failures)) - waitedMs);
    } catch {
      return this.#own.delayMs(key);
    }
  }

  async failed(key: string): Promise<void> {
    const name = sharedKey(this.#prefix, key);
    await this.#own.failed(key);
    await this.#try((link) =>
      link.run((client) =>
        client.multi().incr(name).pExpire(name, this.#rule.forgetAfterMs).exec(),
      ),
    );
  }

  async succeeded(key: string): Promise<void> {
    await this.#own.succeeded(key);
    await this.#try((link) => link.run((client) => client.del(sharedKey(this.#prefix, key))));
  }

  /** What fails is said by the bus, once. */
  async #try(ask: (link: RedisLink) => Promise<unknown>): Promise<void> {
    await ask(this.#link).catch(() => undefined);
  }
}
