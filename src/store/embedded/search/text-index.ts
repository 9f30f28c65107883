import { MailError } from '../../../core/errors.ts';
import type { AccountId, EmailId } from '../../../core/values.ts';
import type { TextLookup, TextMatcher, TextPart } from '../../api.ts';
import { placeOf } from '../email-place.ts';
import { indexDelayMs } from '../../common/limits.ts';
import { type ComparedTexts, type IndexOps, verdict } from '../protocol.ts';
import { ThreadPort } from '../thread-port.ts';
import type { Threads } from '../threads.ts';
import type { IndexThreadData } from './index-thread.ts';
import { isOneTrigram, trigramQuery } from './trigram-query.ts';

/** What a check of the index found. */
export interface IndexCheck {
  /** Messages that the index says it holds and does not. */
  readonly missing: number;
  /** What SQLite says of the files. */
  readonly problems: readonly string[];
}

export interface TextIndexOptions extends Omit<IndexThreadData, 'stop'> {
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
  /** What the thread looks at while it is at work. */
  readonly #stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
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
      this.#running = this.#follow().finally(() => {
        this.#running = undefined;
      });
    }, indexDelayMs).unref();
  }

  /** Indexes all that was committed before the call, and does not wait for what comes after. */
  async settled(): Promise<void> {
    const next = await this.#options.threads.read('nextContents', {});
    for (const shard of this.#followed()) await this.#followShard(shard, next[shard]);
  }

  async find(account: AccountId, part: TextPart, needle: string): Promise<TextMatcher | undefined> {
    const query = trigramQuery(needle);
    if (query === undefined) return undefined;
    const { threads, shards } = this.#options;
    const found = await threads.read('findText', { a: account, part, query });
    const emails = new Set<number>();
    const always = new Set<number>();
    const marks = found.map(({ mark }) => mark);
    for (const [shard, rows] of found.entries()) {
      for (const email of rows.emails) emails.add(email);
      for (const email of rows.always) always.add(email);
      if (rows.damaged) this.#mend(shard);
    }
    const isWhole = isOneTrigram(needle);
    return (email: EmailId): boolean | undefined => {
      if (emails.has(email)) return isWhole ? true : undefined;
      if (always.has(email)) return undefined;
      const { s, c } = placeOf(email, shards);
      return c >= (marks[s] ?? 0) ? undefined : false;
    };
  }

  /** Compares kept texts, in reads that each take a reader thread for a moment. */
  async compare(
    emails: readonly EmailId[],
    { part, field, needle }: TextLookup,
  ): Promise<readonly (boolean | undefined)[]> {
    const told: (boolean | undefined)[] = [];
    let open = emails.map((_, i) => i);
    while (open.length > 0) {
      const { verdicts, damaged }: ComparedTexts = await this.#options.threads.read(
        'compareTexts',
        { text: { part, field, needle }, emails: open.map((i) => emails[i] as EmailId) },
      );
      for (const shard of damaged) this.#mend(shard);
      for (const [at, i] of open.entries()) told[i] = verdictOf(verdicts[at]);
      open = open.filter((_, at) => verdicts[at] === verdict.later);
    }
    return told;
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
      await this.#sweepTexts(shard, stopped);
    }
    return removed;
  }

  /** Compares the index with the store. */
  async check(): Promise<IndexCheck> {
    let missing = 0;
    const problems: string[] = [];
    for (const shard of this.#followed()) {
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
    for (const shard of this.#followed()) await this.#rebuild(shard);
    await this.settled();
  }

  /** Ends what is going on, and gives up the step at hand: the rest is for the next open. */
  stop(): void {
    this.#closed = true;
    Atomics.store(this.#stop, 0, 1);
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
      for (const shard of this.#followed()) await this.#followShard(shard);
    }
  }

  /** The shards that could be opened. */
  #followed(): number[] {
    const { shards, threads } = this.#options;
    return Array.from({ length: shards }, (_, shard) => shard).filter((shard) =>
      threads.has(shard),
    );
  }

  async #sweepTexts(shard: number, stopped: () => boolean): Promise<void> {
    let after: number | undefined = 0;
    while (after !== undefined && !stopped()) {
      const step: IndexOps['sweepTexts']['result'] | undefined = await this.#call(
        shard,
        'sweepTexts',
        { after },
      ).catch(() => undefined);
      after = step?.next;
    }
  }

  /** Goes on until all contents are indexed, or those below `until`. */
  async #followShard(shard: number, until = Infinity): Promise<void> {
    try {
      let step = { more: true, mark: 0 };
      while (step.more && step.mark < until && !this.#isClosed()) {
        step = await this.#call(shard, 'index', undefined);
      }
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
    const data: IndexThreadData = { folder, shards, store, stop: this.#stop };
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

function verdictOf(octet: number | undefined): boolean | undefined {
  if (octet === verdict.holds) return true;
  return octet === verdict.lacks ? false : undefined;
}

function isDamage(error: unknown): boolean {
  return error instanceof MailError && error.failure === 'invalid';
}
