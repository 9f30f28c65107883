import { MailError } from '../../core/errors.ts';
import type { AccountId, MailboxId } from '../../core/values.ts';
import type { Quota } from '../api.ts';
import { type AccountEvent, readEvents } from './account-event.ts';
import { AccountState } from './account-state.ts';
import { accountsCached, idleViewMessages } from '../common/limits.ts';
import type { LiveView } from './live-view.ts';
import type { Events } from './protocol.ts';
import { QuotaCache, quotaOf } from './quota-cache.ts';
import type { Threads } from './threads.ts';

interface Entry {
  readonly loaded: Promise<AccountState>;
  state: AccountState | undefined;
  /** Events that arrived before the snapshot. */
  early: AccountEvent[];
  /** Open mailboxes; the entry stays while there are any. */
  pins: number;
}

interface IdleView {
  readonly state: AccountState;
  readonly mailbox: MailboxId;
  readonly messages: number;
}

/** What the protocol thread knows of accounts: the states in use, those used lately, and who watches. */
export class AccountStates {
  #threads: Threads | undefined;
  readonly #shards: number;
  readonly #entries = new Map<AccountId, Entry>();
  readonly #quotas = new QuotaCache();
  readonly #watchers = new Map<AccountId, Set<() => void>>();
  #changed = new Set<AccountId>();
  readonly #idle = new Map<LiveView, IdleView>();
  #idleMessages = 0;

  constructor(shards: number) {
    this.#shards = shards;
  }

  /** Gives it the threads to ask, which need its `apply` first. */
  connect(threads: Threads): void {
    this.#threads = threads;
  }

  /** The threads, for those who load through this. */
  get threads(): Threads {
    if (this.#threads === undefined) throw new Error('not connected');
    return this.#threads;
  }

  /** The shard of an account. */
  shardOf(account: AccountId): number {
    return account % this.#shards;
  }

  /** `not-found` */
  async get(account: AccountId): Promise<AccountState> {
    const entry = this.#entries.get(account);
    if (entry !== undefined) {
      // The newest come last, so that the first is the one to forget.
      this.#entries.delete(account);
      this.#entries.set(account, entry);
      return entry.state ?? entry.loaded;
    }
    return this.#load(account).loaded;
  }

  /** Keeps the account's state until `unpin`. */
  async pin(account: AccountId): Promise<AccountState> {
    const entry = this.#entries.get(account) ?? this.#load(account);
    entry.pins++;
    try {
      return await entry.loaded;
    } catch (error) {
      entry.pins--;
      throw error;
    }
  }

  unpin(account: AccountId): void {
    const entry = this.#entries.get(account);
    if (entry !== undefined) entry.pins--;
  }

  /** Whether somebody has a mailbox of it open. */
  isOpen(account: AccountId): boolean {
    return (this.#entries.get(account)?.pins ?? 0) > 0;
  }

  /** Asks the file again the next time: for changes that no event tells of. */
  forget(account: AccountId): void {
    this.#quotas.forget(account);
    const entry = this.#entries.get(account);
    if (entry === undefined) return;
    this.#entries.delete(account);
    for (const [view, idle] of this.#idle) {
      if (idle.state === entry.state) this.#dropIdle(view, idle);
    }
  }

  /** `not-found` */
  async quota(account: AccountId): Promise<Quota> {
    const state = this.#entries.get(account)?.state;
    if (state !== undefined) return state.quota;
    const figures = await this.#quotas.get(account, () =>
      this.threads.read('quota', { a: account }),
    );
    if (figures === undefined) throw new MailError('not-found', 'No such account');
    return quotaOf(figures);
  }

  watch(account: AccountId, onChange: () => void): () => void {
    // Each call is its own watcher, also of the same function.
    const watcher = (): void => {
      onChange();
    };
    const watchers = this.#watchers.get(account) ?? new Set();
    this.#watchers.set(account, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(account) === watchers) {
        this.#watchers.delete(account);
      }
    };
  }

  /** A view is in use again. */
  use(view: LiveView): void {
    view.users++;
    const idle = this.#idle.get(view);
    if (idle === undefined) return;
    this.#idle.delete(view);
    this.#idleMessages -= idle.messages;
  }

  /** A view is let go by one user; without users it is kept for the next SELECT while there is room. */
  leave(state: AccountState, mailbox: MailboxId, view: LiveView): void {
    view.users--;
    if (view.users > 0) return;
    this.#idle.set(view, { state, mailbox, messages: view.count });
    this.#idleMessages += view.count;
    for (const [oldest, idle] of this.#idle) {
      if (this.#idleMessages <= idleViewMessages && this.#idle.size <= accountsCached) break;
      this.#dropIdle(oldest, idle);
    }
  }

  /** Makes commits visible: quota figures, states, views. */
  apply(events: Events): void {
    const wanted = (a: number): boolean =>
      this.#entries.has(a as AccountId) ||
      this.#quotas.has(a) ||
      this.#watchers.has(a as AccountId);
    for (const event of readEvents(events, wanted)) {
      const account = event.a as AccountId;
      const { seq, bytes, count, detail } = event;
      const limits = detail?.limits;
      this.#quotas.apply(event.a, { seq, bytes, count, ...(limits && { limits }) });
      const entry = this.#entries.get(account);
      if (entry?.state !== undefined) entry.state.apply(event);
      else entry?.early.push(event);
      if (this.#watchers.has(account)) this.#changed.add(account);
    }
  }

  /** Tells the watchers of what was applied since the last call. */
  notify(): void {
    if (this.#changed.size === 0) return;
    const changed = this.#changed;
    this.#changed = new Set();
    for (const account of changed) {
      for (const watcher of [...(this.#watchers.get(account) ?? [])]) watcher();
    }
  }

  #load(account: AccountId): Entry {
    const loaded = this.threads.read('account', { a: account }).then((snapshot) => {
      if (snapshot === undefined) throw new MailError('not-found', 'No such account');
      const state = new AccountState(account, snapshot);
      for (const event of entry.early) state.apply(event);
      entry.early = [];
      entry.state = state;
      return state;
    });
    const entry: Entry = { loaded, state: undefined, early: [], pins: 0 };
    this.#entries.set(account, entry);
    loaded.catch(() => {
      if (this.#entries.get(account) === entry) this.#entries.delete(account);
    });
    this.#forgetOldest();
    return entry;
  }

  #forgetOldest(): void {
    if (this.#entries.size <= accountsCached) return;
    for (const [account, entry] of this.#entries) {
      if (entry.pins > 0 || entry.state === undefined) continue;
      this.#entries.delete(account);
      for (const [view, idle] of this.#idle) {
        if (idle.state === entry.state) this.#dropIdle(view, idle);
      }
      if (this.#entries.size <= accountsCached) return;
    }
  }

  #dropIdle(view: LiveView, idle: IdleView): void {
    this.#idle.delete(view);
    this.#idleMessages -= idle.messages;
    idle.state.dropView(idle.mailbox, view);
  }
}
