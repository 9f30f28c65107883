import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { freePorts } from '../free-ports.ts';

/** A mongod or mongos of a test's own, on a port that stays its own over kills. What a mongod keeps outlives them too. */
export class MongodProcess {
  readonly port: number;
  readonly #program: string;
  readonly #options: readonly string[];
  readonly #folder: string;
  #child: ChildProcess | undefined;
  // Tests that end without their last hook must not leave it behind.
  readonly #killAtExit = (): void => {
    this.#child?.kill('SIGKILL');
  };

  private constructor(program: string, options: readonly string[], port: number, folder: string) {
    this.#program = program;
    this.#options = options;
    this.port = port;
    this.#folder = folder;
    process.once('exit', this.#killAtExit);
  }

  /** `options` of its command line beside those of its place: rejects with what it printed when it does not start. */
  static async start(program: string, options: readonly string[] = []): Promise<MongodProcess> {
    const [port] = (await freePorts(1)) as [number];
    const folder = await mkdtemp(join(tmpdir(), 'zhashik-mongod-'));
    const server = new MongodProcess(program, options, port, folder);
    try {
      await server.start();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** To this one alone, whatever set it belongs to. */
  get url(): string {
    return `mongodb://127.0.0.1:${this.port}/?directConnection=true`;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const listen = ['--bind_ip', '127.0.0.1', '--port', String(this.port)];
    // A mongos keeps nothing.
    const keeps = this.#options.includes('--configdb') ? [] : ['--dbpath', this.#folder];
    const child = spawn(this.#program, [...keeps, ...listen, '--nounixsocket', ...this.#options], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed = (printed + chunk.toString()).slice(-4_000);
    });
    try {
      await Promise.race([
        this.#answers(),
        once(child, 'exit').then(() => Promise.reject(new Error())),
      ]);
    } catch {
      throw new Error(`${this.#program} does not start: ${printed}`);
    }
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Ends it and removes its folder. */
  async remove(): Promise<void> {
    process.off('exit', this.#killAtExit);
    await this.#end('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  async #answers(): Promise<void> {
    const client = new MongoClient(this.url, { serverSelectionTimeoutMS: 30_000 });
    try {
      await client.db('admin').command({ ping: 1 });
    } finally {
      await client.close();
    }
  }
}
