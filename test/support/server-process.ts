import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WireClient } from './wire-client.ts';

export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

/** How the server is started: from the sources, or (for benchmarks) from the compiled files. */
export type From = 'sources' | 'build';

/** Compiles the sources, unless that is up to date. */
export function buildServer(): void {
  execFileSync(process.execPath, ['scripts/prepare.mjs', 'build'], { cwd: repositoryRoot });
}

/** What a process may be given beyond its arguments. */
export interface ProcessOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** The most files that it may have open. */
  readonly openFiles?: number;
}

/** `zhashik …` as its own process. */
export function spawnZhashik(
  args: readonly string[],
  from: From = 'sources',
  { environment, openFiles }: ProcessOptions = {},
): ChildProcess {
  const program =
    from === 'sources'
      ? ['--import', 'tsx', 'scripts/zhashik.ts']
      : ['--enable-source-maps', 'dist/scripts/zhashik.js'];
  const command = [process.execPath, ...program, ...args];
  const [file, ...rest] = (
    openFiles === undefined
      ? command
      : ['sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, ...command]
  ) as [string, ...string[]];
  return spawn(file, rest, {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
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
    options: ProcessOptions = {},
  ): Promise<ServerProcess> {
    const server = ServerProcess.spawn(configFile, from, options);
    await server.listening(ports);
    return server;
  }

  /** A server that may end before it listens. */
  static spawn(
    configFile: string,
    from: From = 'sources',
    options: ProcessOptions = {},
  ): ServerProcess {
    return new ServerProcess(spawnZhashik(['serve', '--config', configFile], from, options));
  }

  /** Resolves when all the ports answer; rejects when the process ends before. */
  async listening(ports: readonly number[]): Promise<void> {
    for (const port of ports) await this.#listening(port);
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Resolves when the process is gone, or after that time: answers whether it is. */
  async endsWithin(ms: number): Promise<boolean> {
    if (this.ended) return true;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.process.off('exit', done);
        resolve(this.ended);
      };
      const timer = setTimeout(done, ms);
      this.process.once('exit', done);
    });
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
    if (!this.ended) {
      const ended = new Promise((resolve) => process.once('exit', resolve));
      process.kill(signal);
      await ended;
    }
    return process.exitCode;
  }

  async #listening(port: number): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (this.ended) {
        throw new Error(
          `the server ended with ${this.process.exitCode ?? this.process.signalCode}:\n${this.#printed}`,
        );
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
