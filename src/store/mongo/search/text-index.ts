import type { Clock } from '../../../core/clock.ts';
import { MailError } from '../../../core/errors.ts';
import type { Log } from '../../../core/log.ts';
import type { AccountId, EmailId } from '../../../core/values.ts';
import type { Finding, TextLookup, TextMatcher, TextPart } from '../../api.ts';
import { indexDelayMs } from '../../common/limits.ts';
import type { Database } from '../database.ts';
import type { Emails } from '../emails.ts';
import { completeAccounts, indexWaiting } from '../limits.ts';
import { checkTexts } from './check-texts.ts';
import { removeTexts, sweepTexts } from './sweep-texts.ts';
import { TextMaker } from './text-maker.ts';
import { TextReader } from './text-reader.ts';
import { closesBlock, TextWriter } from './text-writer.ts';

/** What findings call the index. */
const searchProjection = 'search index';

/** What of an account is to be indexed: these emails, or whatever is missing. */
type Waiting = Set<number> | 'all';

/**
 * The index of texts: takes what this process committed, some time after the commit, and what a search missed. Without
 * it, or while it is behind, searches read letters; nothing else waits for it, and nothing fails with it.
 */
export class TextIndex {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #maker = new TextMaker();
  readonly #reader: TextReader;
  readonly #writer: TextWriter;
  readonly #waiting = new Map<number, Waiting>();
  #waitingEmails = 0;
  /** Accounts by the number up to which nothing is missing. */
  readonly #complete = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(db: Database, clock: Clock, emails: Emails, log: Log) {
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
    this.#reader = new TextReader(db);
    this.#writer = new TextWriter(db, clock, emails, this.#maker);
  }

  /** Emails came: they are indexed after a moment in which more may come. */
  wake(a: number, emails: readonly number[]): void {
    if (this.#closed || this.#waitingEmails >= indexWaiting) return;
    const waiting = this.#waiting.get(a);
    if (waiting === 'all') return;
    if (waiting === undefined) this.#waiting.set(a, new Set(emails));
    else for (const e of emails) waiting.add(e);
    this.#waitingEmails += emails.length;
    this.#schedule();
  }

  /** Indexes all that came before the call. */
  settled(): Promise<void> {
    return this.#take();
  }

  async find(
    account: AccountId,
    part: TextPart,
    needle: string,
    nextEmail: number,
  ): Promise<TextMatcher | undefined> {
    try {
      const found = await this.#reader.find(account, part, needle);
      if (found === undefined) return undefined;
      if (found.damaged) this.#log.warn('search-index-damaged', { account });
      const known = (this.#complete.get(account) ?? 0) >= nextEmail;
      if (!known && !this.#waiting.has(account)) {
        if (found.isComplete(nextEmail)) this.#noteComplete(account, nextEmail);
        else this.wakeAll(account);
      }
      return found.matcher;
    } catch (error) {
      this.#excuse(error);
      return () => undefined;
    }
  }

  async compare(
    account: AccountId,
    emails: readonly EmailId[],
    lookup: TextLookup,
  ): Promise<readonly (boolean | undefined)[]> {
    try {
      return await this.#reader.compare(account, emails, lookup);
    } catch (error) {
      this.#excuse(error);
      return emails.map(() => undefined);
    }
  }

  /** Forgets emails of an account that are gone. */
  async sweep(a: number): Promise<void> {
    await sweepTexts(this.#db, a, this.#clock.now());
    this.#complete.delete(a);
  }

  /** What is wrong with an account's index. */
  async check(account: AccountId): Promise<readonly Finding[]> {
    const { missing, damagedBlocks } = await checkTexts(this.#db, account);
    const details = [
      ...(missing > 0 ? [`${missing} messages are not in it`] : []),
      ...(damagedBlocks > 0 ? [`${damagedBlocks} blocks are damaged`] : []),
    ];
    return details.map((detail) => ({
      kind: 'projection',
      projection: searchProjection,
      detail,
      repairable: true,
      account,
    }));
  }

  /** Forgets the index of an account and makes it anew; searches go on meanwhile. */
  async rebuild(account: AccountId): Promise<void> {
    await removeTexts(this.#db, account);
    await this.#writer.complete(account);
  }

  /** What is going on ends with the account at hand; the rest is for the first search that misses it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#waiting.clear();
    await this.#maker.close();
    await this.#running;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#take();
    }, indexDelayMs).unref();
  }

  /** Messages came by another way: whatever is missing is indexed after a moment. */
  wakeAll(a: number): void {
    if (this.#closed) return;
    this.#waiting.set(a, 'all');
    this.#schedule();
  }

  /** One account after the other. */
  #take(): Promise<void> {
    this.#running = this.#running.then(async () => {
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      this.#waitingEmails = 0;
      for (const [a, emails] of waiting) {
        if (this.#isClosed()) return;
        await this.#index(a, emails).catch((error: unknown) => {
          this.#excuse(error);
        });
      }
    });
    return this.#running;
  }

  async #index(a: number, emails: Waiting): Promise<void> {
    if (emails === 'all') {
      const nextEmail = await this.#writer.complete(a);
      this.#noteComplete(a, nextEmail);
      return;
    }
    const numbers = [...emails].sort((x, y) => x - y);
    await this.#writer.index(a, numbers);
    if (numbers.some(closesBlock)) await this.#writer.merge(a);
  }

  #noteComplete(a: number, nextEmail: number): void {
    if (this.#complete.size >= completeAccounts) this.#complete.clear();
    this.#complete.set(a, nextEmail);
  }

  /** A search or a step that fails is told of and not missed: letters tell what the index cannot. */
  #excuse(error: unknown): void {
    if (this.#closed) return;
    if (error instanceof MailError && error.failure === 'unavailable') return;
    this.#log.error('search-index-failed', { err: error });
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}
