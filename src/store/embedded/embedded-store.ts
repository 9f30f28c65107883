import { type Clock, systemClock } from '../../core/clock.ts';
import { MailError } from '../../core/errors.ts';
import { silentLog } from '../../core/log.ts';
import type { UidRanges } from '../../core/uid-set.ts';
import type {
  AccountId,
  EmailId,
  MailboxId,
  MailboxName,
  SpecialUse,
  Uid,
} from '../../core/values.ts';
import type { FieldNames } from '../../mail/field-choice.ts';
import type {
  Appended,
  CheckStep,
  Content,
  ContentWriter,
  Copied,
  Delivery,
  DeliveryOutcome,
  Description,
  Envelope,
  FlagChange,
  FlagsStored,
  Mailbox,
  MailStore,
  NewMessage,
  OpenMailbox,
  Quota,
  ReadContent,
  Relay,
  Rendering,
  StoredContent,
  TextLookup,
  TextMatcher,
  TextPart,
} from '../api.ts';
import { AccountDirectory } from './account-directory.ts';
import type { AccountState } from './account-state.ts';
import { AccountStates } from './account-states.ts';
import { Activity } from '../common/activity.ts';
import { AuditLog } from './audit-log.ts';
import { BodyChecks } from './body-checks.ts';
import { BodyFiles } from './body-files.ts';
import { type Collected, collectGarbage } from './collector.ts';
import { EmbeddedContent } from './content.ts';
import { EmbeddedContentWriter } from './content-writer.ts';
import { readContents } from './contents.ts';
import { DamageLog } from './damage-log.ts';
import { leftOut, missingShards } from './damaged-files.ts';
import { deliverToAll } from './deliver-to-all.ts';
import { describeEmails } from './describe.ts';
import { lockFolder, type StoreFacts, storeFacts } from './folder.ts';
import { inlineBodyBytes } from '../common/limits.ts';
import { describeBatch } from './limits.ts';
import { openMailbox } from './open-mailbox.ts';
import {
  defaultReaders,
  defaultShards,
  defaultWriters,
  type EmbeddedStoreOptions,
} from './options.ts';
import { Outbox } from './outbox.ts';
import { Records } from './records.ts';
import type { Flags } from '../common/flag-bits.ts';
import type { WriteOps } from './protocol.ts';
import { type IndexCheck, TextIndex } from './search/text-index.ts';
import { wholeSeconds } from '../common/seconds.ts';
import { storedContent } from './stored-content.ts';
import { Threads } from './threads.ts';
import { Upkeep } from './upkeep.ts';

/**
 * Opens the store of a data folder, or makes one. `in-use`: another process has the folder; `invalid`: it was written
 * by a newer program, or damage leaves nothing to work with. A damaged shard among others is named in the log and left
 * out until the next open: what is asked of its accounts is `unavailable`.
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const { folder, clock = systemClock, log = silentLog } = options;
  const unlock = lockFolder(folder);
  try {
    const facts = storeFacts(folder, options.shards ?? defaultShards());
    const files = new BodyFiles(folder);
    const states = new AccountStates(facts.shards);
    const damage = new DamageLog(folder, log);
    const threads = await Threads.start({
      folder,
      store: facts.id,
      clock,
      shards: facts.shards,
      writers: Math.min(facts.shards, options.writers ?? defaultWriters()),
      readers: options.readers ?? defaultReaders(),
      missing: missingShards(folder, facts.shards),
      onEvents(events) {
        states.apply(events);
      },
      onSettled() {
        states.notify();
      },
      onTrouble(text) {
        log.error('store-trouble', { err: text });
      },
      onDamage(found) {
        damage.note(found);
      },
      onDeath(error) {
        log.error('store-thread-died', { err: error });
        options.onFailure?.(error);
      },
    });
    for (const { shard, reason } of threads.damaged) damage.note({ file: shard, reason });
    states.connect(threads);
    const texts = new TextIndex({
      folder,
      shards: facts.shards,
      store: facts.id,
      threads,
      onTrouble(text) {
        log.error('store-trouble', { err: text });
      },
    });
    const store = new EmbeddedStore({ facts, files, threads, states, texts, clock, unlock });
    try {
      await store.accounts.recover();
    } catch (error) {
      await store.close();
      throw error;
    }
    void texts.resume();
    return store;
  } catch (error) {
    unlock();
    throw error;
  }
}

interface Parts {
  readonly facts: StoreFacts;
  readonly files: BodyFiles;
  readonly threads: Threads;
  readonly states: AccountStates;
  readonly texts: TextIndex;
  readonly clock: Clock;
  readonly unlock: () => void;
}

/** The embedded backend: one process, one data folder, SQLite files written and read by threads. */
export class EmbeddedStore implements MailStore {
  readonly inlineBodyBytes = inlineBodyBytes;
  readonly accounts: AccountDirectory;
  readonly audit: AuditLog;
  readonly records: Records;
  readonly outbox: Outbox;
  readonly upkeep: Upkeep;
  readonly #threads: Threads;
  readonly #states: AccountStates;
  readonly #texts: TextIndex;
  readonly #files: BodyFiles;
  readonly #facts: StoreFacts;
  readonly #activity = new Activity();
  readonly #bodies: BodyChecks;
  readonly #unlock: () => void;
  #collecting: Promise<Collected> | undefined;
  #closing: Promise<void> | undefined;

  constructor({ facts, files, threads, states, texts, clock, unlock }: Parts) {
    this.#facts = facts;
    this.#files = files;
    this.#bodies = new BodyChecks(files.folder);
    this.#threads = threads;
    this.#states = states;
    this.#texts = texts;
    this.#unlock = unlock;
    this.accounts = new AccountDirectory(threads, facts.shards);
    this.audit = new AuditLog(threads);
    this.records = new Records(threads);
    this.outbox = new Outbox(threads, facts.shards, {
      at: async (place) => {
        const row = await threads.read('contentAt', place);
        return row && storedContent(files, row);
      },
      of: (account, email) => this.content(account, email),
    });
    this.upkeep = new Upkeep({
      facts,
      files,
      bodies: this.#bodies,
      threads,
      states,
      activity: this.#activity,
      outbox: this.outbox,
      records: this.records,
      clock,
      onContents() {
        texts.wake();
      },
    });
    this.upkeep.projections.push({
      name: 'search index',
      check: () => this.#checkTexts(),
      rebuild: () => this.rebuildTexts(),
    });
  }

  // ---------------------------------------------------------------- mailboxes

  async mailboxes(account: AccountId): Promise<readonly Mailbox[]> {
    return (await this.#state(account)).mailboxes;
  }

  async findMailbox(account: AccountId, name: MailboxName): Promise<Mailbox | undefined> {
    return (await this.#state(account)).find(name);
  }

  async subscriptions(account: AccountId): Promise<ReadonlySet<MailboxName>> {
    return (await this.#state(account)).subscriptions;
  }

  async createMailbox(
    account: AccountId,
    name: MailboxName,
    options: { readonly specialUse?: SpecialUse } = {},
  ): Promise<Mailbox> {
    const state = await this.#states.pin(account);
    try {
      const use = options.specialUse;
      const id = await this.#write(account, 'createMailbox', { a: account, name, use });
      const made = state.mailbox(id);
      if (made === undefined) throw new MailError('not-found', 'The mailbox was deleted at once');
      return made;
    } finally {
      this.#states.unpin(account);
    }
  }

  async deleteMailbox(account: AccountId, id: MailboxId): Promise<void> {
    await this.#write(account, 'deleteMailbox', { a: account, m: id });
  }

  async renameMailbox(account: AccountId, id: MailboxId, name: MailboxName): Promise<void> {
    await this.#write(account, 'renameMailbox', { a: account, m: id, name });
  }

  async subscribe(account: AccountId, name: MailboxName, subscribed: boolean): Promise<void> {
    await this.#write(account, 'subscribe', { a: account, name, subscribed });
  }

  async quota(account: AccountId): Promise<Quota> {
    this.#activity.check();
    return this.#states.quota(account);
  }

  async open(account: AccountId, id: MailboxId, onChange?: () => void): Promise<OpenMailbox> {
    this.#activity.check();
    return openMailbox(this.#states, this.#threads, account, id, onChange);
  }

  watch(account: AccountId, onChange: () => void): () => void {
    return this.#states.watch(account, onChange);
  }

  // ---------------------------------------------------------------- messages

  async append(
    account: AccountId,
    mailbox: MailboxId,
    messages: readonly NewMessage[],
  ): Promise<Appended> {
    const contents = messages.map(({ content }) => this.#received(content));
    const { uidValidity, first } = await this.#activity.run(async () => {
      await Promise.all(contents.map((content) => content.keep()));
      const args = {
        a: account,
        m: mailbox,
        messages: messages.map(({ flags, internalDate }, i) => ({
          letter: (contents[i] as EmbeddedContent).letter,
          flags: flagsRow(flags),
          idate: wholeSeconds(internalDate),
        })),
      };
      const weight = contents.reduce((sum, content) => sum + content.weight, 0);
      return this.#threads.write(this.#states.shardOf(account), 'append', args, weight);
    });
    this.#texts.wake();
    return { uidValidity, uids: messages.map((_, i) => (first + i) as Uid) };
  }

  async storeFlags(
    account: AccountId,
    mailbox: MailboxId,
    uids: UidRanges,
    change: FlagChange,
  ): Promise<FlagsStored> {
    const modified = await this.#write(account, 'storeFlags', {
      a: account,
      m: mailbox,
      uids,
      mode: change.mode,
      flags: flagsRow(change.flags),
      unchangedSince: change.unchangedSince,
    });
    return { modified };
  }

  copy(account: AccountId, from: MailboxId, uids: UidRanges, to: MailboxId): Promise<Copied> {
    return this.#copy(account, from, uids, to, false);
  }

  move(account: AccountId, from: MailboxId, uids: UidRanges, to: MailboxId): Promise<Copied> {
    return this.#copy(account, from, uids, to, true);
  }

  expunge(account: AccountId, mailbox: MailboxId, uids?: UidRanges): Promise<UidRanges> {
    return this.#write(account, 'expunge', { a: account, m: mailbox, uids });
  }

  async accept(
    content: Content,
    deliveries: readonly Delivery[],
    relay?: Relay,
    sender?: Envelope,
  ): Promise<readonly DeliveryOutcome[]> {
    const letter = this.#received(content);
    const outcomes = await this.#activity.run(() =>
      deliverToAll(this.#threads, this.#facts.shards, letter, { deliveries, relay, sender }),
    );
    if (relay !== undefined || sender !== undefined) this.outbox.added();
    this.#texts.wake();
    return outcomes;
  }

  async delivered(
    account: AccountId,
    deliveryIds: readonly string[],
  ): Promise<ReadonlySet<string>> {
    this.#activity.check();
    const found = new Set<string>();
    for (let i = 0; i < deliveryIds.length; i += describeBatch) {
      const ids = deliveryIds.slice(i, i + describeBatch);
      for (const id of await this.#threads.read('lasting', { a: account, ids })) found.add(id);
    }
    return found;
  }

  async describe(
    account: AccountId,
    emails: readonly EmailId[],
    want: readonly Rendering[],
    fields?: FieldNames,
  ): Promise<readonly (Description | undefined)[]> {
    this.#activity.check();
    return describeEmails(this.#threads, this.#files, account, emails, want, fields);
  }

  async content(account: AccountId, email: EmailId): Promise<StoredContent | undefined> {
    this.#activity.check();
    const row = await this.#threads.read('content', { a: account, e: email });
    return row && storedContent(this.#files, row);
  }

  async contents(
    account: AccountId,
    emails: readonly EmailId[],
  ): Promise<readonly (ReadContent | undefined)[]> {
    this.#activity.check();
    return readContents(this.#threads, account, emails);
  }

  async findText(
    account: AccountId,
    part: TextPart,
    needle: string,
  ): Promise<TextMatcher | undefined> {
    this.#activity.check();
    return this.#texts.find(account, part, needle);
  }

  async compareTexts(
    _account: AccountId,
    emails: readonly EmailId[],
    text: TextLookup,
  ): Promise<readonly (boolean | undefined)[]> {
    this.#activity.check();
    return this.#texts.compare(emails, text);
  }

  // ---------------------------------------------------------------- content

  receive(): ContentWriter {
    this.#activity.check();
    return new EmbeddedContentWriter(this.#files);
  }

  // ---------------------------------------------------------------- the store itself

  /**
   * Removes what nobody can see any more as of `now` (milliseconds): tombstones past their time, contents without
   * users, files without rows. In small steps between commits. To be run once a day or so; one run at a time: who asks
   * during one gets what that one did. `close` ends it after the step at hand: the rest is for the next run.
   * `unavailable` while a shard is left out.
   */
  collect(now: number): Promise<Collected> {
    // What the lost rows name must be there when they come back.
    if (this.#threads.damaged.length > 0) return Promise.reject(leftOut());
    this.#collecting ??= this.#activity
      .run(() =>
        collectGarbage(this.#threads, this.#files, {
          shards: this.#facts.shards,
          now,
          stopped: () => this.#activity.closed,
        }).then(async (collected) => {
          await this.#texts.sweep(() => this.#activity.closed);
          return collected;
        }),
      )
      .finally(() => {
        this.#collecting = undefined;
      });
    return this.#collecting;
  }

  /** Brings the search index up to what is committed, which otherwise happens by itself. */
  indexTexts(): Promise<void> {
    return this.#activity.run(() => this.#texts.settled());
  }

  /** Compares the search index with the store; changes nothing. */
  checkTexts(): Promise<IndexCheck> {
    return this.#activity.run(() => this.#texts.check());
  }

  async *#checkTexts(): AsyncGenerator<CheckStep, void, void> {
    const { missing, problems } = await this.checkTexts();
    const details = [...problems, ...(missing > 0 ? [`${missing} messages are not in it`] : [])];
    yield {
      messages: 0,
      bytes: 0,
      findings: details.map((detail) => ({
        kind: 'projection',
        projection: 'search index',
        detail,
        repairable: true,
      })),
    };
  }

  /** Makes the search index anew, also one that cannot be read; searches go on meanwhile. */
  rebuildTexts(): Promise<void> {
    return this.#activity.run(() => this.#texts.rebuild());
  }

  /** Resolves for each caller when the store is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#activity.close();
    this.#texts.stop();
    await this.#activity.settled();
    await this.#texts.close();
    await this.#bodies.close();
    this.accounts.forget();
    await this.#threads.close();
    this.#unlock();
  }

  /** Contents are received by the store that keeps them. */
  #received(content: Content): EmbeddedContent {
    if (content instanceof EmbeddedContent && content.isFor(this.#files)) return content;
    throw new TypeError('a content of another store');
  }

  async #state(account: AccountId): Promise<AccountState> {
    this.#activity.check();
    return this.#states.get(account);
  }

  async #copy(
    account: AccountId,
    from: MailboxId,
    uids: UidRanges,
    to: MailboxId,
    move: boolean,
  ): Promise<Copied> {
    const copied = await this.#write(account, 'copy', { a: account, from, to, uids, move });
    return {
      uidValidity: copied.uidValidity,
      from: Array.from(copied.from) as Uid[],
      to: Array.from(copied.from, (_, i) => (copied.first + i) as Uid),
    };
  }

  #write<K extends keyof WriteOps>(
    account: AccountId,
    kind: K,
    args: WriteOps[K]['args'],
  ): Promise<WriteOps[K]['result']> {
    const shard = this.#states.shardOf(account);
    return this.#activity.run(() => this.#threads.write(shard, kind, args));
  }
}

function flagsRow({ system, keywords }: Flags): Flags {
  return { system, keywords: [...keywords] };
}
