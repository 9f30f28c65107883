import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { AdminPort } from '../admin/operations.ts';
import type { Config } from '../config/loader.ts';
import type { Clock } from '../core/clock.ts';
import type { Member } from '../eds/authority/test-authority.ts';
import { ensureDevelopmentCertificate } from './certificate.ts';
import { demoRegistrations } from './demo-registrations.ts';
import { type DemoAccount, ensureDemoAccount } from './demo-account.ts';
import { TestSurroundings } from './test-surroundings.ts';

/** Where a listener can be reached. */
export interface ShownAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/**
 * What the development profile does besides a server: a certificate, an authority and state databases before; an account,
 * two registrations with an EDS and a greeting after.
 */
export class DevelopmentProfile {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #certs: string;
  #surroundings: TestSurroundings | undefined;

  /** `folder` is the package's: the certificate is kept in `certs/dev`. */
  constructor(config: Config, folder: string, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#certs = join(folder, 'certs', 'dev');
  }

  /** What the server is to be started with: the config, and the operator's key where there is a gateway. */
  async prepare(): Promise<{ readonly config: Config; readonly operator: Member | undefined }> {
    await ensureDevelopmentCertificate(this.#certs, [this.#config.server.name], this.#clock);
    if (!this.#config.gateway.enabled) return { config: this.#config, operator: undefined };
    this.#surroundings = await TestSurroundings.open(this.#config, this.#clock);
    const { config, operator } = this.#surroundings;
    return { config, operator };
  }

  /** A citizen and a company register over HTTPS, told step by step as text. */
  async registrations(addresses: readonly ShownAddress[]): Promise<string> {
    const http = addresses.find(({ name }) => name === 'http');
    const { server, data } = this.#config;
    if (this.#surroundings === undefined || http === undefined) return '';
    const lines = [''];
    await demoRegistrations({
      origin: `https://${server.name}:${http.port}`,
      authority: await readFile(join(this.#certs, 'ca.pem'), 'utf8'),
      people: this.#surroundings.people,
      clock: this.#clock,
      folder: join(data.folder, 'confirmations'),
      tell: (step) => lines.push(step),
    });
    return `${lines.join('\n')}\n`;
  }

  async close(): Promise<void> {
    await this.#surroundings?.close();
  }

  /** What a developer wants to know after the start, as text. */
  async greeting(admin: AdminPort, addresses: readonly ShownAddress[]): Promise<string> {
    const { domains, data } = this.#config;
    const account = await ensureDemoAccount(admin, data.folder, `aigerim@${domains.default}`);
    const authority = join(relative(process.cwd(), this.#certs), 'ca.pem');
    const lines = ['', 'Zhashik runs.', ''];
    for (const { name, host, port } of addresses) {
      lines.push(`  ${name.padEnd(12)} ${host.includes(':') ? `[${host}]` : host}:${port}`);
    }
    lines.push('', `  account      ${account.address}`, `  password     ${account.password}`);
    lines.push(`  authority    ${authority} (for a mail program to trust)`);
    const submission = addresses.find(({ name }) => name === 'submission');
    if (submission !== undefined)
      lines.push('', 'Send a letter:', sendLine(account, submission, authority));
    const imap = addresses.find(({ name }) => name === 'imap');
    if (imap !== undefined) lines.push('', 'Read the newest:', readLine(account, imap, authority));
    return `${lines.join('\n')}\n\n`;
  }
}

function curl(account: DemoAccount, authority: string): string {
  const login = `${account.address}:${account.password}`;
  return `curl -sS --ssl-reqd --cacert '${authority}' -u '${login}'`;
}

function sendLine(account: DemoAccount, { port }: ShownAddress, authority: string): string {
  const { address } = account;
  const letter = `From: ${address}\\r\\nTo: ${address}\\r\\nSubject: Salem\\r\\n\\r\\nIt works.\\r\\n`;
  const envelope = `--mail-from ${address} --mail-rcpt ${address}`;
  return `printf '${letter}' | ${curl(account, authority)} ${envelope} -T - smtp://localhost:${port}`;
}

function readLine(account: DemoAccount, { port }: ShownAddress, authority: string): string {
  return `${curl(account, authority)} 'imap://localhost:${port}/INBOX;MAILINDEX=*'`;
}
