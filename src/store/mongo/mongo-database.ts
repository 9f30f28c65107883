import {
  type Collection,
  type Db,
  MongoBulkWriteError,
  MongoClient,
  type MongoClientOptions,
  MongoError,
  MongoNetworkError,
  MongoServerError,
  ReadConcern,
  type UpdateFilter,
} from 'mongodb';
import { MailError } from '../../core/errors.ts';
import {
  type Change,
  type CollectionName,
  collectionNames,
  type Database,
  type Document,
  type Filter,
  type FindOptions,
} from './database.ts';
import { answerMs, operationMs } from './limits.ts';

interface Keyed extends Document {
  readonly _id: unknown;
}

/** What a server is, as it says itself. */
export interface ServerKind {
  readonly kind: 'standalone' | 'replica set' | 'sharded cluster';
  readonly version: string;
  /** What a write and a read wait for there, in MongoDB's words. */
  readonly concerns: string;
}

/** How to be let in. */
export interface MongoLogin {
  readonly user?: string;
  readonly password?: string;
  /** PEM file: who signs the servers' certificates. */
  readonly authority?: string;
}

/**
 * Connects and asks the server what it is. `unavailable`; `no-permission` for a login that is refused, `invalid` for a
 * URL that the driver does not take.
 */
export async function connectMongo(
  url: string,
  name: string,
  login: MongoLogin = {},
): Promise<{ readonly db: MongoDatabase; readonly server: ServerKind }> {
  const client = clientFor(url, login);
  try {
    await client.connect();
    const server = await serverKind(client.db(name));
    return { db: new MongoDatabase(client, name, server), server };
  } catch (error) {
    await client.close();
    throw refusedLogin(error) ?? unavailable(error);
  }
}

/** A client with the settings that the store rests on; `monitored`: it tells of each command. `invalid` */
export function clientFor(
  url: string,
  { user, password, authority }: MongoLogin,
  monitored = false,
): MongoClient {
  // Retries are ours to decide: a standalone server has none, and a commit must know whether it was its own.
  const options: MongoClientOptions = {
    retryWrites: false,
    promoteBuffers: true,
    ignoreUndefined: true,
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    // Without it an operation may wait for ever for a connection of a pool that lost many.
    waitQueueTimeoutMS: 5_000,
    socketTimeoutMS: answerMs,
    maxPoolSize: 64,
    appName: 'zhashik',
    monitorCommands: monitored,
    ...(user !== undefined && { auth: { username: user, password: password ?? '' } }),
    ...(authority !== undefined && { tls: true, tlsCAFile: authority }),
  };
  try {
    return new MongoClient(url, options);
  } catch (error) {
    // The driver's words name no login, since there is none in the URL.
    throw new MailError('invalid', (error as Error).message, { cause: error });
  }
}

/** Codes of a login that is wrong, or may not do what we ask: Unauthorized, AuthenticationFailed. */
const refusedCodes = new Set<unknown>([13, 18]);

/** Undefined: the login was not refused. */
export function refusedLogin(error: unknown): MailError | undefined {
  if (!(error instanceof MongoServerError) || !refusedCodes.has(error.code)) return undefined;
  return new MailError('no-permission', error.message, { cause: error });
}

/** Asks the server what it is. */
export async function serverKind(db: Db): Promise<ServerKind> {
  const hello = await db.command({ isMaster: 1 });
  const { version } = await db.command({ buildInfo: 1 });
  const kind =
    hello['msg'] === 'isdbgrid'
      ? 'sharded cluster'
      : typeof hello['setName'] === 'string'
        ? 'replica set'
        : 'standalone';
  const concerns =
    kind === 'standalone' ? 'w: 1, j: true; local reads' : 'w: majority, j: true; majority reads';
  return { kind, version: String(version), concerns };
}

/** Names of errors of the driver's own state, besides those of the network: not an answer about the operation itself. */
const transient =
  /^Mongo(ServerSelection|Pool|WaitQueue|Topology|NotConnected|ExpiredSession|Runtime|StalePrimary|ServerClosed|ClientClosed)/;
/** Codes of a server that is changing its role, shutting down, or could not replicate in time. RFC-like list: see the driver's "state change" errors. */
const stateChange = new Set([
  6, 7, 64, 89, 91, 100, 112, 133, 134, 189, 234, 262, 317, 358, 384, 9001, 10058, 10107, 11600,
  11602, 13435, 13436, 50915,
]);

/** What the system says of a connection that breaks. */
const networkCodes = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);

const duplicateKey = 11000;

export class MongoDatabase implements Database {
  readonly #client: MongoClient;
  readonly #collections: Readonly<Record<CollectionName, Collection<Keyed>>>;

  constructor(client: MongoClient, name: string, server: ServerKind) {
    this.#client = client;
    const alone = server.kind === 'standalone';
    const db = client.db(name, {
      writeConcern: alone ? { w: 1, journal: true } : { w: 'majority', journal: true },
      ...(!alone && { readConcern: new ReadConcern('majority') }),
    });
    this.#collections = Object.fromEntries(
      collectionNames.map((each) => [each, db.collection<Keyed>(each)]),
    ) as Record<CollectionName, Collection<Keyed>>;
  }

  async find<T>(
    collection: CollectionName,
    filter: Filter,
    { projection, sort, limit = 0 }: FindOptions = {},
  ): Promise<T[]> {
    return attempt(
      () =>
        this.#collections[collection]
          .find(filter, {
            batchSize: 10_000,
            ...(projection !== undefined && { projection }),
            ...(sort !== undefined && { sort }),
            ...(limit > 0 && { limit }),
          })
          .toArray() as unknown as Promise<T[]>,
    );
  }

  async insert(
    collection: CollectionName,
    documents: readonly Document[],
  ): Promise<ReadonlySet<number>> {
    if (documents.length === 0) return new Set();
    return attempt(async () => {
      try {
        await this.#collections[collection].insertMany(documents as Keyed[], { ordered: false });
        return new Set<number>();
      } catch (error) {
        if (!(error instanceof MongoBulkWriteError)) throw error;
        const errors = [error.writeErrors].flat();
        if (errors.length === 0 || errors.some(({ code }) => code !== duplicateKey)) throw error;
        if (error.result.getWriteConcernError() !== undefined) throw error;
        return new Set(errors.map(({ index }) => index));
      }
    });
  }

  async update(collection: CollectionName, filter: Filter, change: Change): Promise<boolean> {
    return attempt(async () => {
      const { matchedCount } = await this.#collections[collection].updateOne(
        filter,
        change as UpdateFilter<Keyed>,
      );
      return matchedCount === 1;
    });
  }

  async remove(collection: CollectionName, filter: Filter): Promise<number> {
    return attempt(
      async () => (await this.#collections[collection].deleteMany(filter)).deletedCount,
    );
  }

  async take(counter: string, count: number): Promise<number> {
    return attempt(async () => {
      const after = await this.#collections.counters.findOneAndUpdate(
        { _id: counter } as Filter,
        { $inc: { n: count } } as unknown as UpdateFilter<Keyed>,
        { upsert: true, returnDocument: 'after' },
      );
      if (after === null) throw new Error('a counter is missing');
      return Number(after['n']) - count + 1;
    });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

/** Nobody waits longer than `operationMs`, whatever the driver waits for; what was asked may happen later. */
async function attempt<T>(run: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new MailError('unavailable', 'The store does not answer in time'));
    }, operationMs);
  });
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    throw unavailable(error);
  } finally {
    clearTimeout(timer);
  }
}

/** `unavailable` for what time may heal; anything else is a mistake of ours or of the operator and stays as it is. */
export function unavailable(error: unknown): unknown {
  if (!(error instanceof MongoError)) {
    // The driver lets through what a socket says that breaks while it is written to.
    return networkCodes.has((error as NodeJS.ErrnoException).code ?? '')
      ? new MailError('unavailable', 'The store does not answer now', { cause: error })
      : error;
  }
  // Of many inserts that were sent in one, this is what kept them from being answered.
  if (error instanceof MongoBulkWriteError && errorBehind(error) !== undefined) {
    return unavailable(errorBehind(error));
  }
  const { code } = error;
  const passing =
    error instanceof MongoNetworkError ||
    transient.test(error.name) ||
    (typeof code === 'number' && stateChange.has(code)) ||
    error.name === 'MongoWriteConcernError' ||
    (error instanceof MongoBulkWriteError && error.result.getWriteConcernError() !== undefined);
  return passing
    ? new MailError('unavailable', 'The store does not answer now', { cause: error })
    : error;
}

function errorBehind(error: MongoBulkWriteError): Error | undefined {
  const behind: unknown = error.errorResponse;
  return behind instanceof Error ? behind : undefined;
}
