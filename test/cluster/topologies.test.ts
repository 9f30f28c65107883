import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { initCluster, type InitStep } from '../../src/store/mongo/cluster-init.ts';
import { clusterLayout } from '../../src/store/mongo/cluster-layout.ts';
import { collectionNames } from '../../src/store/mongo/database.ts';
import type { ServerKind } from '../../src/store/mongo/mongo-database.ts';
import { storeContract } from '../store/contract.ts';
import { openMongo } from '../store/mongo/backend.ts';
import { onReplicaSet, onShardedCluster } from '../support/mongo/on-own-mongo.ts';
import type { ReplicaSet } from '../support/mongo/replica-set.ts';
import type { ShardedCluster } from '../support/mongo/sharded-cluster.ts';

/*
 * The store's contract on each kind of server but a standalone one, on which all other tests run, and what `cluster init`
 * makes there.
 */
const majority = 'w: majority, j: true; majority reads';

const replicas = 'a replica set of three';
await onReplicaSet(replicas, (serve) => {
  describe(replicas, function () {
    this.timeout(120_000);
    let set: ReplicaSet | undefined;
    const url = (): string => set?.url ?? '';
    before(async () => {
      set = await serve();
    });
    after(() => set?.remove());

    storeContract({ name: 'mongo, a replica set', open: (clock) => openMongo(url(), clock) });

    it('is known as one, and cluster init makes nothing the second time', async () => {
      await withDatabase(url(), async (name) => {
        const [first, server] = await init(url(), name);
        expect(server).to.include({ kind: 'replica set', concerns: majority });
        expect(first.filter(({ made }) => !made)).to.deep.equal([]);
        const [again] = await init(url(), name);
        expect(again).to.deep.equal(first.map(({ what }) => ({ what, made: false })));
      });
    });
  });
});

const shards = 'a cluster of two shards';
await onShardedCluster(shards, (serve) => {
  describe(shards, function () {
    this.timeout(240_000);
    let cluster: ShardedCluster | undefined;
    const url = (): string => cluster?.url ?? '';
    before(async () => {
      cluster = await serve();
    });
    after(() => cluster?.remove());

    storeContract({
      name: 'mongo, two shards',
      async open(clock) {
        const name = `zhashik-${randomBytes(6).toString('hex')}`;
        await init(url(), name);
        return openMongo(url(), clock, name);
      },
    });

    it('is known as one; cluster init gives each collection its shard key, and nothing the second time', async () => {
      await withDatabase(url(), async (name, client) => {
        const [first, server] = await init(url(), name);
        expect(server).to.include({ kind: 'sharded cluster', concerns: majority });
        expect(first.map(({ what }) => what)).to.include(`sharding of ${name}`);
        const config = client.db('config').collection<{ _id: string; key: object }>('collections');
        for (const collection of collectionNames) {
          const there = await config.findOne({ _id: `${name}.${collection}` });
          const { shardKey } = clusterLayout[collection];
          expect(there?.key, collection).to.deep.equal({ [shardKey]: 'hashed' });
        }
        const [again] = await init(url(), name);
        expect(again).to.deep.equal(first.map(({ what }) => ({ what, made: false })));
      });
    });
  });
});

async function init(url: string, name: string): Promise<[InitStep[], ServerKind]> {
  const steps: InitStep[] = [];
  const run = initCluster(url, name);
  for (;;) {
    const { done, value } = await run.next();
    if (done === true) return [steps, value];
    steps.push(value);
  }
}

async function withDatabase(
  url: string,
  use: (name: string, client: MongoClient) => Promise<void>,
): Promise<void> {
  const name = `zhashik-${randomBytes(6).toString('hex')}`;
  const client = await new MongoClient(url).connect();
  try {
    await use(name, client);
  } finally {
    await client.db(name).dropDatabase();
    await client.close();
  }
}
