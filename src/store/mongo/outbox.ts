import { MailError } from '../../core/errors.ts';
import type { AccountId, EmailId } from '../../core/values.ts';
import type { EnvelopeRecipient, OutboxEntry, OutboxStore, Relay, StoredContent } from '../api.ts';
import { outboxJson, readOutboxJson } from '../common/outbox-json.ts';
import type { MongoContent } from './content.ts';
import type { Database } from './database.ts';
import type { Emails } from './emails.ts';
import { chunkBytes } from './limits.ts';

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
  /** Of a relay: its octets, in `bodies` when that is null. */
  readonly b?: Buffer | null;
  readonly size?: number;
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
    const { relayId: id } = relay;
    const [before] = await this.#db.find('outbox', { _id: id }, { projection: { _id: 1 } });
    if (before !== undefined) return;
    const { octets } = content.letter;
    let n = 0;
    for await (const b of content.chunks()) {
      await this.#db.insert('bodies', [{ _id: { o: id, n: n++ }, a: id, b }]);
    }
    await this.#db.insert('outbox', [
      {
        _id: id,
        j: outboxJson(relay),
        n: now,
        l: 0,
        tries: 0,
        at: now,
        b: octets === undefined ? null : Buffer.from(octets),
        size: content.sizeBytes,
      },
    ]);
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
      const change = { $set: { end: entry.at, l: 0, j: '', b: null }, $unset: { n: 1 } };
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

  async #entry(document: OutboxDocument): Promise<OutboxEntry> {
    const contents = readOutboxJson(document.j);
    const { held } = contents;
    const content =
      held === undefined
        ? this.#relayed(document)
        : await this.#emails.content(held.a as AccountId, held.e as EmailId);
    if (content === undefined) throw new MailError('internal', 'An entry lost its content');
    return {
      reversePath: contents.reversePath,
      envelopeId: contents.envelopeId,
      returnContent: contents.returnContent,
      smtpUtf8: contents.smtpUtf8,
      recipients: contents.recipients,
      id: document._id,
      kind: held === undefined ? 'relay' : 'delivered',
      account: contents.account,
      attempts: document.tries,
      acceptedAt: document.at,
      content,
    };
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
