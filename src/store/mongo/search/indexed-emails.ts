import type { Database } from '../database.ts';
import { blockEmails, hasPlace } from './gram-block.ts';
import {
  gramRange,
  type MembersDocument,
  membersKind,
  type SingleDocument,
  singleKind,
} from './search-documents.ts';

/** Which emails the index of an account holds. */
export class IndexedEmails {
  readonly #blocks: ReadonlyMap<number, Uint8Array>;
  readonly #singles: ReadonlySet<number>;

  constructor(
    members: readonly Pick<MembersDocument, '_id' | 'members'>[],
    singles: Iterable<number>,
  ) {
    this.#blocks = new Map(members.map((block) => [block._id.b, block.members]));
    this.#singles = new Set(singles);
  }

  /** As to emails from `first` to `last`. */
  static async read(db: Database, a: number, first: number, last: number): Promise<IndexedEmails> {
    const blockOf = (e: number): number => Math.floor(e / blockEmails);
    const [members, singles] = await Promise.all([
      db.find<MembersDocument>('grams', gramRange(a, membersKind, blockOf(first), blockOf(last))),
      db.find<Pick<SingleDocument, '_id'>>('grams', gramRange(a, singleKind, first, last), {
        projection: { _id: 1 },
      }),
    ]);
    return new IndexedEmails(
      members,
      singles.map(({ _id }) => _id.b),
    );
  }

  has(e: number): boolean {
    const block = this.#blocks.get(Math.floor(e / blockEmails));
    return this.#singles.has(e) || (block !== undefined && hasPlace(block, e % blockEmails));
  }
}
