import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isRequired } from '../required.ts';
import { RedisProcess } from './redis-process.ts';

/** A server that tests may use; the names in it are to be of their own. */
export interface RedisPlace {
  readonly url: string;
  remove(): Promise<void>;
}

interface Found {
  /** Why there is no redis-server to start. */
  readonly missing: string | undefined;
  /** One that is there already. */
  readonly url: string | undefined;
}

let found: Promise<Found> | undefined;

/**
 * Defines tests that need a Redis server: the one at the URL in ZHASHIK_TEST_REDIS, or a redis-server on PATH. Where
 * there is none `title` is skipped with the reason, or fails when ZHASHIK_REQUIRE says so. To be awaited while a test
 * file loads: the report begins with what the tests run on.
 */
export async function onRedis(
  title: string,
  define: (serve: () => Promise<RedisPlace>) => void,
): Promise<void> {
  found ??= find();
  const { url, missing } = await found;
  if (url !== undefined) define(() => Promise.resolve({ url, remove: () => Promise.resolve() }));
  else if (missing === undefined) define(() => RedisProcess.start());
  else skip(title, missing);
}

/** The same for tests that kill and start the server, which takes a redis-server on PATH. */
export async function onOwnRedis(title: string, define: () => void): Promise<void> {
  found ??= find();
  const { missing } = await found;
  if (missing === undefined) define();
  else skip(title, missing);
}

function skip(title: string, reason: string): void {
  describe(title, () => {
    if (!isRequired('redis')) it.skip(reason);
    else {
      it('has a Redis server', () => {
        throw new Error(reason);
      });
    }
  });
}

async function find(): Promise<Found> {
  const url = process.env['ZHASHIK_TEST_REDIS'];
  if (url !== undefined) {
    process.stdout.write(`Tests on Redis run on ${new URL(url).host}\n`);
  }
  try {
    const { stdout } = await promisify(execFile)('redis-server', ['--version']);
    const version = /v=(\S+)/.exec(stdout)?.[1] ?? 'of an unknown version';
    process.stdout.write(
      `Tests on Redis ${url === undefined ? '' : 'that kill it '}run on redis-server ${version}\n`,
    );
    return { url, missing: undefined };
  } catch {
    const missing = 'there is no redis-server on PATH';
    process.stdout.write(`Without a redis-server: ${missing}\n`);
    return { url, missing };
  }
}
