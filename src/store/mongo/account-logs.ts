import type { Hints } from '../../bus/api.ts';
import type { Clock } from '../../core/clock.ts';
import type { AccountId } from '../../core/values.ts';
import { accountsCached, idleViewMessages } from '../common/limits.ts';
import { AccountLog, type AccountLogOptions } from './account-log.ts';
import type { Database } from './database.ts';
import { hintedPollMs, pollMs, polledAtOnce } from './limits.ts';

/** The accounts that this process knows: those in use and those used lately. */
export class AccountLogs {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #options: AccountLogOptions & { readonly hints: Hints };
  readonly #logs = new Map<number, Promise<AccountLog>>();
  readonly #loaded = new Map<number, AccountLog>();
  readonly #poll: NodeJS.Timeout;
  #polling = false;
  /** Hints came through when it was looked at last. */
  #hinted = false;

  constructor(db: Database, clock: Clock, options: AccountLogOptions & { readonly hints: Hints }) {
    this.#db = db;
    this.#clock = clock;
    this.#options = options;
    this.#poll = setInterval(() => {
      void this.#pollWatched();
    }, pollMs).unref();
  }

  /** `not-found` */
  async get(account: AccountId): Promise<AccountLog> {
    const known = this.#loaded.get(account);
    if (known !== undefined) {
      // The newest come last, so that the first is the one to forget.
      this.#loaded.delete(account);
      this.#loaded.set(account, known);
      return known;
    }
    let loading = this.#logs.get(account);
    if (loading === undefined) {
      loading = AccountLog.load(this.#db, this.#clock, account, this.#options);
      this.#logs.set(account, loading);
      loading.then(
        (log) => {
          this.#logs.delete(account);
          this.#loaded.set(account, log);
          this.#forgetOldest();
        },
        () => this.#logs.delete(account),
      );
    }
    return loading;
  }

  /** Keeps the account while `use` runs. */
  async with<T>(account: AccountId, use: (log: AccountLog) => Promise<T>): Promise<T> {
    const log = await this.get(account);
    log.pins++;
    try {
      return await use(log);
    } finally {
      log.pins--;
    }
  }

  /** Calls back after each change of the account, also when it is not known yet. */
  watch(account: AccountId, onChange: () => void): () => void {
    const known = this.#loaded.get(account);
    if (known !== undefined) return known.watch(onChange);
    let stop: (() => void) | undefined;
    let stopped = false;
    this.get(account).then(
      (log) => {
        if (!stopped) stop = log.watch(onChange);
      },
      () => undefined,
    );
    return () => {
      stopped = true;
      stop?.();
    };
  }

  /** Notices that were committed are in the outbox then, also those of a process that died before it got there. */
  async notesProjected(): Promise<void> {
    const heads = await this.#db.find<{ readonly _id: AccountId }>(
      'heads',
      { todo: { $gt: 0 } },
      { projection: { _id: 1 } },
    );
    for (const { _id } of heads) await this.with(_id, (log) => log.projected());
  }

  /** Everything that waits is committed, and what was committed is in the pages. */
  async close(): Promise<void> {
    clearInterval(this.#poll);
    await Promise.allSettled(this.#logs.values());
    await Promise.allSettled([...this.#loaded.values()].map((log) => log.settled()));
  }

  #forgetOldest(): void {
    let idle = 0;
    for (const log of this.#loaded.values()) idle += log.idleMessages;
    for (const [account, log] of this.#loaded) {
      const tooMany = this.#loaded.size > accountsCached;
      if (!tooMany && idle <= idleViewMessages) return;
      if (log.busy) continue;
      idle -= log.idleMessages;
      if (tooMany) this.#loaded.delete(account);
      else log.dropIdleViews();
    }
  }

  /**
   * Learns of what other processes did to accounts that somebody watches: each second; where hints tell of it, much
   * more seldom, for a hint may be lost, and once when they come through again.
   */
  async #pollWatched(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    try {
      const hinted = this.#options.hints.live;
      // When hints come again, everybody: what was said just before was not heard.
      const unheardMs = hinted ? 0 : pollMs / 2;
      const ageMs = hinted && this.#hinted ? hintedPollMs : unheardMs;
      this.#hinted = hinted;
      const before = performance.now() - ageMs;
      const due = [...this.#loaded.values()].filter((log) => log.watched && log.seenAt <= before);
      for (let i = 0; i < due.length; i += polledAtOnce) {
        const some = due.slice(i, i + polledAtOnce);
        await Promise.all(some.map((log) => log.refresh().catch(() => undefined)));
      }
    } finally {
      this.#polling = false;
    }
  }
}
