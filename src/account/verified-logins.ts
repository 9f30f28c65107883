import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';

export interface VerifiedLoginsOptions {
  readonly clock: Clock;
  /** How long an outcome holds. */
  readonly lifetimeMs: number;
  readonly maxEntries: number;
}

/**
 * Remembers for a short time how a password compared, so that a client that opens five connections, or a forgotten
 * phone with an old password, does not cost a hash each. Only an HMAC under a key of this process is kept. The
 * verifier is part of what is signed, so a changed password never meets an old outcome.
 */
export class VerifiedLogins {
  readonly #options: VerifiedLoginsOptions;
  readonly #key = randomBytes(32);
  /** In order of entry, oldest first. */
  readonly #outcomes = new Map<string, { readonly right: boolean; readonly until: number }>();

  constructor(options: VerifiedLoginsOptions) {
    this.#options = options;
  }

  /** True or false as `remember` was told, undefined when nothing is known (any more). */
  recall(login: string, verifier: string | undefined, password: string): boolean | undefined {
    const outcome = this.#outcomes.get(this.#fingerprint(login, verifier, password));
    if (outcome === undefined || outcome.until <= this.#options.clock.now()) return undefined;
    return outcome.right;
  }

  remember(login: string, verifier: string | undefined, password: string, right: boolean): void {
    if (this.#options.lifetimeMs === 0) return;
    const fingerprint = this.#fingerprint(login, verifier, password);
    this.#outcomes.delete(fingerprint);
    const until = this.#options.clock.now() + this.#options.lifetimeMs;
    this.#outcomes.set(fingerprint, { right, until });
    if (this.#outcomes.size > this.#options.maxEntries) {
      const oldest = this.#outcomes.keys().next();
      if (oldest.done !== true) this.#outcomes.delete(oldest.value);
    }
  }

  get size(): number {
    return this.#outcomes.size;
  }

  #fingerprint(login: string, verifier: string | undefined, password: string): string {
    const hmac = createHmac('sha256', this.#key);
    // Lengths in front, so that no two triples are the same octets.
    for (const part of [login, verifier ?? '', password]) {
      hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    }
    return hmac.digest('base64');
  }
}
