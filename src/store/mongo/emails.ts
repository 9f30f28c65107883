import type { AccountId, EmailId, ThreadId } from '../../core/values.ts';
import type { Description, ReadContent, Rendering, StoredContent } from '../api.ts';
import { FieldChoice, type FieldNames } from '../../mail/field-choice.ts';
import { unpackParts } from '../common/part-pack.ts';
import type { MongoContent } from './content.ts';
import type { Database, Document } from './database.ts';
import { batchDocuments, chunkBytes } from './limits.ts';

/** `emails`: the account's letters by number, with all that was rendered at delivery. Never changed but for `t`, `del`. */
export interface EmailDocument {
  readonly _id: { readonly a: number; readonly e: number };
  readonly a: number;
  /** The conversation: the number of the email that it began with. */
  readonly t: number;
  /** Seconds. */
  readonly at: number;
  readonly h: Buffer;
  readonly size: number;
  readonly ver: number;
  readonly sent: number | null;
  readonly pv: string;
  readonly en: string;
  readonly en8: string | null;
  readonly st: string;
  readonly st8: string | null;
  readonly bd: string;
  readonly bd8: string | null;
  readonly ref: number;
  readonly hb: number;
  /** The header block; null: too large, it is in the chunks alone. */
  readonly hd: Buffer | null;
  readonly pt: string;
  readonly th: string;
  /** What follows the header; null: all octets are in `bodies`. */
  readonly b: Buffer | null;
}
/** `bodies`: pieces of large letters. */
export interface ChunkDocument {
  readonly _id: { readonly a: number; readonly e: number; readonly n: number };
  readonly a: number;
  readonly b: Buffer;
}

/** A content as its document of that second, and how many octets that takes, about. */
export function emailDocument(
  { letter, sizeBytes }: MongoContent,
  a: number,
  e: number,
  t: number,
  now: number,
): { readonly weight: number; readonly document: Document } {
  const { octets, headerBytes } = letter;
  const document: Omit<EmailDocument, 'at'> & { at: number } = {
    _id: { a, e },
    a,
    t,
    at: now,
    h: Buffer.from(letter.digest),
    size: sizeBytes,
    ver: letter.version,
    sent: letter.sent,
    pv: letter.preview,
    en: letter.envelope,
    en8: letter.envelope8,
    st: letter.structure,
    st8: letter.structure8,
    bd: letter.body,
    bd8: letter.body8,
    ref: letter.ref,
    hb: headerBytes,
    hd: bufferOf(octets?.subarray(0, headerBytes) ?? letter.header),
    pt: letter.parts,
    th: letter.threading,
    b: bufferOf(octets?.subarray(headerBytes)),
  };
  const weight = 1000 + 2 * (letter.structure.length + letter.parts.length) + (octets?.length ?? 0);
  return { weight, document };
}

function bufferOf(octets: Uint8Array | undefined): Buffer | null {
  return octets === undefined
    ? null
    : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

/** The pieces of a large content; harmless to repeat. */
export async function writeChunks(
  db: Database,
  a: number,
  e: number,
  content: MongoContent,
): Promise<void> {
  let n = 0;
  for await (const b of content.chunks()) {
    await db.insert('bodies', [{ _id: { a, e, n: n++ }, a, b }]);
  }
}

type Fields = readonly (keyof EmailDocument)[];
const fieldsFor = {
  envelope: ['en', 'en8'],
  bodyStructure: ['st', 'st8'],
  body: ['bd', 'bd8'],
  header: ['hd', 'hb'],
  parts: ['pt'],
  preview: ['pv'],
  sentAt: ['sent'],
  thread: ['t'],
} as const satisfies Record<Rendering, Fields>;

const everyField = [
  ...['t', 'at', 'h', 'size', 'ver', 'sent', 'pv', 'en', 'en8', 'st', 'st8', 'bd', 'bd8'],
  ...['ref', 'hb', 'hd', 'pt', 'th', 'b'],
] as readonly (keyof EmailDocument)[];

/** Reads letters of an account. */
export class Emails {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async describe(
    account: AccountId,
    emails: readonly EmailId[],
    want: readonly Rendering[],
    names?: FieldNames,
  ): Promise<readonly (Description | undefined)[]> {
    const wanted = [...new Set(want)];
    const fields = wanted.flatMap((rendering): Fields => fieldsFor[rendering]);
    const found = await this.#read(account, emails, fields);
    const choice = names && new FieldChoice(names);
    return Promise.all(
      emails.map(async (e) => {
        const document = found.get(e);
        return document && (await this.#description(account, document, wanted, choice));
      }),
    );
  }

  async content(account: AccountId, email: EmailId): Promise<StoredContent | undefined> {
    const found = await this.#read(account, [email], ['size', 'hd', 'b']);
    const document = found.get(email);
    return document && this.#stored(account, document);
  }

  async contents(
    account: AccountId,
    emails: readonly EmailId[],
  ): Promise<readonly (ReadContent | undefined)[]> {
    const found = await this.#read(account, emails, ['size', 'hd', 'b', 'pt']);
    return emails.map((e) => {
      const document = found.get(e);
      if (document === undefined) return undefined;
      const { size, pt, hd, b } = document;
      return {
        sizeBytes: size,
        parts: unpackParts(pt),
        bytes: b === null ? undefined : Buffer.concat([hd ?? Buffer.alloc(0), b]),
      };
    });
  }

  /** Digests of emails in hex; none of one that is not there. */
  async digests(a: number, emails: readonly number[]): Promise<ReadonlyMap<number, string>> {
    const found = await this.#read(a as AccountId, emails as readonly EmailId[], ['h']);
    return new Map([...found].map(([e, { h }]) => [e, h.toString('hex')]));
  }

  /** Whole documents, octets of small letters included. */
  whole(a: number, emails: readonly number[]): Promise<ReadonlyMap<number, EmailDocument>> {
    return this.#read(a as AccountId, emails as readonly EmailId[], everyField);
  }

  /** What messages and refs are held against. */
  facts(
    a: number,
    emails: readonly number[],
  ): Promise<ReadonlyMap<number, Pick<EmailDocument, 'size' | 'h' | 'ref'>>> {
    return this.#read(a as AccountId, emails as readonly EmailId[], ['size', 'h', 'ref']);
  }

  /** Octets of a large letter. */
  async chunk(a: number, e: number, offset: number, length: number): Promise<Buffer> {
    const first = Math.floor(offset / chunkBytes);
    const last = Math.floor((offset + length - 1) / chunkBytes);
    const pieces: Buffer[] = [];
    for (let n = first; n <= last; n++) {
      const [piece] = await this.#db.find<ChunkDocument>('bodies', { _id: { a, e, n }, a });
      if (piece === undefined) throw new Error(`letter ${a}/${e} has no piece ${n}`);
      const from = n === first ? offset - n * chunkBytes : 0;
      const end = n === last ? offset + length - n * chunkBytes : chunkBytes;
      pieces.push(piece.b.subarray(from, end));
    }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }

  #stored(account: AccountId, { _id, size, hd, b }: EmailDocument): StoredContent {
    const octets = b === null ? undefined : Buffer.concat([hd ?? Buffer.alloc(0), b]);
    return {
      sizeBytes: size,
      read: (offset, length) => {
        const end = Math.min(size, offset + length);
        if (end <= offset) return Promise.resolve(new Uint8Array());
        if (octets !== undefined) return Promise.resolve(octets.subarray(offset, end));
        return this.chunk(account, _id.e, offset, end - offset);
      },
    };
  }

  async #description(
    account: AccountId,
    document: EmailDocument,
    wanted: readonly Rendering[],
    choice: FieldChoice | undefined,
  ): Promise<Description> {
    const description: { -readonly [K in keyof Description]: Description[K] } = {};
    for (const rendering of wanted) {
      switch (rendering) {
        case 'envelope':
          description.envelope = document.en;
          description.envelopeUtf8 = document.en8 ?? undefined;
          break;
        case 'bodyStructure':
          description.bodyStructure = document.st;
          description.bodyStructureUtf8 = document.st8 ?? undefined;
          break;
        case 'body':
          description.body = document.bd;
          description.bodyUtf8 = document.bd8 ?? undefined;
          break;
        case 'header':
          description.header =
            document.hd ?? (await this.chunk(account, document._id.e, 0, document.hb));
          if (choice !== undefined) description.header = choice.of(description.header);
          break;
        case 'parts':
          description.parts = unpackParts(document.pt);
          break;
        case 'preview':
          description.preview = document.pv;
          break;
        case 'sentAt':
          description.sentAt = document.sent ?? undefined;
          break;
        case 'thread':
          description.thread = document.t as ThreadId;
          break;
      }
    }
    return description;
  }

  /** In single batches, by range where the numbers lie close together. */
  async #read(
    account: AccountId,
    emails: readonly EmailId[],
    fields: Fields,
  ): Promise<ReadonlyMap<number, EmailDocument>> {
    const projection = Object.fromEntries([...fields, '_id'].map((field) => [field, 1 as const]));
    const numbers = [...new Set<number>(emails)].sort((x, y) => x - y);
    const found = new Map<number, EmailDocument>();
    const a: number = account;
    const batches: Promise<void>[] = [];
    for (let i = 0; i < numbers.length; i += batchDocuments) {
      const some = numbers.slice(i, i + batchDocuments);
      const [low, high] = [some[0] as number, some.at(-1) as number];
      const dense = high - low < 2 * some.length;
      const _id = dense
        ? { $gte: { a, e: low }, $lte: { a, e: high } }
        : { $in: some.map((e) => ({ a, e })) };
      batches.push(
        this.#db.find<EmailDocument>('emails', { _id, a }, { projection }).then((documents) => {
          for (const document of documents) found.set(document._id.e, document);
        }),
      );
    }
    await Promise.all(batches);
    return found;
  }
}
