import { randomBytes } from 'node:crypto';
import type { Hints } from '../../bus/api.ts';
import type { Clock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
import type { AccountId, MailboxId, ModSeq, Uid } from '../../core/values.ts';
import type { AccountStatus } from '../api.ts';
import { deliveryIdsKept } from '../common/limits.ts';
import { MailboxView } from '../mailbox-view.ts';
import type { Database } from './database.ts';
import { Draft, NotNow } from './draft.ts';
import type { Entry } from './entry.ts';
import type { Box, Head, HeadDocument } from './head.ts';
import { commitChange, headAfter, headFrom } from './head-document.ts';
import { type PendingLetter, prepareLetters } from './letters.ts';
import {
  batchDocuments,
  commitPatienceMs,
  headStaleMs,
  mergedOperations,
  racesLost,
  tailFull,
  tailUnprojected,
  turnAttempts,
} from './limits.ts';
import type { PageDocument } from './page.ts';
import { PageSet } from './page-set.ts';
import { project } from './projector.ts';
import { noHints } from './no-hints.ts';
import type { Answer } from './recent-ids.ts';
import { dropPayloads, packEntries } from './tail.ts';
import { unknownOutcome } from './unknown-outcome.ts';
import { systemWaits, type Waits } from './waits.ts';
import { followEntry } from './view-changes.ts';

/** A change of an account: what it needs, and what it makes of a draft. */
export interface Operation<T> {
  /** Mailboxes whose rows it reads. */
  readonly rows?: readonly number[];
  /** Contents that it brings. Not asked for when `settled` says that it needs none. */
  readonly letters?: readonly PendingLetter[];
  /** Lasting delivery ids that it asks for. */
  readonly lasting?: readonly string[];
  /** Whether it will be refused, or was done before, as the head says: its letters need not be written. */
  settled?(head: Head): boolean;
  /** Applies it, or throws the `MailError` that refuses it before anything changed. May be called again after a conflict. */
  apply(draft: Draft): T;
}

interface Waiting {
  readonly operation: Operation<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Result = { readonly value: unknown } | { readonly error: unknown };

interface LoadedView {
  view: MailboxView | undefined;
  /** While it is read from the pages; it does not follow entries then. */
  loading: Promise<void> | undefined;
  /** It could not be read when it had to be: it follows entries again when it was. */
  stale: boolean;
  users: number;
}

export interface AccountLogOptions {
  readonly waits?: Waits;
  /** Between those who have the account open. */
  readonly hints?: Hints;
  /** Told when the account was found to be active no more, or active again. */
  readonly onStatus?: (account: AccountId, status: AccountStatus) => void;
}

/**
 * One account as this process sees it, and its way to change it. All changes go through one queue; what waits when a
 * commit begins goes with it. Another process may commit at any moment: then the write finds another `v`, the head is
 * read again, and the operations are applied to that one.
 */
export class AccountLog {
  readonly a: number;
  /** Those who keep it from being forgotten. */
  pins = 0;
  /** When the last read or write of the head began, by the waits' clock: all that was committed before is known. */
  seenAt = 0;
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #waits: Waits;
  readonly #hints: Hints;
  readonly #onStatus: AccountLogOptions['onStatus'];
  #head: Head;
  /** Entries up to this are in the pages, as far as this process knows. */
  #projected: number;
  #queue: Waiting[] = [];
  #working: Promise<void> | undefined;
  #projecting: Promise<void> | undefined;
  readonly #views = new Map<number, LoadedView>();
  readonly #watchers = new Set<() => void>();
  /** Ends the hints, which come while somebody watches. */
  #deafen: (() => void) | undefined;
  /** The newest version that a hint told of. */
  #hinted = 0;
  #following: Promise<void> | undefined;

  /** `not-found` */
  static async load(
    db: Database,
    clock: Clock,
    a: number,
    options: AccountLogOptions = {},
  ): Promise<AccountLog> {
    const asked = (options.waits ?? systemWaits).now();
    const head = await readHead(db, a, 0, []);
    if (head === undefined || head.who.status === 'making' || head.who.status === 'dead') {
      throw new MailError('not-found', 'No such account');
    }
    return new AccountLog(db, clock, head, asked, options);
  }

  private constructor(
    db: Database,
    clock: Clock,
    head: Head,
    asked: number,
    { waits = systemWaits, hints = noHints, onStatus }: AccountLogOptions,
  ) {
    this.a = head.a;
    this.#db = db;
    this.#clock = clock;
    this.#head = head;
    this.#projected = head.base;
    this.#waits = waits;
    this.#hints = hints;
    this.#onStatus = onStatus;
    this.seenAt = asked;
  }

  get head(): Head {
    return this.#head;
  }

  /** Whether something is going on in it. */
  get busy(): boolean {
    return this.pins > 0 || this.#working !== undefined || this.#watchers.size > 0;
  }

  /** Whether somebody wants to be told of changes. */
  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  run<T>(operation: Operation<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ operation, resolve: resolve as (value: unknown) => void, reject });
      this.#working ??= this.#work();
    });
  }

  /** Learns of what others committed: one small read when that is nothing. */
  async refresh(): Promise<void> {
    const asked = this.#waits.now();
    const head = await readHead(this.#db, this.a, this.#head.v, this.#head.tail);
    this.seenAt = Math.max(this.seenAt, asked);
    if (head !== undefined && head.v > this.#head.v) this.#advance(head);
    this.#reloadViews(({ stale }) => stale);
  }

  /** Makes the view of the mailbox show all that was committed before that time of the waits' clock. */
  showAsOf(m: number, asOf: number): Promise<void> | undefined {
    if (this.seenAt >= asOf) return this.#views.get(m)?.loading;
    return this.refresh().then(() => this.#views.get(m)?.loading);
  }

  /** The head, not older than `maxAgeMs`. */
  async fresh(maxAgeMs = 0): Promise<Head> {
    if (this.#waits.now() - this.seenAt >= maxAgeMs) await this.refresh();
    return this.#head;
  }

  watch(onChange: () => void): () => void {
    // Each call is its own watcher, also of the same function.
    const watcher = (): void => {
      onChange();
    };
    this.#watchers.add(watcher);
    this.#deafen ??= this.#hints.listen(this.a as AccountId, (version) => {
      this.#heard(version);
    });
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      this.#deafen?.();
      this.#deafen = undefined;
    };
  }

  /** Another process committed; or this one, which knows. One read at a time, however fast hints come. */
  #heard(version: number): void {
    if (this.#head.v >= version) return;
    this.#hinted = Math.max(this.#hinted, version);
    const upTo = this.#hinted;
    this.#following ??= this.refresh()
      // Those who watch are polled for, too.
      .catch(() => undefined)
      .finally(() => {
        this.#following = undefined;
        if (this.#hinted > upTo) this.#heard(this.#hinted);
      });
  }

  /** Those of the lasting delivery ids that it took. */
  async lastingOf(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (let i = 0; i < ids.length; i += batchDocuments) {
      const some = ids.slice(i, i + batchDocuments);
      const answers = await lastingAnswers(this.#db, await this.fresh(), some);
      for (const id of some) if (answers.has(id)) found.add(id);
    }
    return found;
  }

  /** Resolves when nothing waits; what was committed is in the pages then. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working.catch(() => undefined);
    await this.projected();
  }

  /** Brings everything that was committed into the pages. */
  async projected(): Promise<void> {
    while (this.#projected < this.#head.seq) await this.#project();
  }

  // ---------------------------------------------------------------- views

  /** The mailbox's view, shared by all who use it until `letGo`. Undefined: there is no such mailbox. */
  async use(m: number): Promise<MailboxView | undefined> {
    let loaded = this.#views.get(m);
    if (loaded === undefined) {
      loaded = { view: undefined, loading: undefined, stale: false, users: 0 };
      this.#views.set(m, loaded);
    }
    loaded.users++;
    try {
      if (loaded.view === undefined || loaded.stale) loaded.loading ??= this.#load(m, loaded);
      await loaded.loading;
      const { view } = loaded;
      if (view === undefined || view.gone) {
        this.letGo(m);
        if (this.#views.get(m) === loaded) this.#views.delete(m);
        return undefined;
      }
      return view;
    } catch (error) {
      this.letGo(m);
      throw error;
    }
  }

  letGo(m: number): void {
    const loaded = this.#views.get(m);
    if (loaded === undefined) return;
    loaded.users--;
  }

  /** Whether a mailbox is open in this process. */
  async isOpen(): Promise<boolean> {
    // A commit uses views too.
    while (this.#working !== undefined) await this.#working.catch(() => undefined);
    return [...this.#views.values()].some(({ users }) => users > 0);
  }

  /** Messages in views that nobody uses. */
  get idleMessages(): number {
    let count = 0;
    for (const { view, users } of this.#views.values()) if (users === 0) count += view?.count ?? 0;
    return count;
  }

  dropIdleViews(): void {
    for (const [m, { users }] of this.#views) if (users === 0) this.#views.delete(m);
  }

  /** Reads the pages and makes the view, or makes the one that is there, what the mailbox is at the head of that moment. */
  async #load(m: number, loaded: LoadedView): Promise<void> {
    try {
      for (;;) {
        const { base } = await this.fresh();
        const pages = await readPages(this.#db, this.a, m);
        await this.refresh();
        // All that happened after what the pages surely hold must be in the tail still.
        if (!tailReachesBack(this.#head, base)) continue;
        const box = this.#head.boxes.get(m);
        if (box?.selectable !== true) {
          if (loaded.view !== undefined) loaded.view.gone = true;
          return;
        }
        const now = viewOf(
          box,
          pages,
          this.#head.tail.filter(({ s }) => s > base),
        );
        const { view } = loaded;
        if (view?.uidValidity === now.uidValidity) becomeLike(view, now);
        else {
          if (view !== undefined) view.gone = true;
          loaded.view = now;
        }
        loaded.stale = false;
        return;
      }
    } finally {
      loaded.loading = undefined;
    }
  }

  // ---------------------------------------------------------------- commits

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** The view, when it shows the head. */
  #viewOf(m: number): MailboxView | undefined {
    const loaded = this.#views.get(m);
    return loaded !== undefined && follows(loaded) ? loaded.view : undefined;
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, mergedOperations);
      try {
        await this.#commit(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    // At once: what is queued in the same turn of the event loop must begin to work again.
    this.#working = undefined;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const until = this.#waits.now() + commitPatienceMs;
    const views = new Set(batch.flatMap(({ operation }) => operation.rows ?? []));
    const used: number[] = [];
    try {
      if (this.#waits.now() - this.seenAt > headStaleMs) await this.#refreshUntil(until, undefined);
      for (const m of views) if ((await this.use(m)) !== undefined) used.push(m);
      let lost = 0;
      for (let attempt = 0; ; attempt++) {
        if (attempt > 0) await this.#backOff(attempt, until);
        if (lost >= racesLost) await this.#askForTurn(until);
        const lasting = await this.#prepare(batch);
        const draft = new Draft(this.#head, this.#seconds(), {
          views: (m) => this.#viewOf(m),
          lasting,
        });
        const results = new Map<Waiting, Result>();
        for (const waiting of batch) {
          const result = applied(waiting, draft);
          if (result === undefined) break;
          results.set(waiting, result);
        }
        if (draft.changed && !(await this.#write(draft, until, lost >= racesLost))) {
          lost++;
          continue;
        }
        // What the first one needs is on its way.
        if (results.size === 0) continue;
        // Views that this process had to make anew show it too before anybody is told.
        await Promise.allSettled([...this.#views.values()].flatMap(({ loading }) => loading ?? []));
        for (const [waiting, result] of results) {
          if ('error' in result) waiting.reject(result.error);
          else waiting.resolve(result.value);
        }
        // The others need rows as this commit left them.
        this.#queue.unshift(...batch.filter((waiting) => !results.has(waiting)));
        return;
      }
    } finally {
      for (const m of used) this.letGo(m);
    }
  }

  /** What the operations need to know, as of the head that is there when it resolves. */
  async #prepare(batch: readonly Waiting[]): Promise<ReadonlyMap<string, Answer>> {
    for (;;) {
      const head = this.#head;
      const asking = batch.filter(({ operation }) => operation.settled?.(head) !== true);
      const letters = asking.flatMap(({ operation }) => operation.letters ?? []);
      const ids = asking.flatMap(({ operation }) => operation.lasting ?? []);
      const lasting = await lastingAnswers(this.#db, head, ids);
      await prepareLetters(this.#db, head, [...new Set(letters)], this.#seconds());
      // Others may have been seen to commit meanwhile.
      if (head === this.#head) return lasting;
    }
  }

  /**
   * Others leave way for a moment, so that who is far from the database is not always second. Only a favour: which head
   * a commit was made for decides as ever, and a turn that nobody takes is over after `turnAttempts` of the next one.
   */
  async #askForTurn(until: number): Promise<void> {
    await this.#db.update('heads', { _id: this.a }, { $set: { turn: 1 } }).catch(() => undefined);
    await this.#refreshUntil(until, undefined);
  }

  /**
   * True when the draft is committed; false when another commit came first. `unavailable`: nobody knows. `hasTurn`: it
   * need not leave way to another process that asked for a turn.
   */
  async #write(draft: Draft, until: number, hasTurn: boolean): Promise<boolean> {
    const { base: before } = draft;
    if (before.tail.filter(({ s }) => s > this.#projected).length > tailFull) await this.#project();
    if (draft.rebased) await this.projected();
    const commit = randomBytes(9).toString('base64url');
    const { entries, documents } = await packEntries(this.#db, draft, commit);
    const base = Math.min(this.#projected, before.seq);
    const change = commitChange(draft, documents, base, deliveryIdsKept);
    const made = { _id: this.a, v: before.v };
    const leavingWay = { ...made, turn: { $exists: false } };
    const endingTurn = { ...change, $unset: { ...change['$unset'], turn: 1 } };
    // Once a reply was lost the write may come true at any later moment, unless the head moves first.
    let unsure: MailError | undefined;
    for (let attempt = 1; ; attempt++) {
      const asked = this.#waits.now();
      try {
        const written =
          hasTurn || attempt > turnAttempts
            ? await this.#db.update('heads', made, endingTurn)
            : await this.#db.update('heads', leavingWay, change);
        if (written) {
          this.seenAt = Math.max(this.seenAt, asked);
          if (this.#head.v === before.v) this.#advance(headAfter(draft, entries, base));
          else if (this.#head.v < before.v + 1) throw new Error('a head went backwards');
          this.#afterCommit(before);
          return true;
        }
      } catch (error) {
        if (!(error instanceof MailError) || error.failure !== 'unavailable') throw error;
        unsure = error;
      }
      await this.#refreshUntil(until, unsure);
      if (this.#head.tail.some((entry) => entry.commit === commit)) {
        this.#afterCommit(before);
        return true;
      }
      if (this.#head.v !== before.v) {
        // So much happened since that the head no longer says whether the write was among it: it may have come twice.
        if (!tailReachesBack(this.#head, before.seq)) throw unsure ?? unknownOutcome();
        return false;
      }
      // The same write again: whichever of them arrives first is the only one that finds this `v`.
      await this.#backOff(attempt, until);
    }
  }

  async #refreshUntil(until: number, cause: unknown): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.refresh();
        return;
      } catch (error) {
        if (this.#waits.now() > until) throw cause ?? error;
        await this.#backOff(attempt, until);
      }
    }
  }

  /** Waits a little longer each time, and never alike in two processes. `unavailable` when there is no time left. */
  async #backOff(attempt: number, until: number): Promise<void> {
    if (this.#waits.now() > until) {
      throw new MailError('unavailable', 'The account is changed by too many at once');
    }
    await this.#waits.pause(this.#waits.random() * Math.min(250, 2 ** attempt));
  }

  /** What follows a commit and nobody waits for. */
  #afterCommit(before: Head): void {
    const { tail, seq, v } = this.#head;
    this.#hints.announce(this.a as AccountId, v);
    const waiting = tail.filter(({ s }) => s > this.#projected);
    if (waiting.length > tailUnprojected || waiting.some(hasNote)) {
      this.#project().catch(() => undefined);
    }
    const first = tail[0]?.s ?? seq;
    for (const entry of before.tail) {
      if (entry.s >= first) break;
      if (entry.payloads > 0) dropPayloads(this.#db, this.a, entry).catch(() => undefined);
    }
  }

  #project(): Promise<void> {
    this.#projecting ??= (async () => {
      const { tail, seq, base } = this.#head;
      const from = Math.max(base, this.#projected);
      const entries = tail.filter(({ s }) => s > from);
      await project(this.#db, this.a, entries);
      this.#projected = Math.max(this.#projected, seq);
      if (entries.some(hasNote)) {
        const change = { $unset: { todo: 1 } };
        await this.#db.update('heads', { _id: this.a, todo: { $lte: seq } }, change);
      }
      if (entries.some(hasTombstone)) {
        const change = { $unset: { xs: 1, xt: 1 } };
        await this.#db.update('heads', { _id: this.a, xs: { $lte: seq } }, change);
      }
    })().finally(() => {
      this.#projecting = undefined;
    });
    return this.#projecting;
  }

  /** Makes a newer head the one that everybody sees. */
  #advance(head: Head): void {
    const before = this.#head;
    this.#head = head;
    this.#projected = Math.max(this.#projected, head.base);
    const { status } = head.who;
    if (status !== before.who.status && status !== 'making' && status !== 'dead') {
      this.#onStatus?.(this.a as AccountId, status);
    }
    if (head.seq === before.seq) return;
    if (tailReachesBack(head, before.seq)) {
      for (const entry of head.tail) if (entry.s > before.seq) this.#follow(entry);
      for (const [m, loaded] of this.#views) {
        const { view } = loaded;
        if (view === undefined || !follows(loaded)) continue;
        settleView(view, head.boxes.get(m), before);
        if (view.gone) this.#views.delete(m);
      }
    } else this.#reloadViews(follows);
    this.#tell();
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #follow(entry: Entry): void {
    for (const [m, loaded] of this.#views) {
      const { view } = loaded;
      if (view === undefined || !follows(loaded)) continue;
      if (followEntry(view, m, entry, this.#head.boxes.get(m)?.keywords)) continue;
      // Whoever has it open must open it again; the next one finds a new one.
      view.gone = true;
      loaded.view = undefined;
    }
  }

  /** This process slept through more than a tail holds: its views are brought up to the head from the pages. */
  #reloadViews(which: (loaded: LoadedView) => boolean): void {
    for (const [m, loaded] of this.#views) {
      if (loaded.view === undefined || loaded.loading !== undefined || !which(loaded)) continue;
      loaded.stale = true;
      loaded.loading = this.#load(m, loaded).then(() => {
        this.#tell();
      });
      // Sessions have it open: it is tried again with the next look at the head.
      loaded.loading.catch(() => undefined);
    }
  }
}

/** The view shows the head, or did before the entry at hand. */
function follows({ view, loading, stale }: LoadedView): boolean {
  return view !== undefined && loading === undefined && !stale;
}

/** Undefined: it must wait for the next commit. */
function applied({ operation }: Waiting, draft: Draft): Result | undefined {
  try {
    return { value: operation.apply(draft) };
  } catch (error) {
    if (error instanceof NotNow) return undefined;
    // Only what is refused is refused before anything changed.
    if (error instanceof MailError) return { error };
    throw error;
  }
}

function hasNote({ ops }: Pick<Entry, 'ops'>): boolean {
  return ops.some(({ k }) => k === 'note');
}

function hasTombstone({ ops }: Pick<Entry, 'ops'>): boolean {
  return ops.some(({ k }) => k === 'expunged' || k === 'buried');
}

/** Every entry after `seq` is in the tail. */
export function tailReachesBack(head: Head, seq: number): boolean {
  return head.seq <= seq || (head.tail[0]?.s ?? Infinity) <= seq + 1;
}

/** The head, when it is newer than `v`. */
async function readHead(
  db: Database,
  a: number,
  v: number,
  known: readonly Entry[],
): Promise<Head | undefined> {
  for (;;) {
    const [document] = await db.find<HeadDocument>('heads', { _id: a, v: { $gt: v } });
    if (document === undefined) return undefined;
    const head = await headFrom(db, document, known);
    if (head !== undefined) return head;
  }
}

export function readPages(db: Database, a: number, m: number): Promise<PageDocument[]> {
  const _id = { $gte: { a, m, p: 0 }, $lte: { a, m, p: 0xffff_ffff } };
  return db.find<PageDocument>('pages', { _id, a }, { sort: { _id: 1 } });
}

function viewOf(box: Box, pages: readonly PageDocument[], entries: readonly Entry[]): MailboxView {
  const set = new PageSet(box.m, pages);
  for (const entry of entries) set.apply(entry);
  const columns = set.columns();
  // The counters are exact; a view of another length would number messages wrongly.
  if (columns.uid.length !== box.total) {
    throw new Error(`mailbox ${box.m} has ${columns.uid.length} messages and counts ${box.total}`);
  }
  return new MailboxView(
    {
      id: box.m as MailboxId,
      uidValidity: box.uidValidity,
      uidNext: box.uidNext as Uid,
      highestModSeq: box.modSeq as ModSeq,
      keywords: box.keywords,
    },
    columns,
  );
}

function settleView(view: MailboxView, box: Box | undefined, before: Head): void {
  // A restore gives the mailboxes of a new account other values.
  if (box?.uidValidity !== view.uidValidity) {
    view.gone = true;
    return;
  }
  if (box.modSeq > before.seq) view.highestModSeq = box.modSeq as ModSeq;
}

/** Changes a view into what another one of the same mailbox shows. */
function becomeLike(view: MailboxView, now: MailboxView): void {
  view.keywords.push(...now.keywords.slice(view.keywords.length));
  const modSeq = now.highestModSeq;
  const gone: number[] = [];
  for (let i = 0; i < view.count; i++) if (now.indexOf(view.uidAt(i)) < 0) gone.push(view.uidAt(i));
  if (gone.length > 0) view.apply({ kind: 'expunged', uids: gone, modSeq });
  const last = view.uidNext;
  for (let i = 0; i < now.count; i++) {
    const row = now.rowAt(i);
    const at = view.indexOf(row.uid);
    if (at < 0 || view.modSeqAt(at) === row.modSeq) continue;
    view.apply({ kind: 'flagged', rows: [row], modSeq: row.modSeq });
  }
  const added = Array.from({ length: now.count }, (_, i) => now.rowAt(i)).filter(
    ({ uid }) => uid >= last && view.indexOf(uid) < 0,
  );
  if (added.length > 0) view.apply({ kind: 'added', rows: added });
  view.uidNext = now.uidNext;
  view.highestModSeq = modSeq;
}

async function lastingAnswers(
  db: Database,
  head: Head,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Answer>> {
  const answers = new Map<string, Answer>();
  if (ids.length === 0) return answers;
  const { a } = head;
  const found = await db.find<{
    readonly _id: { readonly d: string };
    readonly v: number;
    readonly u: number;
  }>('lasting', { _id: { $in: ids.map((d) => ({ a, d })) }, a });
  for (const { _id, v, u } of found) answers.set(_id.d, { uidValidity: v, uid: u });
  for (const { ops } of head.tail) {
    for (const op of ops) {
      if (op.k === 'lasting') answers.set(op.id, { uidValidity: op.v, uid: op.u });
    }
  }
  return answers;
}
