import type { AccountId } from '../core/values.ts';

/** Counters that hold across sessions, and across processes where a shared bus is configured. */
export interface Throttle {
  /** Milliseconds to wait before another attempt is looked at; 0 when it may go on. */
  delayMs(key: string): Promise<number>;
  /** Notes a failure: the delay of the key doubles, up to a limit. */
  failed(key: string): Promise<void>;
  /** Forgets the failures of the key. */
  succeeded(key: string): Promise<void>;
}

/** Sessions open at once: of an account, of an address, of a protocol, of the process. */
export interface SessionCount {
  /** Takes a place, or answers undefined when `limit` is reached. Call the result to give it back. */
  enter(key: string, limit: number): Promise<(() => void) | undefined>;
}

/**
 * Says that accounts have changed, so that other processes need not ask all the time. A hint may be lost: whoever
 * must know looks for itself now and then, and more often while `live` is false.
 */
export interface Hints {
  /** Hints of all processes come through at present. */
  readonly live: boolean;
  /** The account was changed; `version` counts its commits. Waits for nothing and never fails. */
  announce(account: AccountId, version: number): void;
  /** Calls back for each hint of the account, of this process too, until the returned function is called. */
  listen(account: AccountId, onHint: (version: number) => void): () => void;
}

/** Takes a place under each key, or none and answers undefined. */
export async function enterAll(
  sessions: SessionCount,
  places: readonly (readonly [key: string, limit: number])[],
): Promise<(() => void) | undefined> {
  const taken: (() => void)[] = [];
  const leave = (): void => {
    for (const one of taken) one();
  };
  for (const [key, limit] of places) {
    const one = await sessions.enter(key, limit);
    if (one === undefined) {
      leave();
      return undefined;
    }
    taken.push(one);
  }
  return leave;
}
