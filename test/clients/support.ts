import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { ensureDevelopmentCertificate } from '../../src/development/certificate.ts';
import { createAccounts } from '../support/accounts.ts';
import { freePorts } from '../support/free-ports.ts';
import { ServerProcess } from '../support/server-process.ts';

export const password = 'кілт-сөз-1 parole';
export const aigerim = 'aigerim@example.kz';
export const daulet = 'daulet@example.kz';
/** For programs that know only ASCII. */
export const latinPassword = 'a latin password 1';
export const timur = 'timur@example.kz';
export const zarina = 'zarina@example.kz';

const accounts = [
  [aigerim, password],
  [daulet, password],
  [timur, latinPassword],
  [zarina, latinPassword],
] as const;

/** The real server in its own process, with TLS and two accounts, for programs from outside. */
export class ClientsServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'zhashik-clients-'));
  readonly ports: Record<'smtp' | 'submission' | 'submissions' | 'lmtp' | 'imap' | 'imaps', number>;
  /** PEM file of the authority that signed the server's certificate. */
  readonly authorityFile: string;
  #server: ServerProcess | undefined;

  private constructor(ports: readonly number[]) {
    const [smtp, submission, submissions, lmtp, imap, imaps] = ports as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    this.ports = { smtp, submission, submissions, lmtp, imap, imaps };
    this.authorityFile = join(this.folder, 'ca.pem');
  }

  static async start(): Promise<ClientsServer> {
    const server = new ClientsServer(await freePorts(6));
    await ensureDevelopmentCertificate(server.folder, ['mail.example.kz'], systemClock);
    await createAccounts(join(server.folder, 'data'), accounts);
    const configFile = join(server.folder, 'zhashik.yaml');
    writeFileSync(configFile, server.#configText());
    server.#server = await ServerProcess.start(configFile, Object.values(server.ports));
    return server;
  }

  get authority(): string {
    return readFileSync(this.authorityFile, 'utf8');
  }

  get printed(): string {
    return this.#server?.printed ?? '';
  }

  async stop(): Promise<void> {
    await this.#server?.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #configText(): string {
    const listeners = Object.entries(this.ports).map(
      ([name, port]) => `  ${name}: { port: ${port} }`,
    );
    return [
      'version: 1',
      'server: { name: mail.example.kz }',
      'domains: { local: [example.kz] }',
      'data: { folder: data }',
      'tls: { certificate: server.pem, key: server.key }',
      'listeners:',
      ...listeners,
      '',
    ].join('\n');
  }
}

/** Whether a program can be started here. */
export function isInstalled(program: string, args: readonly string[] = ['--version']): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; `input` goes to its standard input. */
export async function runProgram(
  program: string,
  args: readonly string[],
  input: string | Uint8Array = '',
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number')
          reject(new Error(stderr, { cause: error }));
        else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
    child.stdin?.end(input);
  });
}
