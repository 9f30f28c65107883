import { isRequired } from '../required.ts';
import { type MongoServer, startMongoServer } from './mongo-server.ts';

/** Why there is no server, and whether that is an error. */
interface Missing {
  readonly reason: string;
  readonly wrong: boolean;
}

let started: Promise<MongoServer | Missing> | undefined;

/**
 * Defines tests that need a MongoDB server, each with databases of its own on the one at `url`, which all tests of this
 * run share and which is ended after the last one. Without a server `title` is skipped with the reason, or fails when
 * ZHASHIK_REQUIRE says so. To be awaited while a test file loads: the report begins with what the tests run on.
 */
export async function onMongo(
  title: string,
  define: (url: string) => void | Promise<void>,
): Promise<void> {
  started ??= start();
  const server = await started;
  if ('url' in server) {
    await define(server.url);
    return;
  }
  const { reason, wrong } = server;
  describe(title, () => {
    if (!wrong) it.skip(reason);
    else {
      it('has a MongoDB server', () => {
        throw new Error(reason);
      });
    }
  });
}

async function start(): Promise<MongoServer | Missing> {
  const server = await startMongoServer().catch((error: unknown): Missing => ({
    reason: String(error),
    wrong: true,
  }));
  if ('reason' in server) {
    process.stdout.write(`Without a MongoDB server: ${server.reason}\n`);
    return { reason: server.reason, wrong: 'wrong' in server || isRequired('mongo') };
  }
  process.stdout.write(`Tests on MongoDB run on ${server.what}\n`);
  after('end the MongoDB server', () => server.close());
  return server;
}
