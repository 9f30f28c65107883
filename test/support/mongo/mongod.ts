import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { freePorts } from '../free-ports.ts';
import type { MongoServer } from './mongo-server.ts';

/** A standalone mongod of this program over a temporary folder. Rejects with what it printed. */
export async function startMongod(program: string): Promise<MongoServer> {
  const { stdout } = await promisify(execFile)(program, ['--version']);
  const version = /v(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1] ?? 'of unknown version';
  const folder = await mkdtemp(join(tmpdir(), 'zhashik-mongod-'));
  const [port] = (await freePorts(1)) as [number];
  const listen = ['--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'];
  const child = spawn(program, ['--dbpath', folder, ...listen], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(-4_000);
  });
  // Tests that end without their last hook must not leave it behind.
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  const close = async (): Promise<void> => {
    process.off('exit', kill);
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  const url = `mongodb://127.0.0.1:${port}`;
  try {
    await Promise.race([answers(url), once(child, 'exit').then(() => Promise.reject(new Error()))]);
  } catch {
    await close();
    throw new Error(`${program} does not start: ${printed}`);
  }
  return { url, what: `mongod ${version}, standalone`, close };
}

async function answers(url: string): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 30_000 });
  try {
    await client.db('admin').command({ ping: 1 });
  } finally {
    await client.close();
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
