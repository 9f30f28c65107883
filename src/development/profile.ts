import { join, relative } from 'node:path';
import type { AdminPort } from '../admin/operations.ts';
import type { Config } from '../config/loader.ts';
import type { Clock } from '../core/clock.ts';
import { ensureDevelopmentCertificate } from './certificate.ts';
import { type DemoAccount, ensureDemoAccount } from './demo-account.ts';

/** Where a listener can be reached. */
export interface ShownAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** What the development profile does besides a server: a certificate before, an account and a greeting after. */
export class DevelopmentProfile {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #certs: string;

  /** `folder` is the package's: the certificate is kept in `certs/dev`. */
  constructor(config: Config, folder: string, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#certs = join(folder, 'certs', 'dev');
  }

  async prepare(): Promise<void> {
    await ensureDevelopmentCertificate(this.#certs, [this.#config.server.name], this.#clock);
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
