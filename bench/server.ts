import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../test/support/free-ports.ts';
import { plainConfig } from '../test/support/plain-config.ts';
import { ServerProcess } from '../test/support/server-process.ts';

const ticksPerSecond = 100;

/** The real server as its own process, on free ports, with a data folder of its own. */
export class BenchServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'zhashik-bench-'));
  ports = { smtp: 0, lmtp: 0, imap: 0 };
  #server: ServerProcess | undefined;

  get configFile(): string {
    return join(this.folder, 'zhashik.yaml');
  }

  /** Writes the config; call once. */
  async prepare(): Promise<void> {
    const [smtp, lmtp, imap] = await freePorts(3);
    this.ports = { smtp: smtp as number, lmtp: lmtp as number, imap: imap as number };
    writeFileSync(this.configFile, plainConfig(join(this.folder, 'data'), this.ports));
  }

  async start(): Promise<void> {
    this.#server = await ServerProcess.start(this.configFile, Object.values(this.ports), 'build');
  }

  async stop(): Promise<void> {
    await this.#server?.end('SIGTERM');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** CPU seconds of the process so far, user and system, all threads. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** Proportional set size in bytes. */
  memoryBytes(): number {
    const rollup = readFileSync(`/proc/${this.#pid}/smaps_rollup`, 'latin1');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  }

  diskBytes(): number {
    return folderBytes(join(this.folder, 'data'));
  }

  get #pid(): number {
    if (this.#server === undefined) throw new Error('the server does not run');
    return this.#server.pid;
  }
}

function folderBytes(folder: string): number {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    sum += entry.isDirectory() ? folderBytes(path) : statSync(path).blocks * 512;
  }
  return sum;
}
