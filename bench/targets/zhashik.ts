import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCertificate } from '../../test/smtp/certificate.ts';
import { freePorts } from '../../test/support/free-ports.ts';
import { ServerProcess } from '../../test/support/server-process.ts';
import { folderBytes } from '../folder-bytes.ts';
import { ProcessTree } from '../process-tree.ts';
import {
  benchPassword,
  mostConnections,
  mostSessionsPerAccount,
  type Target,
  type TargetPorts,
} from '../target.ts';

/** The compiled server, with the settings it has by itself but for limits that would stop one client machine. */
export class Zhashik implements Target {
  readonly name = 'zhashik';
  readonly #folder = mkdtempSync(join(tmpdir(), 'zhashik-bench-'));
  ports: TargetPorts = { smtp: 0, lmtp: 0, imap: 0, imaps: 0 };
  #server: ServerProcess | undefined;

  async prepare(addresses: readonly string[]): Promise<void> {
    const [smtp, lmtp, imap, imaps] = (await freePorts(4)) as [number, number, number, number];
    this.ports = { smtp, lmtp, imap, imaps };
    const { cert, key } = testCertificate();
    writeFileSync(join(this.#folder, 'cert.pem'), cert);
    writeFileSync(join(this.#folder, 'key.pem'), key, { mode: 0o600 });
    writeFileSync(this.#configFile, this.#config());
    const rows = addresses.map((address) => `${address},${benchPassword}`);
    execFileSync(
      process.execPath,
      [program, 'account', 'import', '-', '--config', this.#configFile, '--apply'],
      {
        input: `address,password\n${rows.join('\n')}\n`,
        stdio: ['pipe', 'ignore', 'inherit'],
      },
    );
  }

  async start(): Promise<void> {
    this.#server = await ServerProcess.start(this.#configFile, Object.values(this.ports), 'build');
  }

  async stop(): Promise<void> {
    await this.#server?.end('SIGTERM');
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  cpuSeconds(): number {
    return this.#tree.cpuSeconds();
  }

  memoryBytes(): number {
    return this.#tree.memoryBytes();
  }

  diskBytes(): number {
    return folderBytes(join(this.#folder, 'data'));
  }

  get #tree(): ProcessTree {
    if (this.#server === undefined) throw new Error('the server does not run');
    return new ProcessTree(this.#server.pid);
  }

  get #configFile(): string {
    return join(this.#folder, 'zhashik.yaml');
  }

  #config(): string {
    const { smtp, lmtp, imap, imaps } = this.ports;
    return [
      'version: 1',
      'server: { name: mail.example.kz }',
      'domains: { local: [example.kz] }',
      'data: { folder: data }',
      'tls: { certificate: cert.pem, key: key.pem }',
      'limits:',
      `  connectionsPerAddress: ${mostConnections}`,
      `  sessionsPerAccount: ${mostSessionsPerAccount}`,
      'listeners:',
      `  smtp: { port: ${smtp} }`,
      `  lmtp: { port: ${lmtp} }`,
      `  imap: { port: ${imap}, cleartextLoginNetworks: [127.0.0.0/8] }`,
      `  imaps: { port: ${imaps} }`,
      '  submission: { enabled: false }',
      '  submissions: { enabled: false }',
      'log: { level: warn }',
      '',
    ].join('\n');
  }
}

const program = 'dist/scripts/zhashik.js';
