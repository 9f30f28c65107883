import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WireClient } from './wire-client.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** How the server is started: from the sources, or (for benchmarks) from the compiled files. */
export type From = 'sources' | 'build';

/** Compiles the sources, unless that is up to date. */
export function buildServer(): void {
  execFileSync(process.execPath, ['scripts/prepare.mjs', 'build'], { cwd: root });
}

/** `zhashik …` as its own process. */
export function spawnZhashik(args: readonly string[], from: From = 'sources'): ChildProcess {
  const program =
    from === 'sources'
      ? ['--import', 'tsx', 'scripts/zhashik.ts']
      : ['--enable-source-maps', 'dist/scripts/zhashik.js'];
  return spawn(process.execPath, [...program, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The real server in a process of its own; what it prints is kept for the report of a failure. */
export class ServerProcess {
  readonly process: ChildProcess;
  #printed = '';

  private constructor(process: ChildProcess) {
    this.process = process;
    const keep = (chunk: Buffer): void => {
      this.#printed = (this.#printed + chunk.toString()).slice(-20_000);
    };
    process.stdout?.on('data', keep);
    process.stderr?.on('data', keep);
  }

  /** Resolves when all the ports answer. */
  static async start(
    configFile: string,
    ports: readonly number[],
    from: From = 'sources',
  ): Promise<ServerProcess> {
    const server = new ServerProcess(spawnZhashik(['serve', '--config', configFile], from));
    for (const port of ports) await server.#listening(port);
    return server;
  }

  get printed(): string {
    return this.#printed;
  }

  get pid(): number {
    const { pid } = this.process;
    if (pid === undefined) throw new Error('the server does not run');
    return pid;
  }

  /** Ends it with the signal and gives its exit code (null after a kill). */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const { process } = this;
    if (process.exitCode === null && process.signalCode === null) {
      const ended = new Promise((resolve) => process.once('exit', resolve));
      process.kill(signal);
      await ended;
    }
    return process.exitCode;
  }

  async #listening(port: number): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (this.process.exitCode !== null) {
        throw new Error(`the server ended with ${this.process.exitCode}:\n${this.#printed}`);
      }
      try {
        const client = await WireClient.connect(port);
        client.destroy();
        return;
      } catch {
        // Not yet: a process gives no other sign that its socket is open.
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
    throw new Error(`nobody listens on ${port}:\n${this.#printed}`);
  }
}
