import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/core/clock.ts';
import { type Failure, MailError } from '../../src/core/errors.ts';
import {
  type AccountId,
  type EmailId,
  inboxId,
  type MailboxId,
  type MailboxName,
} from '../../src/core/values.ts';
import type {
  Account,
  Content,
  Delivery,
  FlagSet,
  Mailbox,
  MailStore,
  NewAccount,
  QuotaLimits,
} from '../../src/store/api.ts';
import { keywordNames, type MailboxView, type Row } from '../../src/store/mailbox-view.ts';

/** A clock that tests move by hand. */
export class ManualClock implements Clock {
  #now = Date.parse('2026-09-01T05:00:00Z');

  now(): number {
    return this.#now;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

/** A backend that the contract is run for. */
export interface Backend {
  readonly name: string;
  /** A store without accounts, in a place of its own. */
  open(clock: Clock): Promise<OpenBackend>;
}
export interface OpenBackend {
  /** The store; after `reopen` another one over the same data. */
  readonly store: MailStore;
  /** Closes the store and opens it again. */
  reopen(): Promise<MailStore>;
  /** Forgets what may be forgotten as of `now`, milliseconds. */
  collect(now: number): Promise<void>;
  /** Has the index of texts hold everything that was committed. */
  indexTexts(): Promise<void>;
  /** Closes the store and removes its data. */
  remove(): Promise<void>;
}

export const audit = { actor: 'test', action: 'account-create' } as const;
export const noFlags: FlagSet = { system: 0, keywords: [] };
export const unlimited: QuotaLimits = { bytes: undefined, messages: undefined };

let accounts = 0;

export function accountData(
  quota: QuotaLimits = unlimited,
  name = `user${++accounts}`,
): NewAccount {
  return {
    address: `${name}@example.kz`,
    canonical: `${name}@example.kz`,
    skeleton: `${name}@example.kz`,
    credentials: { hash: undefined, scram: undefined },
    quota,
  };
}

/** A new account, by its id. */
export async function newAccount(store: MailStore, quota?: QuotaLimits): Promise<Account> {
  return store.accounts.create(accountData(quota), audit);
}

let letters = 0;

/** A letter of its own, at least `size` octets long. */
export function letter(text = '', size = 0): Buffer {
  const number = ++letters;
  const head = `Message-ID: <letter-${number}@example.kz>\r\nSubject: Letter ${number}\r\n\r\n`;
  return Buffer.from(head + text.padEnd(Math.max(0, size - head.length), 'x'));
}

/** Receives octets, in chunks if wanted. The caller releases the content. */
export async function receive(
  store: MailStore,
  octets: Uint8Array,
  chunkBytes = octets.length,
): Promise<Content> {
  const writer = store.receive();
  try {
    for (let i = 0; i < octets.length; i += Math.max(1, chunkBytes)) {
      await writer.write(octets.subarray(i, i + chunkBytes));
    }
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Runs something with a received content and releases it. */
export async function withContent<T>(
  store: MailStore,
  octets: Uint8Array,
  run: (content: Content) => Promise<T>,
): Promise<T> {
  const content = await receive(store, octets);
  try {
    return await run(content);
  } finally {
    await content.release();
  }
}

/** Appends one message each; answers their UIDs. */
export async function appendAll(
  store: MailStore,
  account: AccountId,
  mailbox: MailboxId,
  messages: readonly Uint8Array[],
  flags: FlagSet = noFlags,
): Promise<readonly number[]> {
  const contents = await Promise.all(messages.map((octets) => receive(store, octets)));
  try {
    const { uids } = await store.append(
      account,
      mailbox,
      contents.map((content) => ({ content, flags, internalDate: 1_790_000_000_000 })),
    );
    return uids;
  } finally {
    await Promise.all(contents.map((content) => content.release()));
  }
}

export function delivery(
  account: AccountId,
  deliveryId = randomBytes(16).toString('base64url'),
  mailbox: MailboxId = inboxId,
): Delivery {
  return { account, mailbox, deliveryId, flags: noFlags, internalDate: 1_790_000_000_000 };
}

export const named = (text: string): MailboxName => text as MailboxName;

/** A mailbox that must be there. */
export async function mailboxNamed(
  store: MailStore,
  account: AccountId,
  name: string,
): Promise<Mailbox> {
  const mailbox = await store.findMailbox(account, named(name));
  if (mailbox === undefined) throw new Error(`no mailbox ${name}`);
  return mailbox;
}

export function rowsOf(view: MailboxView): Row[] {
  return Array.from({ length: view.count }, (_, i) => view.rowAt(i));
}

export function uidsOf(view: MailboxView): number[] {
  return rowsOf(view).map((row) => row.uid);
}

/** The flags of a row by name, system flags as their bits. */
export function flagsOf(view: MailboxView, uid: number): FlagSet {
  const row = view.rowAt(view.indexOf(uid));
  return {
    system: row.flags & 31,
    keywords: keywordNames(view.keywords, row.flags, row.moreFlags),
  };
}

/** Everything of a view, in a form that can be compared. */
export function picture(view: MailboxView): unknown {
  return {
    uidNext: view.uidNext,
    highestModSeq: view.highestModSeq,
    keywords: view.keywords,
    rows: rowsOf(view),
  };
}

/** The octets of a stored message. */
export async function octetsOf(
  store: MailStore,
  account: AccountId,
  email: EmailId,
  pieceBytes = 100_000,
): Promise<Buffer> {
  const content = await store.content(account, email);
  if (content === undefined) throw new Error('no such content');
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < content.sizeBytes; at += pieceBytes) {
    pieces.push(await content.read(at, pieceBytes));
  }
  return Buffer.concat(pieces);
}

/** How an operation was refused; an Error when it was not. */
export async function failureOf(operation: Promise<unknown>): Promise<Failure> {
  try {
    await operation;
  } catch (error) {
    if (error instanceof MailError) return error.failure;
    throw error;
  }
  throw new Error('it was not refused');
}
