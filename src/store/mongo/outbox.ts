import { MailError } from '../../core/errors.ts';
import type { AccountId, EmailId } from '../../core/values.ts';
import type {
  EnvelopeRecipient,
  KeptOutboxEntry,
  OutboxEntry,
  OutboxStore,
  Relay,
  RestoredOutboxEntry,
  StoredContent,
} from '../api.ts';
import {
  envelopeOf,
  kindOf,
  outboxJson,
  type OutboxContents,
  readOutboxJson,
} from '../common/outbox-json.ts';
import type { MongoContent } from './content.ts';
import type { Database } from './database.ts';
import type { Emails } from './emails.ts';
import { chunkBytes } from './limits.ts';

/** Small letters come with their entries. */
const entriesAtOnce = 32;

/** `outbox`: letters for elsewhere, and notices of success that senders asked for. */
export interface OutboxDocument {
  /** A relay's id; of a notice `account@delivery id`: an at sign cannot stand in a relay's id. */
  readonly _id: string;
  /** JSON, see `outbox-json.ts`. */
  readonly j: string;
  /** When it is to be tried, milliseconds; not there once it is settled: a retry must find the id for a day. */
  readonly n?: number;
  /** Leased until. */
  readonly l: number;
  readonly tries: number;
  /** Milliseconds. */
  readonly at: number;
  /** When it was settled. */
  readonly end?: number;
  /** Of an entry with a letter of its own: its octets, in `bodies` when that is null; their number and digest. */
  readonly b?: Buffer | null;
  readonly size?: number;
  readonly h?: Buffer;
}
/** `bodies`: a piece of a relayed letter. */
interface RelayChunk {
  readonly _id: { readonly o: string; readonly n: number };
  readonly b: Buffer;
}

export class MongoOutbox implements OutboxStore {
  readonly #db: Database;
  readonly #emails: Emails;
  readonly #listeners: (() => void)[] = [];
  readonly #beforeClaim: () => Promise<void>;

  /** `beforeClaim`: brings notices of this process's commits where they are claimed. */
  constructor(db: Database, emails: Emails, beforeClaim: () => Promise<void>) {
    this.#db = db;
    this.#emails = emails;
    this.#beforeClaim = beforeClaim;
  }

  /** Keeps a letter to send on; one whose id is there already, also as settled, is there. */
  async add(relay: Relay, content: MongoContent, now: number): Promise<void> {
    const entry = { j: outboxJson(relay), n: now, l: 0, tries: 0, at: now };
    await this.#insert({ _id: relay.relayId, ...entry }, content);
  }

  /** All that waits, leased or not; what is settled between two looks is left out. */
  async *entries(): AsyncGenerator<KeptOutboxEntry, void, void> {
    await this.#beforeClaim();
    for (let after = ''; ;) {
      const documents = await this.#db.find<OutboxDocument>(
        'outbox',
        { _id: { $gt: after }, n: { $gte: 0 } },
        { sort: { _id: 1 }, limit: entriesAtOnce },
      );
      const last = documents.at(-1);
      if (last === undefined) return;
      for (const document of documents) {
        const contents = readOutboxJson(document.j);
        const content = await this.#content(document, contents);
        const sha256 = await this.#digest(document, contents);
        if (content === undefined || sha256 === undefined) continue;
        yield {
          ...envelopeOf(contents),
          key: document._id,
          kind: kindOf(contents),
          account: contents.account,
          attempts: document.tries,
          acceptedAt: document.at,
          nextAttemptAt: document.n ?? 0,
          content,
          sha256,
        };
      }
      after = last._id;
    }
  }

  /** False: one with its key is there, or was restored at any time. */
  async restore(entry: RestoredOutboxEntry, content: MongoContent): Promise<boolean> {
    await this.#beforeClaim();
    const j = outboxJson({
      ...envelopeOf(entry),
      account: entry.account,
      restored: true,
      ...(entry.kind === 'delivered' && { receipt: true }),
    });
    const { key: _id, attempts: tries, acceptedAt: at, nextAttemptAt: n } = entry;
    return this.#insert({ _id, j, n, l: 0, tries, at }, content);
  }

  /** Ids of waiting entries, some at a time, that have lost their letter. */
  async *lost(): AsyncGenerator<readonly string[], void, void> {
    for (let after = ''; ;) {
      const documents = await this.#db.find<OutboxDocument>(
        'outbox',
        { _id: { $gt: after }, n: { $gte: 0 } },
        { sort: { _id: 1 }, limit: entriesAtOnce },
      );
      const last = documents.at(-1);
      if (last === undefined) return;
      const lost: string[] = [];
      for (const document of documents) if (await this.#isLost(document)) lost.push(document._id);
      yield lost;
      after = last._id;
    }
  }

  async claim(now: number, leaseUntil: number, limit: number): Promise<readonly OutboxEntry[]> {
    await this.#beforeClaim();
    const due = await this.#db.find<OutboxDocument>(
      'outbox',
      { n: { $lte: now }, l: { $lte: now } },
      { sort: { n: 1 }, limit },
    );
    const entries: OutboxEntry[] = [];
    for (const document of due) {
      const { _id, l, tries } = document;
      const change = { $set: { l: leaseUntil, tries: tries + 1 } };
      // Whoever claimed it in between changed `tries`.
      if (!(await this.#db.update('outbox', { _id, l, tries, n: { $lte: now } }, change))) continue;
      entries.push(await this.#entry(document));
    }
    return entries;
  }

  async settle(
    id: string,
    left: readonly EnvelopeRecipient[],
    nextAttemptAt: number,
  ): Promise<void> {
    const [entry] = await this.#db.find<OutboxDocument>('outbox', { _id: id, n: { $gte: 0 } });
    if (entry === undefined) throw new MailError('not-found', 'No such entry');
    if (left.length === 0) {
      // One that came from a backup is remembered for ever: the backup may come again.
      const end = readOutboxJson(entry.j).restored === true ? {} : { end: entry.at };
      const change = { $set: { ...end, l: 0, j: '', b: null }, $unset: { n: 1 } };
      await this.#db.update('outbox', { _id: id }, change);
      await this.#db.remove('bodies', {
        _id: { $gte: { o: id, n: 0 }, $lte: { o: id, n: 1_000_000 } },
        a: id,
      });
      return;
    }
    const contents = { ...readOutboxJson(entry.j), recipients: left };
    await this.#db.update(
      'outbox',
      { _id: id, n: { $gte: 0 } },
      { $set: { j: outboxJson(contents), n: nextAttemptAt, l: 0 } },
    );
  }

  async count(): Promise<number> {
    await this.#beforeClaim();
    const waiting = { n: { $gte: 0 } };
    return (await this.#db.find('outbox', waiting, { projection: { _id: 1 } })).length;
  }

  onAdded(callback: () => void): void {
    this.#listeners.push(callback);
  }

  /** For the store: an entry was committed. */
  added(): void {
    for (const listener of this.#listeners) listener();
  }

  /** False: one with that id is there already, also as settled. */
  async #insert(
    entry: Omit<OutboxDocument, 'b' | 'size' | 'h'>,
    content: MongoContent,
  ): Promise<boolean> {
    const { _id: id } = entry;
    const [before] = await this.#db.find('outbox', { _id: id }, { projection: { _id: 1 } });
    if (before !== undefined) return false;
    const { octets, digest } = content.letter;
    let n = 0;
    for await (const b of content.chunks()) {
      await this.#db.insert('bodies', [{ _id: { o: id, n: n++ }, a: id, b }]);
    }
    const b = octets === undefined ? null : Buffer.from(octets);
    const document = { ...entry, b, size: content.sizeBytes, h: Buffer.from(digest) };
    return (await this.#db.insert('outbox', [document])).size === 0;
  }

  async #entry(document: OutboxDocument): Promise<OutboxEntry> {
    const contents = readOutboxJson(document.j);
    const content = await this.#content(document, contents);
    if (content === undefined) throw new MailError('internal', 'An entry lost its content');
    return {
      ...envelopeOf(contents),
      id: document._id,
      kind: kindOf(contents),
      account: contents.account,
      attempts: document.tries,
      acceptedAt: document.at,
      content,
    };
  }

  async #content(
    document: OutboxDocument,
    { held }: OutboxContents,
  ): Promise<StoredContent | undefined> {
    if (held === undefined) return this.#relayed(document);
    return this.#emails.content(held.a as AccountId, held.e as EmailId);
  }

  async #digest({ h }: OutboxDocument, { held }: OutboxContents): Promise<string | undefined> {
    if (held === undefined) return h?.toString('hex');
    return (await this.#emails.digests(held.a, [held.e])).get(held.e);
  }

  async #isLost(document: OutboxDocument): Promise<boolean> {
    const { _id, b, size = 0 } = document;
    const contents = readOutboxJson(document.j);
    if (contents.held !== undefined) return (await this.#digest(document, contents)) === undefined;
    if (b != null) return false;
    const pieces = await this.#db.find<Pick<RelayChunk, '_id'>>(
      'bodies',
      { _id: { $gte: { o: _id, n: 0 }, $lte: { o: _id, n: 1_000_000 } }, a: _id },
      { projection: { _id: 1 } },
    );
    if (pieces.length === Math.ceil(size / chunkBytes)) return false;
    // Unless it was settled in between.
    const waiting = await this.#db.find(
      'outbox',
      { _id, n: { $gte: 0 } },
      { projection: { _id: 1 } },
    );
    return waiting.length > 0;
  }

  #relayed({ _id: id, b, size = 0 }: OutboxDocument): StoredContent {
    return {
      sizeBytes: size,
      read: async (offset, length) => {
        const end = Math.min(size, offset + length);
        if (end <= offset) return new Uint8Array();
        if (b != null) return b.subarray(offset, end);
        const pieces: Buffer[] = [];
        for (let n = Math.floor(offset / chunkBytes); n * chunkBytes < end; n++) {
          const [piece] = await this.#db.find<RelayChunk>('bodies', { _id: { o: id, n }, a: id });
          if (piece === undefined) throw new Error('an entry lost a piece of its letter');
          const from = n * chunkBytes;
          pieces.push(piece.b.subarray(Math.max(0, offset - from), Math.max(0, end - from)));
        }
        return Buffer.concat(pieces);
      },
    };
  }
}
