import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveProgress } from './archive/api.ts';
import { migrate, type MigrateOptions, type MigrateResult } from './archive/migrate.ts';
import { type Config, loadConfig } from './config/loader.ts';
import { systemClock } from './core/clock.ts';
import { MailError } from './core/errors.ts';
import { silentLog } from './core/log.ts';
import { explained, type OpenedStore, openMongoPlace, openStore, placeOf } from './open-store.ts';
import { openEmbeddedStore } from './store/embedded/embedded-store.ts';
import type { MailStore } from './store/api.ts';
import type { InitStep } from './store/mongo/cluster-init.ts';
import type { ServerKind } from './store/mongo/mongo-database.ts';

/*
 * What an operator does with whole stores while no server has them.
 */

const surroundings = { clock: systemClock, log: silentLog };
const storeFile = 'store.json';

export interface Migration extends MigrateOptions {
  /** Stores by name, see `openNamed`. */
  readonly from: string;
  readonly to: string;
}

/**
 * Everything of one store into another, see `migrate`. A target that is a database gets its collections and indexes
 * first. `not-found`, `in-use`, `invalid`, `unavailable`
 */
export async function* migrateStores({
  from,
  to,
  ...options
}: Migration): AsyncGenerator<ArchiveProgress, MigrateResult, void> {
  const source = await openNamed(from, 'source');
  try {
    const target = await openNamed(to, 'target');
    try {
      return yield* migrate(source, target, options);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Gives the database of a config what the store needs of it; says each thing. `BackendError` */
export async function* initDatabase(config: Config): AsyncGenerator<InitStep, ServerKind, void> {
  const { mongodb } = config.store;
  if (mongodb === undefined) {
    throw new MailError(
      'invalid',
      `${config.file} asks for an embedded store, which needs no init`,
    );
  }
  try {
    return yield* initPlace(placeOf(mongodb));
  } catch (error) {
    throw explained(error, config.file);
  }
}

async function* initPlace({
  url,
  database,
  login,
}: ReturnType<typeof placeOf>): AsyncGenerator<InitStep, ServerKind, void> {
  const { initCluster } = await import('./store/mongo/cluster-init.ts');
  return yield* initCluster(url, database, login);
}

/**
 * `embedded:FOLDER`; `mongodb://HOST/DATABASE`, `zhashik` when it names none; or `config:FILE`, the store that a config
 * file asks for, with its login.
 */
async function openNamed(name: string, role: 'source' | 'target'): Promise<MailStore> {
  const [kind, rest] = cut(name, ':');
  switch (kind) {
    case 'embedded': {
      if (role === 'source' && !existsSync(join(rest, storeFile))) {
        throw new MailError('not-found', `${rest} is not the data folder of a store`);
      }
      return openEmbeddedStore({ folder: rest, ...surroundings });
    }
    case 'mongodb':
    case 'mongodb+srv':
      return (await openPlace(placeIn(name), role)).store;
    case 'config': {
      const config = await loadConfig(rest);
      const { mongodb } = config.store;
      if (mongodb === undefined) return (await openStore(config, surroundings)).store;
      try {
        return (await openPlace(placeOf(mongodb), role)).store;
      } catch (error) {
        throw explained(error, config.file);
      }
    }
    default:
      throw new MailError('invalid', `${name} is no store: embedded:…, mongodb://… or config:…`);
  }
}

async function openPlace(
  place: ReturnType<typeof placeOf>,
  role: 'source' | 'target',
): Promise<OpenedStore> {
  if (role === 'target') {
    const steps = initPlace(place);
    while ((await steps.next()).done !== true);
  }
  return openMongoPlace(place, surroundings);
}

function placeIn(url: string): ReturnType<typeof placeOf> {
  // A list of hosts is no URL to Node.
  const path = /^[a-z+]+:\/\/[^/?]*\/([^?]*)/.exec(url)?.[1] ?? '';
  return { url, database: path === '' ? 'zhashik' : path, login: {} };
}

function cut(text: string, at: string): readonly [string, string] {
  const i = text.indexOf(at);
  return i < 0 ? [text, ''] : [text.slice(0, i), text.slice(i + 1)];
}
