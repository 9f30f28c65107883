import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import type { AccountId, EmailId } from '../../../core/values.ts';
import type { ReadContent, TextPart } from '../../api.ts';
import type { Database, Document } from '../database.ts';
import type { Emails } from '../emails.ts';
import { emailNumbers } from '../email-numbers.ts';
import { batchDocuments, blockSlack, indexedAtOnce, keptTextBytes } from '../limits.ts';
import {
  addPlace,
  blockEmails,
  BlockPacker,
  blockPartitions,
  emptyBitmap,
  hasPlace,
} from './gram-block.ts';
import { unpackGrams } from './gram-list.ts';
import { IndexedEmails } from './indexed-emails.ts';
import {
  gramKey,
  gramRange,
  largeAt,
  largeBit,
  type MembersDocument,
  membersKind,
  partitionKind,
  type SingleDocument,
  singleKind,
  type StateDocument,
  stateKind,
  textKey,
  wideBit,
} from './search-documents.ts';
import type { MadeTexts, TextMaker } from './text-maker.ts';

/** Whether this is the email after whose coming a block counts as complete. */
export function closesBlock(e: number): boolean {
  return e % blockEmails === blockSlack;
}

export const textParts = ['header', 'body'] as const satisfies readonly TextPart[];

/**
 * Writes the index of an account's texts. An email comes in as a single one; when its block of neighbours is complete,
 * their grams are written together, which takes a fraction of the room. Several processes may do so at once and again:
 * what is there already stays, and whoever writes the members of a block first has made it.
 */
export class TextWriter {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #emails: Emails;
  readonly #maker: TextMaker;

  constructor(db: Database, clock: Clock, emails: Emails, maker: TextMaker) {
    this.#db = db;
    this.#clock = clock;
    this.#emails = emails;
    this.#maker = maker;
  }

  /** Takes emails of an account. */
  async index(a: number, emails: readonly number[]): Promise<void> {
    for (let i = 0; i < emails.length; i += indexedAtOnce) {
      await this.#indexSome(a, emails.slice(i, i + indexedAtOnce));
    }
  }

  /** Takes every email that is not in yet, and makes blocks of those that are complete; answers up to which number. */
  async complete(a: number): Promise<number> {
    const nextEmail = await this.#nextEmail(a);
    const upTo = (await this.#state(a)) ?? 0;
    for await (const emails of emailNumbers(this.#db, a, upTo - 1)) {
      await this.index(a, await this.#missing(a, emails));
    }
    await this.merge(a);
    return nextEmail;
  }

  /** Makes blocks of what is complete. */
  async merge(a: number): Promise<void> {
    const nextEmail = await this.#nextEmail(a);
    const state = { _id: gramKey(a, stateKind, 0), a };
    for (;;) {
      const upTo = await this.#state(a);
      const next = (upTo ?? 0) + blockEmails;
      if (nextEmail < next + blockSlack) return;
      await this.#mergeBlock(a, next / blockEmails - 1);
      if (upTo === undefined) await this.#db.insert('grams', [{ ...state, upTo: next }]);
      else await this.#db.update('grams', { ...state, upTo }, { $set: { upTo: next } });
    }
  }

  async #indexSome(a: number, numbers: readonly number[]): Promise<void> {
    if (numbers.length === 0) return;
    const emails = numbers as readonly EmailId[];
    const contents = await this.#emails.contents(a as AccountId, emails);
    const texts: Document[] = [];
    const singles: Document[] = [];
    for (const [i, e] of emails.entries()) {
      const content = contents[i];
      // Removed in the meantime.
      if (content === undefined) continue;
      const made = await this.#make(a, e, content);
      texts.push(...textDocuments(a, e, made));
      const [header, body] = textParts.map((part) => bufferOf(made[part].grams) ?? null);
      singles.push({ _id: gramKey(a, singleKind, e), a, header, body });
    }
    // In this order: what has grams has its texts.
    for (const text of texts) if (isLarge(text)) await this.#db.insert('texts', [text]);
    await this.#db.insert(
      'texts',
      texts.filter((text) => !isLarge(text)),
    );
    await this.#db.insert('grams', singles);
  }

  async #make(a: number, e: EmailId, content: ReadContent): Promise<MadeTexts> {
    const { parts, sizeBytes, bytes } = content;
    const whole = await (bytes === undefined
      ? this.#emails.content(a as AccountId, e)
      : { sizeBytes, read: readerOf(bytes) });
    return this.#maker.make(parts, whole ?? { sizeBytes: 0, read: readerOf(new Uint8Array()) });
  }

  async #state(a: number): Promise<number | undefined> {
    const [state] = await this.#db.find<StateDocument>('grams', {
      _id: gramKey(a, stateKind, 0),
      a,
    });
    return state?.upTo;
  }

  async #nextEmail(a: number): Promise<number> {
    const [head] = await this.#db.find<{ readonly next: { readonly e: number } }>(
      'heads',
      { _id: a },
      { projection: { next: 1 } },
    );
    return head?.next.e ?? 0;
  }

  /** Of ascending emails those that the index does not hold. */
  async #missing(a: number, emails: readonly number[]): Promise<number[]> {
    if (emails.length === 0) return [];
    const [first, last] = [emails[0] as number, emails.at(-1) as number];
    const indexed = await IndexedEmails.read(this.#db, a, first, last);
    return emails.filter((e) => !indexed.has(e));
  }

  /** Writes the partitions of a block, then its members, which is when it counts; then its emails are single no more. */
  async #mergeBlock(a: number, b: number): Promise<void> {
    const first = b * blockEmails;
    const last = first + blockEmails - 1;
    for await (const some of emailNumbers(this.#db, a, first - 1)) {
      await this.index(
        a,
        await this.#missing(
          a,
          some.filter((e) => e <= last),
        ),
      );
      if ((some.at(-1) as number) >= last) break;
    }
    const singles = await this.#db.find<SingleDocument>(
      'grams',
      gramRange(a, singleKind, first, last),
    );
    if (singles.length === 0) return;
    const making = newMaking(this.#clock.now());
    const partitions: Document[] = [];
    const members = { members: emptyBitmap(), header: emptyBitmap(), body: emptyBitmap() };
    for (const { _id } of singles) addPlace(members.members, _id.b % blockEmails);
    for (const part of textParts) {
      const lists = singles.flatMap((single) => {
        const grams = single[part];
        return grams === null ? [] : [[single._id.b % blockEmails, unpackGrams(grams)] as const];
      });
      for (const [place] of lists) addPlace(members[part], place);
      const packer = new BlockPacker(lists);
      for (let partition = 0; partition < blockPartitions; partition++) {
        const _id = gramKey(a, partitionKind(part, partition), b, making);
        partitions.push({ _id, a, d: packer.next() });
        await breath();
      }
    }
    await this.#db.insert('grams', partitions);
    const block = {
      _id: gramKey(a, membersKind, b),
      a,
      making,
      members: Buffer.from(members.members),
      header: Buffer.from(members.header),
      body: Buffer.from(members.body),
    };
    const isTaken = (await this.#db.insert('grams', [block])).size > 0;
    // Another made it; emails that are not in that one stay single.
    if (isTaken) {
      await this.#remove(partitions);
      const [other] = await this.#db.find<MembersDocument>('grams', { _id: block._id, a });
      const inIt = singles.filter(
        ({ _id }) => other !== undefined && hasPlace(other.members, _id.b % blockEmails),
      );
      await this.#remove(inIt);
    } else await this.#remove(singles);
  }

  async #remove(
    documents: readonly { readonly _id?: unknown; readonly a?: unknown }[],
  ): Promise<void> {
    for (let i = 0; i < documents.length; i += batchDocuments) {
      const some = documents.slice(i, i + batchDocuments);
      await this.#db.remove('grams', { _id: { $in: some.map(({ _id }) => _id) }, a: some[0]?.a });
    }
  }
}

/** A name for the partitions of a block, with the time in front: those of a process that died are told by their age. */
function newMaking(now: number): string {
  return `${now.toString(36)}-${randomBytes(6).toString('base64url')}`;
}

/** When the partitions were begun, milliseconds. */
export function timeOfMaking(making: string): number {
  return parseInt(making, 36);
}

function textDocuments(a: number, e: number, made: MadeTexts): Document[] {
  const documents: Document[] = [];
  let w = 0;
  const small: Partial<Record<TextPart, Buffer>> = {};
  for (const part of textParts) {
    const { kept } = made[part];
    if (kept === undefined) continue;
    if (kept.wide) w |= wideBit[part];
    const octets = bufferOf(kept.octets) as Buffer;
    if (octets.length <= keptTextBytes) small[part] = octets;
    else {
      w |= largeBit[part];
      documents.push({ _id: textKey(a, e, largeAt[part]), a, [part]: octets, w });
    }
  }
  return [...documents, { _id: textKey(a, e), a, ...small, w }];
}

function isLarge({ _id }: Document): boolean {
  return (_id as { readonly p: number }).p > 0;
}

function readerOf(octets: Uint8Array): (offset: number, length: number) => Promise<Uint8Array> {
  return (offset, length) => Promise.resolve(octets.subarray(offset, offset + length));
}

function bufferOf(octets: Uint8Array | undefined): Buffer | undefined {
  return octets && Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

/** Lets others go on. */
function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
