import { MongoClient } from 'mongodb';
import { startMemoryServer } from './memory-server.ts';
import { startMongod } from './mongod.ts';
import { onPath } from './on-path.ts';
import { startProtocolServer } from './protocol-server.ts';

/** A server that speaks MongoDB's protocol, for tests. */
export interface MongoServer {
  readonly url: string;
  /** What it is, with its version: never called MongoDB when it is another that speaks the protocol. */
  readonly what: string;
  /** Ends it, if it was started here. */
  close(): Promise<void>;
}
/** Why there is none. */
export interface NoMongoServer {
  readonly reason: string;
}

/**
 * The first of: the URL in ZHASHIK_TEST_MONGODB; the mongod that ZHASHIK_MONGOD names, or that is on PATH;
 * mongodb-memory-server, where that is installed; a server in Java that speaks the protocol. Rejects when one that was
 * asked for by name cannot be had.
 */
export async function startMongoServer(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<MongoServer | NoMongoServer> {
  const url = environment['ZHASHIK_TEST_MONGODB'];
  if (url !== undefined) return serverAt(url);
  const named = environment['ZHASHIK_MONGOD'];
  if (named !== undefined) return startMongod(named);
  const found = await onPath('mongod', environment['PATH'] ?? '');
  if (found !== undefined) return startMongod(found);
  return (await startMemoryServer()) ?? startProtocolServer();
}

async function serverAt(url: string): Promise<MongoServer> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 5_000 });
  try {
    const { version, ferretdb } = await client.db('admin').command({ buildInfo: 1 });
    const { host } = new URL(url);
    const other = ferretdb === undefined ? '' : ' and is FerretDB, not MongoDB';
    return {
      url,
      what: `${host}, which calls itself ${String(version)}${other}`,
      close: () => Promise.resolve(),
    };
  } finally {
    await client.close();
  }
}
