import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePorts } from '../support/free-ports.ts';
import { repositoryRoot } from '../support/server-process.ts';

const listeners = ['smtp', 'submission', 'submissions', 'lmtp', 'imap', 'imaps', 'http'] as const;

interface Settings {
  listeners: Record<string, object>;
  gateway: { origin: string };
}

/** What `npm start` runs, as it was built, in a folder of its own and on ports of its own. */
export class DevelopmentServer {
  /** Where `npm start` would be called. */
  readonly folder: string;
  readonly ports: Readonly<Record<(typeof listeners)[number], number>>;
  /** All that it printed, start by start. */
  readonly printed: string[] = [];
  #process: ChildProcess | undefined;

  private constructor(folder: string, ports: DevelopmentServer['ports']) {
    this.folder = folder;
    this.ports = ports;
  }

  /** Not started yet. */
  static async make(): Promise<DevelopmentServer> {
    const folder = await mkdtemp(join(tmpdir(), 'zhashik-walk-'));
    const free = await freePorts(listeners.length);
    const ports = Object.fromEntries(listeners.map((name, i) => [name, free[i] as number]));
    const server = new DevelopmentServer(folder, ports as DevelopmentServer['ports']);
    for (const name of ['package.json', 'dist', 'config']) {
      await cp(join(repositoryRoot, name), join(folder, name), { recursive: true });
    }
    await symlink(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
    const file = join(folder, 'config', 'development.yaml');
    const settings = parse(await readFile(file, 'utf8')) as Settings;
    for (const name of listeners) {
      settings.listeners[name] = { ...settings.listeners[name], port: server.ports[name] };
    }
    settings.gateway.origin = `https://localhost:${server.ports.http}`;
    await writeFile(file, stringify(settings));
    return server;
  }

  /** Resolves when both of the demonstration have their mailboxes; rejects when it ends before. */
  async start(): Promise<void> {
    const program = ['dist/scripts/zhashik.js', 'serve', '--development', '--log', 'pretty'];
    const started = spawn(process.execPath, program, {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = started;
    const at = this.printed.push('') - 1;
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        const text = (this.printed[at] ?? '') + chunk.toString();
        this.printed[at] = text;
        if ((text.match(/the level is official|has a mailbox: /g)?.length ?? 0) >= 2) resolve();
      };
      started.stdout.on('data', read);
      started.stderr.on('data', read);
      started.once('exit', (code) => {
        reject(new Error(`the server ended with ${code}:\n${this.printed[at]}`));
      });
    });
  }

  /** Ends it, and gives its exit code. */
  async stop(): Promise<number | null> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null) return running?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => running.once('exit', resolve));
    running.kill('SIGTERM');
    return ended;
  }

  /** Ends it if it runs, and removes what it wrote. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
