import type { EmailId } from '../../../core/values.ts';
import type { TextLookup, TextMatcher, TextPart } from '../../api.ts';
import { type Comparison, comparisonOf, isInField } from '../../common/texts/comparison.ts';
import type { Database } from '../database.ts';
import { batchDocuments, textsAtOnce } from '../limits.ts';
import {
  type Bitmap,
  blockEmails,
  hasPlace,
  keepCommon,
  partitionOf,
  placesWith,
} from './gram-block.ts';
import { holdsAll, needleGrams } from './gram-list.ts';
import { IndexedEmails } from './indexed-emails.ts';
import {
  gramKey,
  gramRange,
  largeAt,
  largeBit,
  type MembersDocument,
  membersKind,
  type PartitionDocument,
  partitionKind,
  type SingleDocument,
  singleKind,
  type StateDocument,
  stateKind,
  type TextDocument,
  textKey,
  wideBit,
} from './search-documents.ts';

/** What the index says of an account's emails. */
export interface Found {
  readonly matcher: TextMatcher;
  /** Whether the index has all emails below that number. */
  isComplete(nextEmail: number): boolean;
  /** Parts of blocks that are not as they were written. */
  readonly damaged: boolean;
}

/** A block in which emails are still open. */
interface OpenBlock {
  readonly making: string;
  readonly known: Bitmap;
  readonly open: Bitmap;
}

/** Grams that one round of a search looks up: each leaves fewer blocks for the next. */
const gramsAtOnce = 2;

/** Reads the index of an account's texts. */
export class TextReader {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Undefined: the needle is too short. */
  async find(a: number, part: TextPart, needle: string): Promise<Found | undefined> {
    const grams = needleGrams(needle);
    if (grams === undefined) return undefined;
    const [states, members, singles] = await Promise.all([
      this.#db.find<StateDocument>('grams', { _id: gramKey(a, stateKind, 0), a }),
      this.#db.find<MembersDocument>('grams', gramRange(a, membersKind)),
      this.#db.find<SingleDocument>('grams', gramRange(a, singleKind), {
        projection: { _id: 1, [part]: 1 },
      }),
    ]);
    const blocks = new Map<number, OpenBlock>();
    for (const block of members) {
      const known = block[part];
      blocks.set(block._id.b, { making: block.making, known, open: Uint8Array.from(known) });
    }
    const damaged = await this.#narrow(a, part, grams, blocks);
    const single = new Map<number, boolean | undefined>();
    for (const document of singles) {
      const list = document[part];
      // Undefined: it may hold the text.
      const may = list === null || holdsAll(list, grams);
      single.set(document._id.b, may ? undefined : false);
    }
    const upTo = states[0]?.upTo ?? 0;
    return {
      damaged,
      matcher: (email: EmailId) => {
        if (single.has(email)) return single.get(email);
        const block = blocks.get(Math.floor(email / blockEmails));
        const place = email % blockEmails;
        if (block === undefined || !hasPlace(block.known, place)) return undefined;
        return hasPlace(block.open, place) ? undefined : false;
      },
      isComplete(nextEmail) {
        const indexed = new IndexedEmails(members, single.keys());
        for (let e = Math.max(1, upTo); e < nextEmail; e++) if (!indexed.has(e)) return false;
        return true;
      },
    };
  }

  /** Compares kept texts, some at a time. */
  async compare(
    a: number,
    emails: readonly EmailId[],
    lookup: TextLookup,
  ): Promise<readonly (boolean | undefined)[]> {
    const comparison = comparisonOf(lookup);
    const told = new Map<number, boolean>();
    if (comparison !== undefined) {
      const numbers = [...new Set<number>(emails)];
      for (let i = 0; i < numbers.length; i += textsAtOnce) {
        await this.#compareSome(a, numbers.slice(i, i + textsAtOnce), comparison, told);
      }
    }
    return emails.map((email) => told.get(email));
  }

  async #compareSome(
    a: number,
    emails: readonly number[],
    comparison: Comparison,
    told: Map<number, boolean>,
  ): Promise<void> {
    const { part } = comparison;
    const documents = await this.#db.find<TextDocument>(
      'texts',
      { _id: { $in: emails.map((e) => textKey(a, e)) }, a },
      { projection: { _id: 1, [part]: 1, w: 1 } },
    );
    for (const document of documents) {
      const { e } = document._id;
      const kept = (document.w & largeBit[part]) === 0 ? document : await this.#large(a, e, part);
      const text = kept?.[part];
      if (text !== undefined)
        told.set(e, holds(text, (document.w & wideBit[part]) !== 0, comparison));
    }
  }

  async #large(a: number, e: number, part: TextPart): Promise<TextDocument | undefined> {
    const _id = textKey(a, e, largeAt[part]);
    const [document] = await this.#db.find<TextDocument>('texts', { _id, a });
    return document;
  }

  /** Leaves open what has all the grams. A block that cannot be told of is taken out. True: one was damaged. */
  async #narrow(
    a: number,
    part: TextPart,
    grams: readonly number[],
    blocks: Map<number, OpenBlock>,
  ): Promise<boolean> {
    let damaged = false;
    for (let i = 0; i < grams.length; i += gramsAtOnce) {
      const left = [...blocks].filter(([, { open }]) => open.some((octet) => octet !== 0));
      if (left.length === 0) break;
      const some = grams.slice(i, i + gramsAtOnce);
      const found = await Promise.all(
        some.map((gram) => this.#partitions(a, partitionKind(part, partitionOf(gram)), left)),
      );
      for (const [b, block] of left) {
        for (const [n, gram] of some.entries()) {
          try {
            const partition = found[n]?.get(b);
            if (partition === undefined) blocks.delete(b);
            else keepCommon(block.open, placesWith(partition, gram));
          } catch (error) {
            if (!(error instanceof RangeError)) throw error;
            blocks.delete(b);
            damaged = true;
          }
        }
      }
    }
    return damaged;
  }

  /** By range where most of what is there is wanted. */
  async #partitions(
    a: number,
    k: number,
    blocks: readonly (readonly [number, OpenBlock])[],
  ): Promise<ReadonlyMap<number, Buffer>> {
    const found = new Map<number, Buffer>();
    const makings = new Map(blocks.map(([b, { making }]) => [b, making]));
    const numbers = [...makings.keys()].sort((x, y) => x - y);
    for (let i = 0; i < numbers.length; i += batchDocuments) {
      const some = numbers.slice(i, i + batchDocuments);
      const [first, last] = [some[0] as number, some.at(-1) as number];
      const documents = await this.#db.find<PartitionDocument>(
        'grams',
        last - first < 2 * some.length
          ? gramRange(a, k, first, last)
          : { _id: { $in: some.map((b) => gramKey(a, k, b, makings.get(b))) }, a },
      );
      for (const { _id, d } of documents) if (makings.get(_id.b) === _id.g) found.set(_id.b, d);
    }
    return found;
  }
}

function holds(text: Buffer, wide: boolean, comparison: Comparison): boolean {
  const { needle } = comparison;
  const value = wide ? needle.wide : needle.narrow;
  return value !== null && text.includes(value) && isInField(text, wide, comparison);
}
