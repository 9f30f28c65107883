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
  readonly #options: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string, options: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#options = options;
  }

  /**
   * Resolves when it takes connections. Rejects when there is no redis-server on PATH. `options` are of its command line,
   * beside the port, which is one of TLS when they name a certificate.
   */
  static async start(options: readonly string[] = []): Promise<RedisProcess> {
    const [port] = (await freePorts(1)) as [number];
    const folder = await mkdtemp(join(tmpdir(), 'zhashik-redis-'));
    const server = new RedisProcess(port, folder, options);
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
    const port = String(this.port);
    const ports = this.#options.includes('--tls-cert-file')
      ? ['--port', '0', '--tls-port', port]
      : ['--port', port];
    const place = [...ports, '--bind', '127.0.0.1', '--dir', this.#folder];
    const nothingKept = ['--save', '', '--appendonly', 'no'];
    const child = spawn('redis-server', [...place, ...nothingKept, ...this.#options], {
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
