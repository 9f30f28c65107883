import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildServer, repositoryRoot } from '../support/server-process.ts';

// What ships is what is run, and it starts in a third of the time that the sources take.
buildServer();
const program = ['--enable-source-maps', 'dist/scripts/zhashik.js'];

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `zhashik …` as its own process, as it was compiled. */
export async function zhashik(
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  const child = start(args, options.env);
  child.stdin?.end(options.input ?? '');
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Starts it, for those who do not wait for its end. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(process.execPath, [...program, ...args], {
    cwd: repositoryRoot,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ZHASHIK_CONFIG: '', ...env },
  });
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** One line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

/** A server in a process of its own, whose log is read as it comes. */
export class Served {
  readonly process: ChildProcess;
  readonly lines: LogLine[] = [];
  #stderr: () => string;
  #waiting: (() => void)[] = [];
  #taken = 0;
  readonly #ended: Promise<number | null>;

  constructor(configFile: string, options: readonly string[] = []) {
    this.process = start(['serve', '--config', configFile, ...options]);
    this.#stderr = collect(this.process.stderr);
    let rest = '';
    this.process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines.map((line) => JSON.parse(line) as LogLine));
      this.#wake();
    });
    this.#ended = new Promise((resolve) => {
      this.process.once('close', (code) => {
        resolve(code);
        this.#wake();
      });
    });
  }

  /** Waits for the next line with the event; lines before it are passed over. */
  async event(name: string): Promise<LogLine> {
    for (;;) {
      while (this.#taken < this.lines.length) {
        const line = this.lines[this.#taken++];
        if (line?.event === name) return line;
      }
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        const log = this.lines.map((line) => JSON.stringify(line)).join('\n');
        throw new Error(`ended without ${name}:\n${log}\n${this.#stderr()}`);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** The exit code, when it has ended. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  get stderr(): string {
    return this.#stderr();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** A folder with a config file, for one server. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'zhashik-cli-'));
  readonly config = join(this.folder, 'zhashik.yaml');

  /** `sections` replace or add to a config without listeners. */
  constructor(sections: Readonly<Record<string, string>> = {}) {
    this.write(sections);
  }

  write(sections: Readonly<Record<string, string>>): void {
    const all = {
      version: '1',
      server: '{ name: mail.example.kz }',
      domains: '{ local: [example.kz] }',
      data: '{ folder: data }',
      store: '{ shards: 1 }',
      listeners: listeners(),
      // Cheap, since what a hash costs is not what these tests are about.
      login: '{ scryptN: 1024, scryptP: 1, scramIterations: 4096 }',
      ...sections,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\n`);
    writeFileSync(this.config, lines.join(''));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  writeFile(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The `listeners` section with these ports and everything else off. */
export function listeners(ports: Readonly<Record<string, number>> = {}): string {
  const names = ['smtp', 'submission', 'submissions', 'lmtp', 'imap', 'imaps', 'metrics'];
  const rows = names.map((name) => {
    const port = ports[name];
    return `${name}: ${port === undefined ? '{ enabled: false }' : `{ enabled: true, port: ${port} }`}`;
  });
  return `{ ${rows.join(', ')} }`;
}
