import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KnownPeers } from '../../src/account/known-peers.ts';
import { readOrMakeLoginSecret } from '../../src/account/login-secret.ts';
import { VerifiedLogins } from '../../src/account/verified-logins.ts';

describe('VerifiedLogins', () => {
  let now = 0;
  const make = (lifetimeMs = 1000, maxEntries = 3) =>
    new VerifiedLogins({ clock: { now: () => now }, lifetimeMs, maxEntries });

  it('remembers an outcome for its time, and for this verifier only', () => {
    const logins = make();
    logins.remember('a', 'v1', 'p', true);
    logins.remember('a', 'v1', 'q', false);
    expect(logins.recall('a', 'v1', 'p')).to.equal(true);
    expect(logins.recall('a', 'v1', 'q')).to.equal(false);
    expect(logins.recall('a', 'v2', 'p')).to.equal(undefined);
    expect(logins.recall('b', 'v1', 'p')).to.equal(undefined);
    now += 1000;
    expect(logins.recall('a', 'v1', 'p')).to.equal(undefined);
  });

  it('does not mix up where one part ends and the next begins', () => {
    const logins = make();
    logins.remember('ab', 'c', 'd', true);
    expect(logins.recall('a', 'bc', 'd')).to.equal(undefined);
    expect(logins.recall('ab', '', 'cd')).to.equal(undefined);
  });

  it('keeps so many and no more, and none when it is switched off', () => {
    const logins = make();
    for (const login of ['a', 'b', 'c', 'd']) logins.remember(login, 'v', 'p', true);
    expect(logins.size).to.equal(3);
    expect(logins.recall('a', 'v', 'p')).to.equal(undefined);
    expect(logins.recall('d', 'v', 'p')).to.equal(true);
    const off = make(0);
    off.remember('a', 'v', 'p', true);
    expect(off.size).to.equal(0);
  });
});

describe('KnownPeers', () => {
  it('forgets the place unused longest', () => {
    const peers = new KnownPeers(2);
    peers.add('a', '1');
    peers.add('b', '1');
    peers.add('a', '1');
    peers.add('c', '1');
    expect([peers.has('a', '1'), peers.has('b', '1'), peers.has('c', '1')]).to.deep.equal([
      true,
      false,
      true,
    ]);
    expect(peers.has('a', '2')).to.equal(false);
  });
});

describe('readOrMakeLoginSecret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zhashik-secret-'));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('makes it once, for the owner alone', async () => {
    const file = join(folder, 'login.secret');
    const [one, other] = await Promise.all([
      readOrMakeLoginSecret(file),
      readOrMakeLoginSecret(file),
    ]);
    expect(Buffer.from(one)).to.deep.equal(Buffer.from(other));
    expect(one.length).to.equal(32);
    expect(Buffer.from(await readOrMakeLoginSecret(file))).to.deep.equal(Buffer.from(one));
    expect((statSync(file).mode & 0o777).toString(8)).to.equal('600');
    expect(readdirSync(folder)).to.deep.equal(['login.secret']);
  });

  it('does not go on with a damaged one', async () => {
    const file = join(folder, 'damaged');
    writeFileSync(file, 'short');
    const error: unknown = await readOrMakeLoginSecret(file).catch((e: unknown) => e);
    expect(String(error)).to.include('is damaged');
  });
});
