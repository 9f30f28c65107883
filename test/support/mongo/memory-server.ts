import type { MongoServer } from './mongo-server.ts';

interface MemoryServerModule {
  readonly MongoMemoryServer: {
    create(): Promise<{
      getUri(): string;
      readonly instanceInfo?: { readonly instance: { readonly instanceOpts: object } };
      stop(): Promise<boolean>;
    }>;
  };
}

/** The mongod that mongodb-memory-server brings; undefined where that package is not installed. */
export async function startMemoryServer(): Promise<MongoServer | undefined> {
  // Not a dependency: installing it downloads a server.
  const name = 'mongodb-memory-server';
  let loaded: MemoryServerModule;
  try {
    loaded = (await import(name)) as MemoryServerModule;
  } catch {
    return undefined;
  }
  const server = await loaded.MongoMemoryServer.create();
  return {
    url: server.getUri(),
    what: 'mongod of mongodb-memory-server',
    async close() {
      await server.stop();
    },
  };
}
