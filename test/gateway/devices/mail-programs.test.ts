import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { StoreAuthenticator } from '../../../src/account/authenticator.ts';
import { newCredentials } from '../../../src/account/credentials.ts';
import { KnownPeers } from '../../../src/account/known-peers.ts';
import { ScryptHasher } from '../../../src/account/password.ts';
import { VerifiedLogins } from '../../../src/account/verified-logins.ts';
import { LocalSessionCount } from '../../../src/bus/local/session-count.ts';
import { LocalThrottle } from '../../../src/bus/local/throttle.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import { Networks } from '../../../src/core/networks.ts';
import { Turns } from '../../../src/core/turns.ts';
import { RecordDevicePasswords } from '../../../src/gateway/devices/record-device-passwords.ts';
import { IdentityVault } from '../../../src/gateway/vault/identity-vault.ts';
import { VaultSecret } from '../../../src/gateway/vault/vault-secret.ts';
import type { ImapListener } from '../../../src/imap/options.ts';
import { startImapListener } from '../../../src/imap/server.ts';
import type { SmtpListener } from '../../../src/smtp/options.ts';
import type { Account } from '../../../src/store/api.ts';
import { type MailHouse, openMailHouse } from '../../smtp/support.ts';
import { testTls } from '../../smtp/certificate.ts';
import { noteLog, type NotedLine } from '../../support/note-log.ts';

const mainPassword = 'Жеті қабат көк аспан 7';

describe('device passwords in mail programs', () => {
  let house: MailHouse;
  let account: Account;
  let devices: RecordDevicePasswords;
  let imap: ImapListener;
  let smtp: SmtpListener;
  let lines: readonly NotedLine[];

  before(async () => {
    house = await openMailHouse();
    const { store } = house;
    const clock = systemClock;
    const cost = { N: 1024, r: 8, p: 1 };
    const hasher = new ScryptHasher({ cost, concurrency: 2, maxWaiting: 100 });
    const maker = { hasher, scramIterations: 4096 };
    account = await house.account('aigerim');
    const credentials = await newCredentials(maker, mainPassword, account.canonical);
    await store.accounts.update(account.id, { credentials }, { actor: 'test', action: 'passwd' });
    devices = new RecordDevicePasswords({
      records: store.records,
      accounts: store.accounts,
      audit: store.audit,
      vault: new IdentityVault([new VaultSecret(Buffer.alloc(32, 7))]),
      clock,
      log: silentLog,
      endSessions(id) {
        imap.endSessions(id);
        smtp.endSessions(id);
      },
    });
    const throttle = (): LocalThrottle =>
      new LocalThrottle({
        clock,
        freeFailures: 100,
        baseDelayMs: 1000,
        maxDelayMs: 1000,
        forgetAfterMs: 1000,
        maxKeys: 10,
      });
    const noted = noteLog();
    lines = noted.lines;
    const authenticator = new StoreAuthenticator({
      accounts: store.accounts,
      defaultDomain: 'example.kz',
      maker,
      decoySecret: Buffer.alloc(32, 1),
      verified: new VerifiedLogins({ clock, lifetimeMs: 60_000, maxEntries: 100 }),
      devices,
      knownPeers: new KnownPeers(10),
      accountThrottle: throttle(),
      peerThrottle: throttle(),
      unthrottledPeers: new Networks([]),
      credentialTurns: new Turns(),
      attemptTurns: new Turns(),
      log: noted.log,
    });
    imap = await startImapListener(
      {
        name: 'imap',
        host: '127.0.0.1',
        port: 0,
        tls: 'starttls',
        hostname: 'mail.example.kz',
      },
      {
        store,
        authenticator,
        sessions: new LocalSessionCount(),
        clock,
        log: silentLog,
        tls: testTls(),
      },
    );
    smtp = await house.listen({ profile: 'submission', tls: 'starttls' }, { authenticator });
  });
  after(async () => {
    await imap.close();
    await house.close();
  });

  const reader = (pass: string): ImapFlow =>
    new ImapFlow({
      host: '127.0.0.1',
      port: imap.port,
      secure: false,
      doSTARTTLS: true,
      tls: { rejectUnauthorized: false },
      auth: { user: 'aigerim@example.kz', pass },
      logger: false,
    });

  async function reads(pass: string): Promise<string> {
    const client = reader(pass);
    try {
      await client.connect();
      await client.logout();
      return 'in';
    } catch (error) {
      return String((error as { responseText?: string }).responseText);
    }
  }

  async function sends(pass: string): Promise<string> {
    const transport = createTransport({
      host: '127.0.0.1',
      port: smtp.port,
      requireTLS: true,
      tls: { rejectUnauthorized: false },
      auth: { user: 'aigerim', pass },
    });
    try {
      await transport.verify();
      return 'in';
    } catch (error) {
      return String((error as { response?: string }).response);
    } finally {
      transport.close();
    }
  }

  const credentials = (): readonly unknown[] =>
    lines
      .filter(({ event }) => event === 'login-accepted')
      .map(({ fields }) => fields['credential']);

  it('R-11.1 read and send, each as its password says, and the log names the device', async () => {
    const phone = await devices.create(account.id, 'phone', ['imap', 'submission']);
    const scanner = await devices.create(account.id, 'scanner', ['submission']);
    expect(await reads(phone.password)).to.equal('in');
    expect(await sends(phone.password)).to.equal('in');
    expect(await sends(scanner.password)).to.equal('in');
    expect(await reads(scanner.password)).to.equal('Wrong name or password');
    expect(await reads(mainPassword)).to.equal('in');
    expect(credentials()).to.deep.equal([phone.id, phone.id, scanner.id, 'password']);
    expect(JSON.stringify(lines)).to.not.contain(phone.password).and.not.contain('phone');
    const used = (await devices.list(account.id)).map(({ lastUsed }) => lastUsed?.protocol);
    expect(used).to.deep.equal(['submission', 'submission']);
  });

  it('R-11.1 are out at once when the password is revoked', async () => {
    const { id, password } = await devices.create(account.id, 'laptop', ['imap']);
    const client = reader(password);
    await client.connect();
    const ended = new Promise((resolve) => client.once('close', resolve));
    client.on('error', () => undefined);
    await devices.revoke(account.id, id);
    await ended;
    expect(await reads(password)).to.equal('Wrong name or password');
  });

  it('R-11.1 hear that a device password is needed, when it is', async () => {
    const { password } = await devices.create(account.id, 'tablet', ['imap', 'submission']);
    await devices.require(account.id, true);
    const told = 'Use a device password for mail programs';
    expect(await reads(mainPassword)).to.equal(told);
    expect(await sends(mainPassword)).to.equal(`534 5.7.9 ${told}`);
    expect(await reads('wrong')).to.equal('Wrong name or password');
    expect(await reads(password)).to.equal('in');
    await devices.require(account.id, false);
    expect(await reads(mainPassword)).to.equal('in');
  });
});
