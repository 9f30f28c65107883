import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { compose } from '../src/compose.ts';
import { type Config, parseConfig } from '../src/config/loader.ts';
import { writeVersion } from './gateway/agreement/support.ts';
import { noteLog } from './support/note-log.ts';

describe('compose with a gateway', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zhashik-compose-gateway-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function config(): Config {
    const text = `
      version: 1
      server: { name: mail.example.kz }
      domains: { local: [example.kz] }
      data: { folder: data }
      store: { shards: 1, readers: 1, writers: 1 }
      gateway: { enabled: true, proxyNetworks: [127.0.0.1] }
      listeners:
        smtp: { port: 0 }
        submission: { enabled: false }
        submissions: { enabled: false }
        lmtp: { enabled: false }
        imap: { enabled: false }
        imaps: { enabled: false }
        http: { enabled: true, port: 0 }
    `;
    return parseConfig(text, join(folder, 'zhashik.yaml'), {});
  }

  it('R-4.2 does not start when the agreement in force names another domain', async () => {
    await writeVersion(join(folder, 'agreement'), '2026-01-01', { domain: 'other.kz' });
    const error = await compose(config()).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    // The gateway is loaded when it is needed, and then by another way than the test's own modules.
    expect(String(error)).to.match(/^ConfigError/);
    expect(String(error)).to.include('other.kz').and.include('gateway.agreements');
  });

  it('R-5.2 starts with the agreement of its domain, and shows it without a login', async () => {
    await writeVersion(join(folder, 'agreement'), '2026-01-01');
    const { log, lines } = noteLog();
    const server = await compose(config(), { log });
    try {
      const port = server.addresses.find(({ name }) => name === 'http')?.port ?? 0;
      const answer = await fetch(`http://127.0.0.1:${port}/agreement/2026-01-01?lang=ru`);
      expect(answer.status).to.equal(200);
      expect(await answer.text()).to.include('Mailboxes are in example.kz.');
      expect(lines.map(({ event }) => event)).to.include('nobody-trusted');
    } finally {
      await server.close();
    }
  });
});
