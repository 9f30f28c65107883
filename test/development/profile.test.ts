import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../../src/config/loader.ts';
import { systemClock } from '../../src/core/clock.ts';
import { DevelopmentProfile } from '../../src/development/profile.ts';
import { type Office, openOffice, run } from '../admin/support.ts';

describe('the development profile', () => {
  let office: Office;
  let profile: DevelopmentProfile;
  before(async () => {
    office = await openOffice();
    const text = [
      'version: 1',
      'server: { name: mail.example.kz }',
      'domains: { local: [example.kz] }',
      'data: { folder: . }',
      'tls: { certificate: certs/dev/server.pem, key: certs/dev/server.key }',
    ].join('\n');
    const config = parseConfig(text, join(office.folder, 'development.yaml'), {});
    profile = new DevelopmentProfile(config, office.folder, systemClock);
  });
  after(() => office.close());

  const addresses = [
    { name: 'submission', host: '127.0.0.1', port: 2587 },
    { name: 'imap', host: '::1', port: 2143 },
  ];
  const passwordIn = (text: string) => /password +(\S+)/.exec(text)?.[1];

  it('makes a certificate for the name of the server', async () => {
    await profile.prepare();
    const pem = readFileSync(join(office.folder, 'certs', 'dev', 'server.pem'), 'utf8');
    expect(pem.match(/BEGIN CERTIFICATE/g)?.length).to.equal(2);
  });

  it('prints addresses, an account that works, and two lines to copy', async () => {
    const text = await profile.greeting(office.admin, addresses);
    expect(text).to.include('127.0.0.1:2587').and.to.include('[::1]:2143');
    expect(text).to.match(/^printf '.*' \| curl .* smtp:\/\/localhost:2587$/m);
    expect(text).to.match(/^curl .* 'imap:\/\/localhost:2143\/INBOX;MAILINDEX=\*'$/m);
    const account = await office.store.accounts.find('aigerim@example.kz');
    const { hasher } = office.context.maker;
    const password = passwordIn(text);
    expect(password).to.match(/^(?:[a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    expect(await hasher.verify(password!, account?.credentials.hash)).to.equal(true);
  });

  it('keeps the password to the owner, and prints the same the next time', async () => {
    const file = join(office.folder, 'demo-account.json');
    expect((statSync(file).mode & 0o777).toString(8)).to.equal('600');
    const first = passwordIn(await profile.greeting(office.admin, addresses));
    expect(passwordIn(await profile.greeting(office.admin, addresses))).to.equal(first);

    rmSync(file);
    const second = passwordIn(await profile.greeting(office.admin, addresses));
    expect(second).not.to.equal(first);
    const { result } = await run(office.admin, 'account.show', { address: 'aigerim' });
    expect(result.audit[0]?.action).to.equal('account.passwd');

    writeFileSync(file, '{}');
    const error: unknown = await profile.greeting(office.admin, addresses).catch((e: unknown) => e);
    expect(String(error)).to.include('demo-account.json is damaged');
  });
});
