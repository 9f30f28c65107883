import type { CollectionName } from './database.ts';

export interface CollectionLayout {
  /** What its documents are spread over shards by, hashed: the account, but for those that have none. */
  readonly shardKey: 'a' | '_id';
  /** Besides that of `_id`, by which nearly everything is found. */
  readonly indexes: readonly IndexLayout[];
}
export interface IndexLayout {
  readonly key: Readonly<Record<string, 1 | -1>>;
  /** Only documents that have the field: those that something waits for, or that will go. */
  readonly sparse?: boolean;
}

const oneAccount: CollectionLayout = { shardKey: 'a', indexes: [] };

/** Collections, their indexes and shard keys. Nothing that must be unique rests on an index here: it is an `_id`. */
export const clusterLayout: Readonly<Record<CollectionName, CollectionLayout>> = {
  heads: {
    shardKey: '_id',
    indexes: [
      { key: { todo: 1 }, sparse: true },
      { key: { xt: 1 }, sparse: true },
      { key: { 'ended.at': 1 }, sparse: true },
      { key: { 'au._id': 1 }, sparse: true },
    ],
  },
  names: { shardKey: '_id', indexes: [] },
  pages: {
    shardKey: 'a',
    indexes: [{ key: { a: 1, '_id.m': 1, xs: 1 } }, { key: { xt: 1 }, sparse: true }],
  },
  payloads: oneAccount,
  emails: oneAccount,
  refs: oneAccount,
  bodies: oneAccount,
  lasting: oneAccount,
  texts: oneAccount,
  grams: oneAccount,
  outbox: {
    shardKey: '_id',
    indexes: [
      { key: { n: 1 }, sparse: true },
      { key: { end: 1 }, sparse: true },
    ],
  },
  audit: { shardKey: '_id', indexes: [{ key: { account: 1, _id: -1 } }] },
  records: { shardKey: '_id', indexes: [{ key: { xt: 1 }, sparse: true }] },
  answers: { shardKey: '_id', indexes: [{ key: { x: 1 } }] },
  counters: { shardKey: '_id', indexes: [] },
};
