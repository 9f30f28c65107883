import type {
  Change,
  CollectionName,
  Database,
  Document,
  Filter,
  FindOptions,
} from '../../../src/store/mongo/database.ts';

/**
 * What servers are asked for, all of which MongoDB 5 to 8, Amazon DocumentDB and FerretDB have. Another one is a
 * decision: docs/decisions/0012.
 */
export const operatorsInUse = [
  'filter $exists',
  'filter $gt',
  'filter $gte',
  'filter $in',
  'filter $lt',
  'filter $lte',
  'sort _id',
  'sort n',
  'update $each',
  'update $pull',
  'update $push',
  'update $set',
  'update $slice',
  'update $unset',
];

/** Collections that belong to no account. */
const common: readonly CollectionName[] = [
  'names',
  'outbox',
  'audit',
  'records',
  'answers',
  'counters',
];
/** Questions that go to all accounts, by the fields of their filters: rare, each with an index of few entries, or a listing. */
const toAll: readonly (readonly [CollectionName, string])[] = [
  ['heads', 'todo'],
  ['heads', 'ended.at'],
  ['heads', 'xt'],
  ['heads', 'au._id'],
  ['pages', 'xt'],
];

/** A database that refuses operators that are not listed, and operations that do not name their account. */
export class WatchedDatabase implements Database {
  readonly seen = new Set<string>();
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  find<T>(collection: CollectionName, filter: Filter, options: FindOptions = {}): Promise<T[]> {
    this.#look('filter', filter);
    for (const field of Object.keys(options.sort ?? {})) this.#note(`sort ${field}`);
    const fields = Object.keys(filter).join();
    // A listing of accounts, some at a time.
    const isListing = collection === 'heads' && fields === '_id';
    const goesToAll = toAll.some(([name, field]) => name === collection && field === fields);
    if (!isListing && !goesToAll) namesAccount(collection, filter);
    return this.#db.find(collection, filter, options);
  }

  insert(collection: CollectionName, documents: readonly Document[]): Promise<ReadonlySet<number>> {
    for (const document of documents) namesAccount(collection, document);
    return this.#db.insert(collection, documents);
  }

  update(collection: CollectionName, filter: Filter, change: Change): Promise<boolean> {
    this.#look('filter', filter);
    for (const [operator, fields] of Object.entries(change) as [string, Document][]) {
      this.#note(`update ${operator}`);
      for (const field of Object.values(fields)) {
        if (operator === '$push') this.#look('update', field);
        else if (operator === '$pull') this.#look('filter', field);
      }
    }
    namesAccount(collection, filter);
    return this.#db.update(collection, filter, change);
  }

  remove(collection: CollectionName, filter: Filter): Promise<number> {
    this.#look('filter', filter);
    namesAccount(collection, filter);
    return this.#db.remove(collection, filter);
  }

  take(counter: string, count: number): Promise<number> {
    return this.#db.take(counter, count);
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  /** Operators at any depth of plain objects. */
  #look(where: string, value: unknown): void {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key.startsWith('$')) this.#note(`${where} ${key}`);
      if (key !== '$each') this.#look(where, inner);
    }
  }

  #note(operator: string): void {
    if (!operatorsInUse.includes(operator)) throw new Error(`not among the operators: ${operator}`);
    this.seen.add(operator);
  }
}

/** One shard has it all: the account is said, as one value. */
function namesAccount(collection: CollectionName, filter: Filter): void {
  if (common.includes(collection)) return;
  const account = filter[collection === 'heads' ? '_id' : 'a'];
  const isOne = typeof account === 'number' || typeof account === 'string';
  if (!isOne) throw new Error(`${collection} without the account: ${Object.keys(filter).join()}`);
}
