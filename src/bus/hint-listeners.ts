import type { AccountId } from '../core/values.ts';

type OnHint = (version: number) => void;

/** Who of this process wants the hints of which account. */
export class HintListeners {
  readonly #accounts = new Map<AccountId, Set<OnHint>>();

  /** Call the result to take it back. Each call is a listener of its own, also of the same function. */
  add(account: AccountId, onHint: OnHint): () => void {
    const listener: OnHint = (version) => {
      onHint(version);
    };
    const listeners = this.#accounts.get(account) ?? new Set();
    this.#accounts.set(account, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#accounts.get(account) === listeners) {
        this.#accounts.delete(account);
      }
    };
  }

  tell(account: AccountId, version: number): void {
    for (const listener of [...(this.#accounts.get(account) ?? [])]) listener(version);
  }
}
