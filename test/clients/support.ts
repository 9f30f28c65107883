import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { ensureDevelopmentCertificate } from '../../src/development/certificate.ts';
import { createAccounts } from '../support/accounts.ts';
import { freePorts } from '../support/free-ports.ts';
import { buildServer, ServerProcess } from '../support/server-process.ts';

export const password = 'кілт-сөз-1 parole';
export const aigerim = 'aigerim@example.kz';
export const daulet = 'daulet@example.kz';
/** For programs that know only ASCII. */
export const latinPassword = 'a latin password 1';
export const timur = 'timur@example.kz';
export const zarina = 'zarina@example.kz';

/** Programs that have an account of their own, since they share a server. Password: `latinPassword`. */
const programs = [
  ...['mbsync', 'offlineimap', 'neomutt', 'fetchmail', 'getmail', 'imapfilter', 'swaks', 'msmtp'],
  ...['mailutils', 'alpine'],
] as const;
export type Program = (typeof programs)[number];

/** The account of a program. */
export function addressOf(program: Program): string {
  return `${program}-reader@example.kz`;
}

const accounts = [
  [aigerim, password],
  [daulet, password],
  [timur, latinPassword],
  [zarina, latinPassword],
  ...programs.map((program) => [addressOf(program), latinPassword] as const),
] as const;

// Before any test, whose time it would take.
buildServer();
let shared: Promise<ClientsServer> | undefined;

after(async () => {
  await (await shared)?.stop();
  shared = undefined;
});

/** One server for all programs of a run that have an account of their own. */
export async function sharedServer(): Promise<ClientsServer> {
  shared ??= ClientsServer.start();
  return shared;
}

/** The real server in its own process, with TLS and accounts, for programs from outside. */
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
    server.#server = await ServerProcess.start(configFile, Object.values(server.ports), 'build');
    return server;
  }

  get authority(): string {
    return readFileSync(this.authorityFile, 'utf8');
  }

  get printed(): string {
    return this.#server?.printed ?? '';
  }

  /** A folder for the files of a program; gone with the server. */
  folderFor(program: Program): string {
    return mkdtempSync(join(this.folder, `${program}-`));
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

/** Whether a program is on the PATH. */
export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)));
}

/** For `before`: skips the suite, by name, where the program is missing. */
export function needs(suite: Mocha.Context, program: string): void {
  if (isInstalled(program)) return;
  console.log(`      ${program} is not installed: skipped`);
  suite.skip();
}

/** Runs a program that must succeed, and gives what it printed. */
export async function mustRun(...args: Parameters<typeof runProgram>): Promise<string> {
  const { code, stdout, stderr } = await runProgram(...args);
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}\n${stdout}\n${stderr}`);
  return `${stdout}${stderr}`;
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
  env: NodeJS.ProcessEnv = process.env,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 60_000, env },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number')
          reject(new Error(stderr, { cause: error }));
        else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
    child.stdin?.end(input);
  });
}
