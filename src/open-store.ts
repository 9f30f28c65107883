import { join } from 'node:path';
import { readOrMakeLoginSecret } from './account/login-secret.ts';
import { BackendError } from './backend-error.ts';
import type { Hints } from './bus/api.ts';
import type { Config } from './config/loader.ts';
import type { Clock } from './core/clock.ts';
import { MailError } from './core/errors.ts';
import type { Log } from './core/log.ts';
import type { AccountId } from './core/values.ts';
import type { AccountStatus, MailStore } from './store/api.ts';
import { openEmbeddedStore } from './store/embedded/embedded-store.ts';
import type { MongoLogin } from './store/mongo/mongo-database.ts';

/** What a store has around it. */
export interface StoreSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  /** Called once when the store cannot go on. */
  readonly onFailure?: (error: Error) => void;
  /** Between the processes of a store that many share. */
  readonly hints?: Hints;
  /** Whether a database is tried with a race of writes before it is believed. */
  readonly tryDatabase?: boolean;
  /** Told when another process suspended or closed an account that is in use here, or made it active. */
  readonly onStatus?: (account: AccountId, status: AccountStatus) => void;
}

export interface OpenedStore {
  readonly store: MailStore;
  /** Removes what nobody can see any more; answers what was done. */
  readonly collect: (now: number) => Promise<object>;
  /** What decoy salts are made from: the same for all who have this store. */
  readonly loginSecret: () => Promise<Uint8Array>;
}

/**
 * The store that the config asks for. Rejects with `MailError` `in-use` when another process has the folder, with
 * `BackendError` when the database cannot be had.
 */
export async function openStore(
  config: Config,
  surroundings: StoreSurroundings,
): Promise<OpenedStore> {
  return config.store.kind === 'mongodb'
    ? openMongo(config, surroundings)
    : openEmbedded(config, surroundings);
}

async function openEmbedded(
  config: Config,
  { clock, log, onFailure }: StoreSurroundings,
): Promise<OpenedStore> {
  const { shards, writers, readers } = config.store;
  const { folder } = config.data;
  const store = await openEmbeddedStore({
    folder,
    clock,
    log,
    ...(shards !== undefined && { shards }),
    ...(writers !== undefined && { writers }),
    ...(readers !== undefined && { readers }),
    ...(onFailure !== undefined && { onFailure }),
  });
  return {
    store,
    collect: (now) => store.collect(now),
    loginSecret: () => readOrMakeLoginSecret(join(folder, 'login.secret')),
  };
}

async function openMongo(config: Config, surroundings: StoreSurroundings): Promise<OpenedStore> {
  const { mongodb } = config.store;
  if (mongodb === undefined) throw new TypeError('The config was not checked');
  try {
    return await openMongoPlace(placeOf(mongodb), surroundings);
  } catch (error) {
    throw explained(error, config.file);
  }
}

/** A database, and how to be let in. */
export interface MongoPlace {
  readonly url: string;
  readonly database: string;
  readonly login: MongoLogin;
}

/** `unavailable`, `no-permission`; `invalid`: the URL is wrong, or the database does not do what the store rests on. */
export async function openMongoPlace(
  { url, database, login }: MongoPlace,
  { clock, log, hints, onStatus, tryDatabase = false }: StoreSurroundings,
): Promise<OpenedStore> {
  // Loaded where it is used: it is more than all the rest of a command.
  const { checkCompareAndSet } = await import('./store/mongo/compare-and-set.ts');
  const { connectMongo } = await import('./store/mongo/mongo-database.ts');
  const { openMongoStore } = await import('./store/mongo/mongo-store.ts');
  const { db, server } = await connectMongo(url, database, login);
  const { kind, version, concerns } = server;
  log.info('store-opened', { server: kind, version, concerns, database });
  try {
    if (tryDatabase) await checkCompareAndSet(db);
    const store = await openMongoStore({
      db,
      clock,
      log,
      ...(hints !== undefined && { hints }),
      ...(onStatus !== undefined && { onStatus }),
    });
    return {
      store,
      collect: async (now) => {
        await store.collect(now);
        return {};
      },
      loginSecret: () => store.loginSecret(),
    };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** The database that the config names. */
export function placeOf(mongodb: NonNullable<Config['store']['mongodb']>): MongoPlace {
  const { url, database, user, password, authority } = mongodb;
  const login = {
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password: password.reveal() }),
    ...(authority !== undefined && { authority }),
  };
  return { url, database, login };
}

/** Says which setting it is. */
export function explained(error: unknown, file: string): unknown {
  const setting = `store.mongodb in ${file} names it`;
  const options = { cause: error };
  if (error instanceof MailError) {
    const { failure, cause, message } = error;
    if (failure === 'unavailable') {
      const reason = cause instanceof Error ? cause.message : message;
      return new BackendError(
        'unavailable',
        `The database cannot be had: ${reason}; ${setting}`,
        options,
      );
    }
    if (failure === 'no-permission' || failure === 'invalid') {
      return new BackendError('config', `The database: ${message}; ${setting}`, options);
    }
  }
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'EACCES'
    ? new BackendError('config', `store.mongodb.authority in ${file}: ${message}`, options)
    : error;
}
