import { MailError } from '../../../core/errors.ts';
import type { AccountId, EmailId } from '../../../core/values.ts';
import type { TextMatcher, TextPart } from '../../api.ts';
import { placeOf } from '../email-place.ts';
import { indexDelayMs } from '../limits.ts';
import type { IndexOps } from '../protocol.ts';
import { ThreadPort } from '../thread-port.ts';
import type { Threads } from '../threads.ts';
import type { IndexThreadData } from './index-thread.ts';
import { trigramQuery } from './trigrams.ts';

/** What a check of the index found. */
export interface IndexCheck {
  /** Messages that the index says it holds and does not. */
  readonly missing: number;
  /** What SQLite says of the files. */
  readonly problems: readonly string[];
}

export interface TextIndexOptions extends IndexThreadData {
  readonly threads: Threads;
  readonly onTrouble: (text: string) => void;
}

/**
 * The index of texts: has the index thread follow the shards and asks the readers what it holds. Without it, or while
 * it is behind, searches read letters; nothing else waits for it, and nothing fails with it.
 */
export class TextIndex {
  readonly #options: TextIndexOptions;
  #port: Promise<ThreadPort> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  readonly #rebuilding = new Map<number, Promise<void>>();

  constructor(options: TextIndexOptions) {
    this.#options = options;
  }

  /** Goes on where an earlier run ended. */
  async resume(): Promise<void> {
    const behind = await this.#options.threads.read('textsBehind', {}).catch(() => true);
    if (behind) this.wake();
  }

  /** Letters came: they are indexed after a moment in which more may come. */
  wake(): void {
    if (this.#closed) return;
    this.#again = true;
    if (this.#running !== undefined) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.settled();
    }, indexDelayMs).unref();
  }

  /** Indexes all that was committed before the call. */
  async settled(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#follow().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async find(account: AccountId, part: TextPart, needle: string): Promise<TextMatcher | undefined> {
    const query = trigramQuery(needle);
    if (query === undefined) return undefined;
    const { threads, shards } = this.#options;
    const found = await threads.read('findText', { a: account, part, query });
    const emails = new Set<number>();
    const marks = found.map(({ mark }) => mark);
    for (const [shard, rows] of found.entries()) {
      for (const email of rows.emails) emails.add(email);
      if (rows.damaged) this.#mend(shard);
    }
    return (email: EmailId): boolean => {
      if (emails.has(email)) return true;
      const { s, c } = placeOf(email, shards);
      return c >= (marks[s] ?? 0);
    };
  }

  /** Removes rows of contents that are gone; answers how many. What fails is reported and left for the next time. */
  async sweep(stopped: () => boolean): Promise<number> {
    let removed = 0;
    for (let shard = 0; shard < this.#options.shards; shard++) {
      let after: string | undefined;
      do {
        const step: IndexOps['sweep']['result'] | undefined = await this.#call(shard, 'sweep', {
          after,
        }).catch(() => undefined);
        removed += step?.removed ?? 0;
        after = step?.next;
      } while (after !== undefined && !stopped());
    }
    return removed;
  }

  /** Compares the index with the store. */
  async check(): Promise<IndexCheck> {
    let missing = 0;
    const problems: string[] = [];
    for (let shard = 0; shard < this.#options.shards; shard++) {
      let after: number | undefined;
      try {
        do {
          const step: IndexOps['check']['result'] = await this.#call(shard, 'check', { after });
          missing += step.missing;
          problems.push(...step.problems);
          after = step.next;
        } while (after !== undefined);
      } catch (error) {
        if (!isDamage(error)) throw error;
        problems.push(`search-${shard}.sqlite is damaged`);
      }
    }
    return { missing, problems };
  }

  /** Forgets the index and makes it anew; searches go on meanwhile. */
  async rebuild(): Promise<void> {
    for (let shard = 0; shard < this.#options.shards; shard++) await this.#rebuild(shard);
    await this.settled();
  }

  /** Ends what is going on after the step at hand; the rest is for the next open. */
  stop(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async close(): Promise<void> {
    this.stop();
    await this.#running;
    await Promise.allSettled(this.#rebuilding.values());
    const port = await this.#port?.catch(() => undefined);
    await port?.close();
  }

  async #follow(): Promise<void> {
    while (this.#again && !this.#isClosed()) {
      this.#again = false;
      for (let shard = 0; shard < this.#options.shards; shard++) await this.#followShard(shard);
    }
  }

  async #followShard(shard: number): Promise<void> {
    try {
      let more = true;
      while (more && !this.#isClosed()) ({ more } = await this.#call(shard, 'index', undefined));
    } catch (error) {
      // What failed was reported; the next letter is the next try. A damaged file gets no better by itself.
      if (!isDamage(error)) return;
      await this.#rebuild(shard).catch(() => undefined);
      this.#again = true;
    }
  }

  #mend(shard: number): void {
    this.#rebuild(shard).then(
      () => {
        this.wake();
      },
      () => undefined,
    );
  }

  #rebuild(shard: number): Promise<void> {
    let rebuilding = this.#rebuilding.get(shard);
    if (rebuilding === undefined) {
      rebuilding = this.#makeAnew(shard).finally(() => this.#rebuilding.delete(shard));
      this.#rebuilding.set(shard, rebuilding);
    }
    return rebuilding;
  }

  /** A damaged file is removed, which needs all its readers to let go of it. */
  async #makeAnew(shard: number): Promise<void> {
    await this.#options.threads.readAll('closeText', { s: shard });
    await this.#call(shard, 'rebuild', undefined);
  }

  async #call<K extends keyof IndexOps>(
    shard: number,
    kind: K,
    args: IndexOps[K]['args'],
  ): Promise<IndexOps[K]['result']> {
    const { folder, shards, store, onTrouble } = this.#options;
    const data: IndexThreadData = { folder, shards, store };
    // A thread that died is a store without an index, which goes on; it was reported.
    const onDeath = (error: Error): void => {
      onTrouble(`search index: ${error.message}`);
    };
    this.#port ??= ThreadPort.start('./search/index-thread', data, { onTrouble, onDeath }).catch(
      (error: unknown) => {
        onTrouble(`search index: ${String(error)}`);
        this.#port = undefined;
        throw error;
      },
    );
    const port = await this.#port;
    return port.call(shard, kind, args, 0, 0) as Promise<IndexOps[K]['result']>;
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof MailError && error.failure === 'invalid';
}
