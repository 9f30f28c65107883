/**
 * What the store asks of a MongoDB-protocol server: few operations, each on documents of one account and so on one
 * shard, none of them a transaction. `test/model` has a double of it that fails in every way a network can.
 *
 * Whatever rejects with `unavailable` may have happened or not, or happens later; everything else that rejects did not.
 */
export interface Database {
  /** All documents that match, as of a majority; in one batch as far as one message holds them. */
  find<T>(collection: CollectionName, filter: Filter, options?: FindOptions): Promise<T[]>;
  /** Adds documents whose `_id` is free, durably; answers the positions of those whose `_id` was taken. */
  insert(collection: CollectionName, documents: readonly Document[]): Promise<ReadonlySet<number>>;
  /** Changes the one document that matches, durably; false when there was none. */
  update(collection: CollectionName, filter: Filter, change: Change): Promise<boolean>;
  /** Removes what matches; answers how many. */
  remove(collection: CollectionName, filter: Filter): Promise<number>;
  /** Adds `count` to a counter and answers the first of the numbers that are now the caller's, from 1. */
  take(counter: string, count: number): Promise<number>;
  close(): Promise<void>;
}

export const collectionNames = [
  'heads',
  'names',
  'pages',
  'payloads',
  'emails',
  'refs',
  'bodies',
  'lasting',
  'texts',
  'grams',
  'outbox',
  'audit',
  'records',
  'answers',
  'counters',
] as const;
export type CollectionName = (typeof collectionNames)[number];

export type Document = Readonly<Record<string, unknown>>;
export type Filter = Readonly<Record<string, unknown>>;
/** Update operators; never a pipeline. */
export interface Change {
  readonly $set?: Document;
  readonly $unset?: Document;
  readonly $push?: Document;
  readonly $pull?: Document;
}
export interface FindOptions {
  readonly projection?: Readonly<Record<string, 1>>;
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  readonly limit?: number;
}
