import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Failure, MailError } from '../core/errors.ts';
import type { AccountId, MailboxId } from '../core/values.ts';
import { parseDate } from '../mail/date.ts';
import { readHeaderFields, rawHeaderText } from '../mail/header.ts';
import type { Content, DeliveryOutcome, MailStore } from '../store/api.ts';
import { mailboxName } from './folder-name.ts';
import type { LetterSource, SourceItem, SourceLetter, SourceMailbox } from './letter-source.ts';

export type ImportStore = Pick<
  MailStore,
  'receive' | 'accept' | 'delivered' | 'mailboxes' | 'findMailbox' | 'createMailbox' | 'subscribe'
>;

export interface ImportOptions {
  readonly account: AccountId;
  /** `maildir`, `mbox` …: identities of different kinds do not know each other. */
  readonly kind: string;
  /** A mailbox that all others go below; undefined: each to its own. */
  readonly prefix: string | undefined;
  readonly maxMessageBytes: number;
  readonly apply: boolean;
  readonly now: () => number;
}

export type Trouble = 'too-big' | 'nul' | 'empty' | 'unreadable' | 'refused';

export interface ImportCounts {
  imported: number;
  /** Imported before. */
  known: number;
  /** Deleted in the source, and only not yet given back. */
  deleted: number;
  /** Shown by a view of letters that another mailbox has. */
  elsewhere: number;
  readonly failed: Partial<Record<Trouble, number>>;
  octets: number;
  done: number;
}

export interface TroubleNote {
  readonly name: string;
  readonly trouble: Trouble | 'remark';
  readonly message: string;
}

/** Letters and octets of one commit. */
const batchLetters = 64;
const batchBytes = 8 * 1024 * 1024;
/** How much of a letter is looked at for its date. */
const headBytes = 32 * 1024;
/** Notes that wait to be fetched before reading goes on. */
const maxNotes = 1000;
const retryMs = [100, 500, 2000, 5000, 10_000];

interface Taken {
  readonly id: string;
  readonly letter: SourceLetter;
  readonly content: Content;
  readonly internalDate: number;
}

/**
 * Reads a source into an account. Each letter has a lasting delivery id made of where it was found, which the store
 * keeps in the commit of the letter: so a run that was ended at any moment goes on where it was, and one that was
 * finished adds only what is new. While one batch is on its way to the disk the next one is read; never more.
 */
export class ImportRun {
  readonly counts: ImportCounts = {
    imported: 0,
    known: 0,
    deleted: 0,
    elsewhere: 0,
    failed: {},
    octets: 0,
    done: 0,
  };
  readonly notes: TroubleNote[] = [];
  readonly #source: LetterSource;
  readonly #store: ImportStore;
  readonly #options: ImportOptions;
  readonly #signal: AbortSignal;
  #committing: Promise<void> = Promise.resolve();

  constructor(
    source: LetterSource,
    store: ImportStore,
    options: ImportOptions,
    signal: AbortSignal,
  ) {
    this.#source = source;
    this.#store = store;
    this.#options = options;
    this.#signal = signal;
  }

  /** Rejects with `over-quota`, `unavailable` …; what was counted as imported is stored in any case. */
  async run(): Promise<void> {
    try {
      for await (const mailbox of this.#source.mailboxes()) {
        if (this.#signal.aborted) return;
        if (mailbox.passedOver !== undefined) {
          this.notes.push({ name: '', trouble: 'remark', message: mailbox.passedOver });
        } else await this.#mailbox(mailbox);
      }
    } finally {
      await this.#committing.catch(() => undefined);
    }
  }

  async #mailbox(mailbox: SourceMailbox): Promise<void> {
    const { account, kind, prefix } = this.#options;
    const into = this.#options.apply ? await this.#target(mailbox) : undefined;
    const place = [kind, prefix ?? '', mailbox.levels.join('/')].join('\0');
    const idOf = (identity: string): string =>
      createHash('sha256').update(`${place}\0${identity}`).digest().toString('base64url', 0, 16);
    const known = async (identities: readonly string[]): Promise<ReadonlySet<string>> => {
      const ids = identities.map(idOf);
      const found = await this.#store.delivered(account, ids);
      return new Set(identities.filter((_, i) => found.has(ids[i] as string)));
    };
    let batch: Taken[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      const full = batch;
      batch = [];
      bytes = 0;
      try {
        await this.#committing;
      } catch (error) {
        await Promise.all(full.map(({ content }) => content.release()));
        throw error;
      }
      this.#committing = this.#commit(full, into);
      // It is awaited with the next batch, or at the end.
      this.#committing.catch(() => undefined);
    };
    try {
      for await (const item of mailbox.letters(known)) {
        if (this.#signal.aborted) break;
        await this.#room();
        const taken = await this.#take(item, idOf);
        if (taken === undefined) continue;
        batch.push(taken);
        bytes += taken.content.sizeBytes;
        if (batch.length >= batchLetters || bytes >= batchBytes) await flush();
      }
      await flush();
    } finally {
      await Promise.all(batch.map(({ content }) => content.release()));
    }
    await this.#committing;
  }

  async #target({ levels, specialUse }: SourceMailbox): Promise<MailboxId> {
    const { account, prefix } = this.#options;
    if (prefix === undefined && specialUse !== undefined) {
      const all = await this.#store.mailboxes(account);
      const ours = all.find((one) => one.specialUse === specialUse && one.selectable);
      if (ours !== undefined) return ours.id;
    }
    const above = prefix === undefined ? [] : prefix.split('/');
    const name = mailboxName([...above, ...levels]);
    const found = await this.#store.findMailbox(account, name);
    if (found?.selectable === true) return found.id;
    const made = await this.#store.createMailbox(account, name);
    await this.#store.subscribe(account, name, true);
    return made.id;
  }

  async #take(item: SourceItem, idOf: (identity: string) => string): Promise<Taken | undefined> {
    this.counts.done += item.weight;
    if (item.kind === 'bad') this.#fail(item.name, 'unreadable', item.message);
    else if (item.kind !== 'letter') this.counts[item.kind] += item.count;
    else {
      const received = await this.#receive(item);
      if (received === undefined) return undefined;
      return { letter: item, ...received, id: idOf(item.identify(received.content.sha256)) };
    }
    return undefined;
  }

  async #receive(
    letter: SourceLetter,
  ): Promise<{ content: Content; internalDate: number } | undefined> {
    const { maxMessageBytes, now } = this.#options;
    const writer = this.#store.receive();
    const head: Buffer[] = [];
    let headLength = 0;
    let size = 0;
    let trouble: readonly [Trouble, string] | undefined;
    try {
      for await (const piece of letter.read()) {
        size += piece.length;
        if (letter.internalDate === undefined && headLength < headBytes) {
          head.push(Buffer.from(piece.subarray(0, headBytes - headLength)));
          headLength += piece.length;
        }
        if (size > maxMessageBytes) trouble = ['too-big', `more than ${maxMessageBytes} octets`];
        else if (piece.includes(0)) trouble = ['nul', 'a NUL, which IMAP cannot carry'];
        if (trouble !== undefined) break;
        await writer.write(piece);
      }
    } catch (error) {
      if (!isOfTheLetter(error)) {
        await writer.abort();
        throw error;
      }
      trouble = ['unreadable', (error as Error).message];
    }
    if (size === 0) trouble ??= ['empty', 'no octets'];
    if (trouble !== undefined) {
      await writer.abort();
      this.#fail(letter.name, ...trouble);
      return undefined;
    }
    const content = await writer.finish();
    const internalDate =
      letter.internalDate ??
      dateFromHeader(Buffer.concat(head)) ??
      content.index.sentAt ??
      letter.fallbackDate ??
      now();
    return { content, internalDate };
  }

  async #commit(batch: readonly Taken[], into: MailboxId | undefined): Promise<void> {
    try {
      const ids = batch.map(({ id }) => id);
      const before = await this.#store.delivered(this.#options.account, ids);
      const fresh = batch.filter(({ id }) => !before.has(id));
      this.counts.known += batch.length - fresh.length;
      if (into === undefined) {
        this.counts.imported += fresh.length;
        return;
      }
      const settled = await Promise.allSettled(fresh.map((taken) => this.#accept(taken, into)));
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
    } finally {
      await Promise.all(batch.map(({ content }) => content.release()));
    }
  }

  async #accept(taken: Taken, mailbox: MailboxId, plain = false): Promise<void> {
    const { letter, content, id, internalDate } = taken;
    const flags = plain ? { ...letter.flags, keywords: [] } : letter.flags;
    const { account } = this.#options;
    const delivery = { account, mailbox, deliveryId: id, lasting: true, flags, internalDate };
    const outcome = await this.#patiently(content, delivery);
    if (outcome.status === 'stored') {
      if (outcome.duplicate) this.counts.known++;
      else {
        this.counts.imported++;
        this.counts.octets += content.sizeBytes;
      }
      return;
    }
    const { failure } = outcome;
    if (failure === 'limit' && !plain && letter.flags.keywords.length > 0) {
      const message = 'taken without keywords: the mailbox has too many';
      this.notes.push({ name: letter.name, trouble: 'remark', message });
      await this.#accept(taken, mailbox, true);
    } else if (failure === 'over-quota') {
      throw new MailError(failure, 'The account is full; raise its quota and run the same again');
    } else if (failure === 'unavailable' || failure === 'not-found') {
      throw new MailError('unavailable', 'The store cannot take letters now; run the same again');
    } else this.#fail(letter.name, 'refused', failure);
  }

  /** A store that has too much to do, or a disk that is full, is asked again a few times. */
  async #patiently(
    content: Content,
    delivery: Parameters<ImportStore['accept']>[1][number],
  ): Promise<DeliveryOutcome> {
    for (let attempt = 0; ; attempt++) {
      let failure: Failure;
      try {
        const [outcome] = await this.#store.accept(content, [delivery]);
        if (outcome === undefined) throw new Error('no outcome');
        if (outcome.status === 'stored' || outcome.failure !== 'unavailable') return outcome;
        failure = outcome.failure;
      } catch (error) {
        if (!(error instanceof MailError) || error.failure !== 'unavailable') throw error;
        failure = error.failure;
      }
      const pause = retryMs[attempt];
      if (pause === undefined || this.#signal.aborted) return { status: 'failed', failure };
      await sleep(pause, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  #fail(name: string, trouble: Trouble, message: string): void {
    this.counts.failed[trouble] = (this.counts.failed[trouble] ?? 0) + 1;
    this.notes.push({ name, trouble, message });
  }

  /** Waits while nobody fetches the notes. */
  async #room(): Promise<void> {
    while (this.notes.length > maxNotes && !this.#signal.aborted) {
      await sleep(20, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }
}

/** An error of this one letter: its file is gone, or may not be read. */
function isOfTheLetter(error: unknown): boolean {
  if (error instanceof MailError) return error.failure === 'expunged';
  const { code, syscall } = error as NodeJS.ErrnoException;
  const ofFiles = ['ENOENT', 'EACCES', 'EPERM', 'ELOOP', 'EINVAL', 'EIO', 'ENXIO'];
  return code !== undefined && ofFiles.includes(code) && syscall !== 'write';
}

/** When the letter came: the newest Received field, else Date. RFC 5321 §4.4 */
export function dateFromHeader(head: Buffer): number | undefined {
  let date: number | undefined;
  for (const field of readHeaderFields(head)) {
    if (field.nameLower !== 'received' && field.nameLower !== 'date') continue;
    const text = rawHeaderText(head.subarray(field.valueStart, field.end));
    if (field.nameLower === 'date') date ??= parseDate(text);
    else {
      const at = parseDate(text.slice(text.lastIndexOf(';') + 1));
      if (at !== undefined) return at;
    }
  }
  return date;
}
