import type { AccountId } from '../../core/values.ts';
import type { Hints } from '../api.ts';
import { HintListeners } from '../hint-listeners.ts';

/** Hints within one process. Other processes are not heard, so it never says that it is live. */
export class LocalHints implements Hints {
  readonly live = false;
  readonly #listeners = new HintListeners();

  announce(account: AccountId, version: number): void {
    this.#listeners.tell(account, version);
  }

  listen(account: AccountId, onHint: (version: number) => void): () => void {
    return this.#listeners.add(account, onHint);
  }
}
