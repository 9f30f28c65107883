import { MongoClient } from 'mongodb';
import { MongodProcess } from './mongod-process.ts';
import { ReplicaSet } from './replica-set.ts';

/** A mongos before shards of one member each. */
export class ShardedCluster {
  readonly #parts: readonly { remove(): Promise<void> }[];
  readonly #router: MongodProcess;

  private constructor(router: MongodProcess, parts: readonly ReplicaSet[]) {
    this.#router = router;
    // The router first: it asks the others as long as it runs.
    this.#parts = [router, ...parts];
  }

  static async start(mongod: string, mongos: string, shards: number): Promise<ShardedCluster> {
    const parts: ReplicaSet[] = [];
    try {
      const config = await ReplicaSet.start(mongod, 'config', 1, ['--configsvr']);
      parts.push(config);
      for (let i = 0; i < shards; i++) {
        parts.push(await ReplicaSet.start(mongod, `shard${i}`, 1, ['--shardsvr']));
      }
      const router = await MongodProcess.start(mongos, ['--configdb', config.seeds]);
      const cluster = new ShardedCluster(router, parts);
      const client = new MongoClient(cluster.url);
      try {
        for (const { seeds } of parts.slice(1)) {
          await client.db('admin').command({ addShard: seeds });
        }
      } catch (error) {
        await router.remove();
        throw error;
      } finally {
        await client.close();
      }
      return cluster;
    } catch (error) {
      for (const part of parts) await part.remove();
      throw error;
    }
  }

  get url(): string {
    return `mongodb://${this.#router.host}`;
  }

  async remove(): Promise<void> {
    for (const part of this.#parts) await part.remove();
  }
}
