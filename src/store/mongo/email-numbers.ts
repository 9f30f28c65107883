import type { Database } from './database.ts';
import { batchDocuments } from './limits.ts';

/** Numbers of an account's emails after that one, ascending, some at a time. */
export async function* emailNumbers(
  db: Database,
  a: number,
  after = -1,
): AsyncGenerator<readonly number[], void, void> {
  for (let last: number | undefined = after; last !== undefined;) {
    const found: { readonly _id: { readonly e: number } }[] = await db.find(
      'emails',
      { _id: { $gt: { a, e: last }, $lte: { a, e: 0xffff_ffff } }, a },
      { projection: { _id: 1 }, sort: { _id: 1 }, limit: batchDocuments },
    );
    if (found.length > 0) yield found.map(({ _id }) => _id.e);
    last = found.length < batchDocuments ? undefined : found.at(-1)?._id.e;
  }
}
