import type { AccountId } from '../../core/values.ts';
import type { Hints } from '../api.ts';
import { HintListeners } from '../hint-listeners.ts';
import { hintChannels } from './limits.ts';
import type { RedisClient, RedisLink } from './redis-link.ts';

/** `account:version`, both positive and of at most 16 digits. */
const hint = /^([1-9]\d{0,15}):([1-9]\d{0,15})$/;

export interface HintLinks {
  /** For what is said. */
  readonly speaking: RedisLink;
  /** For what is heard: a connection of its own, as RESP 2 wants it. */
  readonly hearing: RedisLink;
}

/**
 * Hints between processes: `account:version` on one of 256 channels, chosen by the account. A process subscribes to the
 * channels of the accounts that somebody here listens to, as long as one does.
 */
export class RedisHints implements Hints {
  readonly #links: HintLinks;
  readonly #prefix: string;
  readonly #listeners = new HintListeners();
  /** Listeners of each channel. */
  readonly #wanted = new Map<string, number>();
  /** Channels that the connection at hand is subscribed to, or has asked for. */
  #subscribed = new Set<string>();
  #adjusting = false;
  #adjustAgain = false;

  constructor(links: HintLinks, prefix: string) {
    this.#links = links;
    this.#prefix = `${prefix}:hints`;
  }

  /** False until all channels that are wanted are heard again after an outage. */
  get live(): boolean {
    return this.#links.speaking.up && this.#links.hearing.up;
  }

  /** Channels subscribed to now. */
  get channels(): number {
    return this.#subscribed.size;
  }

  announce(account: AccountId, version: number): void {
    // Lost when Redis is down: those who wait look for themselves then.
    this.#links.speaking
      .run((client) => client.publish(this.#channelOf(account), `${account}:${version}`))
      .catch(() => undefined);
  }

  listen(account: AccountId, onHint: (version: number) => void): () => void {
    const channel = this.#channelOf(account);
    const remove = this.#listeners.add(account, onHint);
    this.#wanted.set(channel, (this.#wanted.get(channel) ?? 0) + 1);
    this.adjust();
    let listening = true;
    return () => {
      if (!listening) return;
      listening = false;
      remove();
      const left = (this.#wanted.get(channel) ?? 1) - 1;
      if (left === 0) this.#wanted.delete(channel);
      else this.#wanted.set(channel, left);
      this.adjust();
    };
  }

  /** Subscribes a new connection to all that is wanted. */
  async begin(client: RedisClient): Promise<void> {
    this.#subscribed = new Set(this.#wanted.keys());
    if (this.#subscribed.size > 0) await client.subscribe([...this.#subscribed], this.#onMessage);
  }

  /** Brings the subscriptions to what is wanted, one change after the other; after an outage `begin` does all anew. */
  adjust(): void {
    if (!this.#links.hearing.up) return;
    if (this.#adjusting) {
      this.#adjustAgain = true;
      return;
    }
    this.#adjusting = true;
    this.#adjustAgain = false;
    this.#links.hearing
      .run((client) => this.#adjustNow(client))
      .catch(() => undefined)
      .finally(() => {
        this.#adjusting = false;
        if (this.#adjustAgain) this.adjust();
      });
  }

  async #adjustNow(client: RedisClient): Promise<void> {
    const subscribed = this.#subscribed;
    const more = [...this.#wanted.keys()].filter((channel) => !subscribed.has(channel));
    const less = [...subscribed].filter((channel) => !this.#wanted.has(channel));
    for (const channel of more) subscribed.add(channel);
    for (const channel of less) subscribed.delete(channel);
    if (more.length > 0) await client.subscribe(more, this.#onMessage);
    if (less.length > 0) await client.unsubscribe(less);
  }

  /** Anything may be said on a channel, by whoever may log in at Redis: what is no hint is no hint. */
  readonly #onMessage = (message: string): void => {
    const [, account, version] = hint.exec(message) ?? [];
    if (account !== undefined) this.#listeners.tell(Number(account) as AccountId, Number(version));
  };

  #channelOf(account: AccountId): string {
    return `${this.#prefix}:${account % hintChannels}`;
  }
}
