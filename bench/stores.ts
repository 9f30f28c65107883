import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON } from 'mongodb';
import type { Hints } from '../src/bus/api.ts';
import { RedisBus } from '../src/bus/redis/redis-bus.ts';
import { silentLog } from '../src/core/log.ts';
import { type EmbeddedStore, openEmbeddedStore } from '../src/store/embedded/embedded-store.ts';
import { collectionNames } from '../src/store/mongo/database.ts';
import { initCluster } from '../src/store/mongo/cluster-init.ts';
import { clientFor, MongoDatabase, serverKind } from '../src/store/mongo/mongo-database.ts';
import { type MongoStore, openMongoStore } from '../src/store/mongo/mongo-store.ts';
import { startMongoServer } from '../test/support/mongo/mongo-server.ts';
import { RedisProcess } from '../test/support/redis/redis-process.ts';
import { folderBytes } from './folder-bytes.ts';
import { measureNews } from './measures/news.ts';
import { measureStore, type StoreTarget } from './measures/store.ts';
import { MongoMeter } from './mongo-meter.ts';
import { Recorder } from './recorder.ts';
import type { TargetResult } from './report.ts';

/** The store on a MongoDB server, and the embedded one in the same run. Says what the server is. */
export async function measureStores(messages: number, letters: number): Promise<TargetResult[]> {
  const server = await startMongoServer();
  if (!('url' in server)) throw new Error(server.reason);
  process.stderr.write(`on ${server.what}\n`);
  const results: TargetResult[] = [];
  try {
    await withMongo(server.url, `on ${server.what}`, async (target, another) => {
      const { target: name, figures } = await figuresOf(target, messages, letters);
      const recorder = new Recorder();
      await withRedis(async (bus) => {
        await measureNews(another, bus, recorder);
      });
      results.push({ target: name, figures: [...figures, ...recorder.figures] });
    });
  } finally {
    await server.close();
  }
  await withEmbedded(async (target) => {
    results.push(await figuresOf(target, messages, letters));
  });
  return results;
}

async function figuresOf(
  target: StoreTarget,
  messages: number,
  letters: number,
): Promise<TargetResult> {
  const recorder = new Recorder();
  await measureStore(target, messages, letters, recorder);
  return { target: target.name, figures: recorder.figures };
}

async function withMongo(
  url: string,
  title: string,
  use: (target: StoreTarget, another: OpenAnother) => Promise<void>,
): Promise<void> {
  const name = `zhashik-bench-${randomBytes(6).toString('hex')}`;
  const steps = initCluster(url, name);
  while ((await steps.next()).done !== true);
  const client = await clientFor(url, {}, true).connect();
  const meter = new MongoMeter(client);
  const database = client.db(name);
  const server = await serverKind(database);
  const open = (): Promise<MongoStore> =>
    openMongoStore({ db: new KeptOpen(client, name, server) });
  let store = await open();
  const another: OpenAnother = (hints) =>
    openMongoStore({ db: new KeptOpen(client, name, server), hints });
  try {
    const target: StoreTarget = {
      name: title,
      get store() {
        return store;
      },
      async reopen() {
        await store.close();
        store = await open();
      },
      async settle() {
        await store.indexTexts();
        await meter.idle();
      },
      exchange: (action) => meter.during(action),
      async bytes() {
        let sum = 0;
        for (const collection of collectionNames) {
          for await (const document of database.collection(collection).find()) {
            sum += BSON.calculateObjectSize(document);
          }
        }
        return sum;
      },
    };
    await use(target, another);
  } finally {
    await store.close();
    await database.dropDatabase();
    await client.close();
  }
}

/** A store on the same database as another process would have it, with its own end of the bus. */
type OpenAnother = (hints: Hints) => Promise<MongoStore>;

/** Ends of a bus, each as a process of its own would have it. */
async function withRedis(use: (bus: () => Promise<RedisBus>) => Promise<void>): Promise<void> {
  const redis = await RedisProcess.start();
  const ends: RedisBus[] = [];
  try {
    await use(async () => {
      const end = await RedisBus.open({
        server: { url: redis.url },
        prefix: 'bench',
        log: silentLog,
      });
      ends.push(end);
      return end;
    });
  } finally {
    await Promise.all(ends.map((end) => end.close()));
    await redis.remove();
  }
}

/** The connections outlive a store that is closed. */
class KeptOpen extends MongoDatabase {
  override close(): Promise<void> {
    return Promise.resolve();
  }
}

async function withEmbedded(use: (target: StoreTarget) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'zhashik-bench-'));
  const open = (): Promise<EmbeddedStore> => openEmbeddedStore({ folder });
  let store = await open();
  try {
    await use({
      name: 'embedded',
      get store() {
        return store;
      },
      async reopen() {
        await store.close();
        store = await open();
      },
      settle: () => store.indexTexts(),
      async exchange(action) {
        await action();
        return undefined;
      },
      bytes: () => Promise.resolve(folderBytes(folder)),
    });
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}
