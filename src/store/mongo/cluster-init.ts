import { type Db, MongoServerError } from 'mongodb';
import { clusterLayout, type IndexLayout } from './cluster-layout.ts';
import { checkCompareAndSet } from './compare-and-set.ts';
import { collectionNames } from './database.ts';
import {
  clientFor,
  MongoDatabase,
  type MongoLogin,
  refusedLogin,
  type ServerKind,
  serverKind,
  unavailable,
} from './mongo-database.ts';

/** One thing that a database must have: made now, or there already. */
export interface InitStep {
  readonly what: string;
  readonly made: boolean;
}

/**
 * Gives a database its collections and indexes, and on a sharded cluster the shard keys; may be run again at any time,
 * beside running front ends, and does only what is missing. The server is told first, and tried with a race of
 * writes. `invalid`: it does not do what the store rests on; `no-permission`, `unavailable`
 */
export async function* initCluster(
  url: string,
  name: string,
  login: MongoLogin = {},
): AsyncGenerator<InitStep, ServerKind, void> {
  const client = clientFor(url, login);
  try {
    await client.connect();
    const db = client.db(name);
    const server = await serverKind(db);
    if (server.kind === 'sharded cluster') {
      yield await makes(`sharding of ${name}`, () => enableSharding(client.db('admin'), name));
    }
    for (const collection of collectionNames) {
      const { indexes, shardKey } = clusterLayout[collection];
      yield await makes(`collection ${collection}`, () => makeCollection(db, collection));
      for (const index of indexes) {
        const what = `index ${collection} ${JSON.stringify(index.key)}`;
        yield await makes(what, () => makeIndex(db, collection, index));
      }
      if (server.kind !== 'sharded cluster') continue;
      const what = `shard key ${collection} ${shardKey}, hashed`;
      yield await makes(what, () => shard(client.db('admin'), `${name}.${collection}`, shardKey));
    }
    await checkCompareAndSet(new MongoDatabase(client, name, server));
    return server;
  } catch (error) {
    throw refusedLogin(error) ?? unavailable(error);
  } finally {
    await client.close();
  }
}

async function makes(what: string, make: () => Promise<boolean>): Promise<InitStep> {
  return { what, made: await make() };
}

/** Codes: NamespaceExists, AlreadyInitialized. */
const thereCodes = new Set<unknown>([23, 48]);

async function makeCollection(db: Db, collection: string): Promise<boolean> {
  const there = await db.listCollections({}, { nameOnly: true }).toArray();
  if (there.some(({ name }) => name === collection)) return false;
  return unlessThere(() => db.createCollection(collection));
}

/** The server makes it unless it has one like it, and says how many it had before and has now. */
async function makeIndex(
  db: Db,
  collection: string,
  { key, sparse = false }: IndexLayout,
): Promise<boolean> {
  const name = Object.entries(key).flat().join('_');
  const indexes = [{ key, name, ...(sparse && { sparse }) }];
  const reply = await db.command({ createIndexes: collection, indexes });
  return reply['numIndexesAfter'] !== reply['numIndexesBefore'];
}

/** Servers before 6.0 mark a database; newer ones only make it, and what the mark says there means nothing. */
async function enableSharding(admin: Db, name: string): Promise<boolean> {
  const databases = admin.client
    .db('config')
    .collection<{ _id: string; partitioned?: boolean }>('databases');
  const before = await databases.findOne({ _id: name });
  if (before !== null && before.partitioned !== false) return false;
  if (!(await unlessThere(() => admin.command({ enableSharding: name })))) return false;
  const after = await databases.findOne({ _id: name });
  return before === null || after?.partitioned !== before.partitioned;
}

async function shard(admin: Db, namespace: string, key: string): Promise<boolean> {
  const config = admin.client.db('config').collection<{ _id: string }>('collections');
  if ((await config.findOne({ _id: namespace })) !== null) return false;
  return unlessThere(() => admin.command({ shardCollection: namespace, key: { [key]: 'hashed' } }));
}

/** False when another one made it meanwhile. */
async function unlessThere(make: () => Promise<unknown>): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    if (error instanceof MongoServerError && thereCodes.has(error.code)) return false;
    throw error;
  }
}
