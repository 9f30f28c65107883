import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { MongoServer } from './mongo-server.ts';
import { MongodProcess } from './mongod-process.ts';

/** A standalone mongod of this program over a temporary folder. Rejects with what it printed. */
export async function startMongod(program: string): Promise<MongoServer> {
  const version = await versionOf(program);
  const server = await MongodProcess.start(program);
  return {
    url: `mongodb://${server.host}`,
    what: `mongod ${version}, standalone`,
    close: () => server.remove(),
  };
}

/** As a mongod or mongos says itself. Rejects when there is no such program. */
export async function versionOf(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ['--version']);
  return /v(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1] ?? 'of unknown version';
}
