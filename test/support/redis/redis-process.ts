import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePorts } from '../free-ports.ts';

/** A redis-server of a test's own, on a port that stays its own over kills. It keeps nothing on disk. */
export class RedisProcess {
  readonly port: number;
  readonly #folder: string;
  readonly #password: string | undefined;
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string, password: string | undefined) {
    this.port = port;
    this.#folder = folder;
    this.#password = password;
  }

  /** Resolves when it takes connections. Rejects when there is no redis-server on PATH. */
  static async start(options: { readonly password?: string } = {}): Promise<RedisProcess> {
    const [port] = (await freePorts(1)) as [number];
    const folder = await mkdtemp(join(tmpdir(), 'zhashik-redis-'));
    const server = new RedisProcess(port, folder, options.password);
    try {
      await server.start();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const login = this.#password === undefined ? [] : ['--requirepass', this.#password];
    const child = spawn('redis-server', [...place, '--save', '', '--appendonly', 'no', ...login], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const ended = once(child, 'exit').then(() => {
      throw new Error('redis-server ended at its start');
    });
    const ready = (async () => {
      for await (const line of createInterface(child.stdout)) {
        if (line.includes('Ready to accept connections')) break;
      }
      // What it prints afterwards is nobody's, but must not fill the pipe.
      child.stdout.resume();
    })();
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Ends it and removes its folder. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
