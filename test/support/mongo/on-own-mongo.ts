import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { versionOf } from './mongod.ts';
import { MongodProcess } from './mongod-process.ts';
import { onPath } from './on-path.ts';
import { ReplicaSet } from './replica-set.ts';
import { ShardedCluster } from './sharded-cluster.ts';

/** A database that a test kills and starts again, and that keeps over it what it answered for. */
export interface MortalMongo {
  readonly url: string;
  kill(): Promise<void>;
  /** Resolves when it answers again. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

interface Programs {
  readonly mongod: string | undefined;
  readonly mongos: string | undefined;
}

let found: Promise<Programs> | undefined;

/**
 * Defines tests that kill the database: the one at ZHASHIK_TEST_MONGODB by the program in
 * ZHASHIK_TEST_MONGODB_RESTART, or a standalone mongod. Where there is neither, `title` is skipped with the reason. To be
 * awaited while a test file loads, as the others here.
 */
export async function onMortalMongo(
  title: string,
  define: (serve: () => Promise<MortalMongo>) => void | Promise<void>,
): Promise<void> {
  const url = process.env['ZHASHIK_TEST_MONGODB'];
  const program = process.env['ZHASHIK_TEST_MONGODB_RESTART'];
  if (url !== undefined) {
    if (program !== undefined) await define(() => Promise.resolve(restartedBy(program, url)));
    else
      skip(title, 'ZHASHIK_TEST_MONGODB_RESTART names no program that kills and starts the server');
    return;
  }
  const { mongod } = await programs();
  if (mongod !== undefined) await define(() => standalone(mongod));
  else skip(title, 'there is no mongod, and the server in Java keeps nothing over a kill');
}

/** Defines tests that need a replica set of three. */
export async function onReplicaSet(
  title: string,
  define: (serve: () => Promise<ReplicaSet>) => void | Promise<void>,
): Promise<void> {
  const { mongod } = await programs();
  if (mongod !== undefined) await define(() => ReplicaSet.start(mongod, 'rs0', 3));
  else skip(title, 'there is no mongod: a replica set takes three');
}

/** Defines tests that need a cluster of two shards. */
export async function onShardedCluster(
  title: string,
  define: (serve: () => Promise<ShardedCluster>) => void | Promise<void>,
): Promise<void> {
  const { mongod, mongos } = await programs();
  if (mongod === undefined) skip(title, 'there is no mongod: a sharded cluster takes three');
  else if (mongos === undefined) skip(title, 'there is no mongos');
  else await define(() => ShardedCluster.start(mongod, mongos, 2));
}

function skip(title: string, reason: string): void {
  describe(title, () => {
    it.skip(reason);
  });
}

function programs(): Promise<Programs> {
  return (found ??= find());
}

async function find(): Promise<Programs> {
  const path = process.env['PATH'] ?? '';
  const mongod = process.env['ZHASHIK_MONGOD'] ?? (await onPath('mongod', path));
  const mongos = process.env['ZHASHIK_MONGOS'] ?? (await onPath('mongos', path));
  if (mongod !== undefined) {
    const version = await versionOf(mongod);
    process.stdout.write(`Tests that start MongoDB servers run on mongod ${version}\n`);
  }
  return { mongod, mongos };
}

function restartedBy(program: string, url: string): MortalMongo {
  const run = async (what: 'kill' | 'start'): Promise<void> => {
    await promisify(execFile)(program, [what], { timeout: 120_000 });
  };
  return {
    url,
    kill: () => run('kill'),
    start: () => run('start'),
    // It is the other tests' too.
    remove: () => Promise.resolve(),
  };
}

async function standalone(program: string): Promise<MortalMongo> {
  const server = await MongodProcess.start(program);
  return {
    url: `mongodb://${server.host}`,
    kill: () => server.kill(),
    start: () => server.start(),
    remove: () => server.remove(),
  };
}
