import type { Throttle } from '../bus/api.ts';
import { GatewayError } from '../gateway/gateway-error.ts';

export interface AttemptsOptions {
  readonly address: Throttle;
  readonly subject: Throttle;
}

/** Counts what strangers try, by address and by whose identity it is: what costs us work, and what could be guessed. */
export class Attempts {
  readonly #options: AttemptsOptions;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** Throws `TOO_MANY`. An attempt counts when it begins, so that many at once are many. */
  async ofAddress(peer: string): Promise<void> {
    await this.check(peer);
    await this.failed(peer);
  }

  /** Throws `TOO_MANY`. `key` says what is tried, and for whom. */
  async ofSubject(key: string): Promise<void> {
    await checkDelay(this.#options.subject, key);
    await this.#options.subject.failed(key);
  }

  /** Throws `TOO_MANY` after too many failures of the address. */
  async check(peer: string): Promise<void> {
    await checkDelay(this.#options.address, peer);
  }

  async failed(peer: string): Promise<void> {
    await this.#options.address.failed(peer);
  }

  /** Somebody at this address has an EDS: an office full of people is no attack. */
  async succeeded(peer: string): Promise<void> {
    await this.#options.address.succeeded(peer);
  }
}

async function checkDelay(throttle: Throttle, key: string): Promise<void> {
  const delayMs = await throttle.delayMs(key);
  if (delayMs > 0) {
    throw new GatewayError('TOO_MANY', { seconds: String(Math.ceil(delayMs / 1000)) });
  }
}
