import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { expect } from 'chai';
import type { DeviceLogins, LoginContext, LoginResult } from '../../src/account/api.ts';
import { StoreAuthenticator, type LoginOutcome } from '../../src/account/authenticator.ts';
import { newCredentials } from '../../src/account/credentials.ts';
import { KnownPeers } from '../../src/account/known-peers.ts';
import { type PasswordHasher, ScryptHasher } from '../../src/account/password.ts';
import { VerifiedLogins } from '../../src/account/verified-logins.ts';
import { LocalThrottle } from '../../src/bus/local/throttle.ts';
import { silentLog } from '../../src/core/log.ts';
import { Networks } from '../../src/core/networks.ts';
import { peerNetwork } from '../../src/core/peer-network.ts';
import { Turns } from '../../src/core/turns.ts';
import type { AccountId } from '../../src/core/values.ts';
import type { Account, AccountChange, AccountStatus } from '../../src/store/api.ts';

/** Counts what would take the time, so that a test need not measure it. */
class CountingHasher implements PasswordHasher {
  verifications = 0;
  outdated = false;
  readonly #inner = new ScryptHasher({
    cost: { N: 2, r: 1, p: 1 },
    concurrency: 4,
    maxWaiting: 100,
  });

  hash(password: string): Promise<string> {
    return this.#inner.hash(password);
  }

  verify(password: string, stored: string | undefined): Promise<boolean> {
    this.verifications += 1;
    return this.#inner.verify(password, stored);
  }

  isOutdated(): boolean {
    return this.outdated;
  }
}

interface House {
  readonly authenticator: StoreAuthenticator;
  readonly hasher: CountingHasher;
  readonly accounts: Map<string, Account>;
  readonly updates: AccountChange[];
  readonly outcomes: LoginOutcome[];
  readonly advance: (ms: number) => void;
}

const password = 'correct horse battery';
const iterations = 4096;

/** One device password for everybody's e-mail program; `a-` and any letter has the form of one. */
class OneDevice implements DeviceLogins {
  asked: string[] = [];
  right = 'a-1';
  isRequired = false;

  isDevicePassword(given: string): boolean {
    return given.startsWith('a-');
  }

  check(canonical: string, given: string, protocol: string): Promise<string | undefined> {
    this.asked.push(`${canonical} ${protocol}`);
    const right = given === this.right && protocol === 'imap';
    return Promise.resolve(right ? 'dv-1' : undefined);
  }

  required(): Promise<boolean> {
    return Promise.resolve(this.isRequired);
  }
}

interface HouseOptions {
  readonly scram?: boolean;
  readonly unthrottled?: string[];
  readonly devices?: DeviceLogins;
}

async function house(options: HouseOptions = {}): Promise<House> {
  let now = 1_000_000;
  const clock = { now: () => now };
  const hasher = new CountingHasher();
  const maker = { hasher, scramIterations: options.scram === false ? undefined : iterations };
  const accounts = new Map<string, Account>();
  const updates: AccountChange[] = [];
  const outcomes: LoginOutcome[] = [];
  const add = async (name: string, status: AccountStatus): Promise<void> => {
    const canonical = `${name}@example.kz`;
    accounts.set(canonical, {
      id: (accounts.size + 1) as AccountId,
      address: canonical,
      canonical,
      status,
      credentials: await newCredentials(maker, password, canonical),
      quota: { bytes: undefined, messages: undefined },
      createdAt: 0,
    });
  };
  await add('aigerim', 'active');
  await add('suspended', 'suspended');
  await add('closed', 'closed');
  const throttle = (freeFailures: number): LocalThrottle =>
    new LocalThrottle({
      clock,
      freeFailures,
      baseDelayMs: 1000,
      maxDelayMs: 60_000,
      forgetAfterMs: 3_600_000,
      maxKeys: 1000,
    });
  const authenticator = new StoreAuthenticator({
    accounts: {
      find: (canonical) => Promise.resolve(accounts.get(canonical)),
      get: (id) => Promise.resolve([...accounts.values()].find((one) => one.id === id)),
      update: (id, change) => {
        const found = [...accounts.values()].find((one) => one.id === id)!;
        updates.push(change);
        const changed = { ...found, ...change };
        accounts.set(found.canonical, changed);
        return Promise.resolve(changed);
      },
    },
    defaultDomain: 'example.kz',
    maker,
    decoySecret: Buffer.alloc(32, 7),
    verified: new VerifiedLogins({ clock, lifetimeMs: 300_000, maxEntries: 1000 }),
    knownPeers: new KnownPeers(100),
    accountThrottle: throttle(2),
    peerThrottle: throttle(10),
    unthrottledPeers: new Networks(options.unthrottled ?? []),
    credentialTurns: new Turns(),
    attemptTurns: new Turns(),
    log: silentLog,
    onAttempt: (_protocol, outcome) => outcomes.push(outcome),
    ...(options.devices !== undefined && { devices: options.devices }),
  });
  return {
    authenticator,
    hasher,
    accounts,
    updates,
    outcomes,
    advance: (ms) => {
      now += ms;
    },
  };
}

function from(peer: string): LoginContext {
  return { peer, protocol: 'imap', connection: 'c1' };
}
const here = from('192.0.2.1');

function reason(result: LoginResult): string {
  return result.status === 'accepted' ? 'accepted' : result.reason;
}

describe('StoreAuthenticator', () => {
  it('takes a full address, another spelling of it, and a local part of the default domain', async () => {
    const { authenticator } = await house();
    for (const login of [
      'aigerim@example.kz',
      'AIGERIM@Example.KZ',
      'aigerim',
      '"aigerim"@example.kz.',
    ]) {
      expect(reason(await authenticator.password(login, password, here))).to.equal('accepted');
    }
  });

  it('computes one hash for a wrong password, an unknown, a closed and a nonsensical account alike', async () => {
    for (const login of ['aigerim', 'nobody', 'closed', 'suspended', 'a@b@c', '[', '']) {
      const { authenticator, hasher } = await house();
      expect(reason(await authenticator.password(login, 'wrong', here))).to.equal('credentials');
      expect(hasher.verifications, login).to.equal(1);
    }
  });

  it('computes one hash for a password that is none', async () => {
    const { authenticator, hasher } = await house();
    for (const bad of ['', 'a\u0000b', 'x'.repeat(5000)]) {
      expect(reason(await authenticator.password('aigerim', bad, from('192.0.2.9')))).to.not.equal(
        'accepted',
      );
    }
    // The third attempt may be throttled, but never costs more.
    expect(hasher.verifications).to.be.within(2, 3);
  });

  it('says that an account is suspended to its owner only', async () => {
    const { authenticator } = await house();
    expect(reason(await authenticator.password('suspended', password, here))).to.equal('suspended');
    expect(reason(await authenticator.password('suspended', 'wrong', here))).to.equal(
      'credentials',
    );
    expect(reason(await authenticator.password('closed', password, here))).to.equal('credentials');
  });

  it('hashes a password once for a client that logs in many times, until it changes', async () => {
    const { authenticator, hasher, accounts, advance } = await house();
    for (let i = 0; i < 5; i++) await authenticator.password('aigerim', password, here);
    expect(hasher.verifications).to.equal(1);
    advance(300_000);
    await authenticator.password('aigerim', password, here);
    expect(hasher.verifications).to.equal(2);

    const account = accounts.get('aigerim@example.kz')!;
    const credentials = { hash: await hasher.hash('another one'), scram: undefined };
    accounts.set('aigerim@example.kz', { ...account, credentials });
    expect(reason(await authenticator.password('aigerim', password, here))).to.equal('credentials');
    expect(hasher.verifications).to.equal(3);
  });

  it('hashes once for connections that open at the same time', async () => {
    const { authenticator, hasher } = await house();
    const results = await Promise.all(
      Array.from({ length: 5 }, () => authenticator.password('aigerim', password, here)),
    );
    expect(results.map(reason)).to.deep.equal(Array(5).fill('accepted'));
    expect(hasher.verifications).to.equal(1);
  });

  it('lets a cached password in no longer once the account is suspended', async () => {
    const { authenticator, accounts } = await house();
    await authenticator.password('aigerim', password, here);
    accounts.set('aigerim@example.kz', {
      ...accounts.get('aigerim@example.kz')!,
      status: 'suspended',
    });
    expect(reason(await authenticator.password('aigerim', password, here))).to.equal('suspended');
  });

  describe('device passwords', () => {
    const given = (result: LoginResult): string =>
      result.status === 'accepted' ? result.credentialId : result.reason;

    it('let in without a hash, and the login says which one it was', async () => {
      const devices = new OneDevice();
      const { authenticator, hasher } = await house({ devices });
      expect(given(await authenticator.password('aigerim', 'a-1', here))).to.equal('dv-1');
      expect(hasher.verifications).to.equal(0);
      expect(given(await authenticator.password('aigerim', password, here))).to.equal('password');
      expect(devices.asked).to.deep.equal(['aigerim@example.kz imap']);
    });

    it('of PLAIN and LOGIN too', async () => {
      const { authenticator } = await house({ devices: new OneDevice() });
      const plain = await authenticator
        .mechanism('PLAIN', here)!
        .next(Buffer.from('\0aigerim\0a-1'));
      expect(plain.kind === 'done' && given(plain.result)).to.equal('dv-1');
      const login = authenticator.mechanism('LOGIN', here)!;
      await login.next(Buffer.from('aigerim'));
      const last = await login.next(Buffer.from('a-1'));
      expect(last.kind === 'done' && given(last.result)).to.equal('dv-1');
    });

    it('are wrong at once when they are revoked, and cost a hash then', async () => {
      const devices = new OneDevice();
      const { authenticator, hasher } = await house({ devices });
      await authenticator.password('aigerim', 'a-1', here);
      devices.right = 'none';
      expect(given(await authenticator.password('aigerim', 'a-1', here))).to.equal('credentials');
      expect(hasher.verifications).to.equal(1);
    });

    it('are good only for their protocol', async () => {
      const { authenticator } = await house({ devices: new OneDevice() });
      const submission = { ...here, protocol: 'submission' } as const;
      expect(given(await authenticator.password('aigerim', 'a-1', submission))).to.equal(
        'credentials',
      );
    });

    it('cost one question and one hash for whoever has none, is closed or is nobody', async () => {
      for (const login of ['aigerim', 'nobody', 'closed', 'suspended', '[', '']) {
        const devices = new OneDevice();
        const { authenticator, hasher } = await house({ devices });
        expect(given(await authenticator.password(login, 'a-2', here)), login).to.equal(
          'credentials',
        );
        expect([devices.asked.length, hasher.verifications], login).to.deep.equal([1, 1]);
      }
    });

    it('let nobody into a closed or suspended account', async () => {
      const { authenticator } = await house({ devices: new OneDevice() });
      expect(given(await authenticator.password('closed', 'a-1', here))).to.equal('credentials');
      expect(given(await authenticator.password('nobody', 'a-1', here))).to.equal('credentials');
      expect(given(await authenticator.password('suspended', 'a-1', here))).to.equal('suspended');
    });

    it('are throttled as passwords are', async () => {
      const { authenticator } = await house({
        devices: new OneDevice(),
        unthrottled: ['192.0.2.0/24'],
      });
      const seen: string[] = [];
      for (let i = 2; i < 6; i++) {
        seen.push(given(await authenticator.password('aigerim', `a-${i}`, here)));
      }
      expect(seen).to.deep.equal(['credentials', 'credentials', 'credentials', 'throttled']);
      expect(given(await authenticator.password('aigerim', 'a-1', here))).to.equal('throttled');
    });

    it('are the only ones for an account that wants it so, which only its owner hears', async () => {
      const devices = new OneDevice();
      devices.isRequired = true;
      const { authenticator, outcomes } = await house({ devices });
      expect(given(await authenticator.password('aigerim', password, here))).to.equal(
        'device-password',
      );
      // Remembered, it is the same.
      expect(given(await authenticator.password('aigerim', password, here))).to.equal(
        'device-password',
      );
      expect(given(await authenticator.password('aigerim', 'wrong', here))).to.equal('credentials');
      expect(given(await authenticator.password('aigerim', 'a-1', here))).to.equal('dv-1');
      expect(given(await authenticator.password('suspended', password, here))).to.equal(
        'suspended',
      );
      expect(outcomes.slice(0, 2)).to.deep.equal(['device-password', 'device-password']);
    });
  });

  describe('throttles', () => {
    it('an account: delays double after the free failures, even for the right password', async () => {
      const { authenticator, advance, hasher } = await house({ unthrottled: ['192.0.2.0/24'] });
      for (const wrong of ['wrong1', 'wrong2', 'wrong3']) {
        expect(reason(await authenticator.password('aigerim', wrong, here))).to.equal(
          'credentials',
        );
      }
      expect(reason(await authenticator.password('aigerim', password, here))).to.equal('throttled');
      advance(999);
      expect(reason(await authenticator.password('aigerim', password, here))).to.equal('throttled');
      expect(hasher.verifications).to.equal(3);
      advance(1);
      expect(reason(await authenticator.password('aigerim', 'wrong4', here))).to.equal(
        'credentials',
      );
      advance(1999);
      expect(reason(await authenticator.password('aigerim', password, here))).to.equal('throttled');
      advance(1);
      expect(reason(await authenticator.password('aigerim', password, here))).to.equal('accepted');
      expect(reason(await authenticator.password('aigerim', 'wrong5', here))).to.equal(
        'credentials',
      );
      expect(reason(await authenticator.password('aigerim', password, here))).to.equal('accepted');
    });

    it('an account that does not exist in the same way', async () => {
      const { authenticator } = await house({ unthrottled: ['192.0.2.0/24'] });
      const seen: string[] = [];
      for (let i = 0; i < 4; i++) {
        seen.push(reason(await authenticator.password('nobody', `wrong${i}`, here)));
      }
      expect(seen).to.deep.equal(['credentials', 'credentials', 'credentials', 'throttled']);
    });

    it('an address that tries many accounts, and a success of its own does not clear it', async () => {
      const { authenticator } = await house();
      for (let i = 0; i < 11; i++) {
        expect(reason(await authenticator.password(`user${i}`, 'wrong', here))).to.equal(
          'credentials',
        );
        if (i === 5) await authenticator.password('aigerim', password, here);
      }
      expect(reason(await authenticator.password('user99', 'wrong', here))).to.equal('throttled');
      const elsewhere = await authenticator.password('aigerim', password, from('198.51.100.7'));
      expect(reason(elsewhere)).to.equal('accepted');
    });

    it('no owner because of a stranger: a place known to the account has a count of its own', async () => {
      const { authenticator } = await house();
      expect(reason(await authenticator.password('aigerim', password, here))).to.equal('accepted');
      const stranger = from('198.51.100.7');
      for (let i = 0; i < 4; i++) await authenticator.password('aigerim', `guess${i}`, stranger);
      expect(reason(await authenticator.password('aigerim', 'guess', stranger))).to.equal(
        'throttled',
      );
      expect(reason(await authenticator.password('aigerim', password, here))).to.equal('accepted');
      const third = from('203.0.113.1');
      expect(reason(await authenticator.password('aigerim', password, third))).to.equal(
        'throttled',
      );
    });

    it('no forgotten phone: the same wrong password again is not another failure', async () => {
      const { authenticator, hasher } = await house();
      for (let i = 0; i < 20; i++) {
        expect(reason(await authenticator.password('aigerim', 'the old one', here))).to.equal(
          'credentials',
        );
      }
      expect(hasher.verifications).to.equal(1);
      expect(reason(await authenticator.password('aigerim', password, here))).to.equal('accepted');
    });

    it('guesses that come all at once', async () => {
      const { authenticator, hasher } = await house({ unthrottled: ['192.0.2.0/24'] });
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, i) => authenticator.password('aigerim', `guess${i}`, here)),
      );
      expect(hasher.verifications).to.equal(3);
      expect(results.filter((one) => reason(one) === 'throttled').length).to.equal(27);
    });
  });

  it('counts each attempt by its outcome', async () => {
    const { authenticator, outcomes } = await house();
    await authenticator.password('aigerim', password, here);
    await authenticator.password('aigerim', 'wrong', here);
    expect(outcomes).to.deep.equal(['accepted', 'credentials']);
  });

  it('brings an outdated verifier to the new cost after a login, and tells the audit', async () => {
    const { authenticator, hasher, updates, accounts } = await house();
    hasher.outdated = true;
    const before = accounts.get('aigerim@example.kz')!.credentials.hash;
    await authenticator.password('aigerim', password, here);
    while (updates.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(updates[0]?.credentials?.hash).not.to.equal(before);
    expect(updates[0]?.credentials?.scram?.iterations).to.equal(iterations);
  });

  describe('SASL', () => {
    it('offers the strongest first, and SCRAM only where it is on', async () => {
      expect((await house()).authenticator.mechanisms).to.deep.equal([
        'SCRAM-SHA-256',
        'PLAIN',
        'LOGIN',
      ]);
      const without = (await house({ scram: false })).authenticator;
      expect(without.mechanisms).to.deep.equal(['PLAIN', 'LOGIN']);
      expect(without.mechanism('SCRAM-SHA-256', here)).to.equal(undefined);
      expect(without.mechanism('CRAM-MD5', here)).to.equal(undefined);
    });

    const plain: readonly (readonly [string, string])[] = [
      [`\0aigerim\0${password}`, 'accepted'],
      [`aigerim@example.kz\0aigerim\0${password}`, 'accepted'],
      [`AIGERIM\0aigerim@example.kz\0${password}`, 'accepted'],
      [`suspended\0aigerim\0${password}`, 'credentials'],
      [`\0aigerim\0wrong`, 'credentials'],
      [`\0aigerim\0`, 'malformed'],
      [`\0\0${password}`, 'malformed'],
      [`aigerim\0${password}`, 'malformed'],
      [`\0aigerim\0${password}\0`, 'malformed'],
      ['', 'malformed'],
    ];
    for (const [message, outcome] of plain) {
      it(`PLAIN ${JSON.stringify(message)} is ${outcome}`, async () => {
        const { authenticator } = await house();
        const exchange = authenticator.mechanism('PLAIN', here)!;
        expect(exchange.serverFirst).to.equal(false);
        const step = await exchange.next(Buffer.from(message));
        expect(step.kind === 'done' ? reason(step.result) : step.kind).to.equal(outcome);
      });
    }

    it('LOGIN asks for the name and the password', async () => {
      const { authenticator } = await house();
      const exchange = authenticator.mechanism('LOGIN', here)!;
      expect(exchange.serverFirst).to.equal(true);
      const said = async (text: string): Promise<string> => {
        const step = await exchange.next(Buffer.from(text));
        if (step.kind === 'challenge') return Buffer.from(step.data).toString();
        return step.kind === 'done' ? reason(step.result) : step.kind;
      };
      expect(await said('')).to.equal('Username:');
      expect(await said('aigerim')).to.equal('Password:');
      expect(await said(password)).to.equal('accepted');
    });

    it('LOGIN takes the name as an initial response', async () => {
      const { authenticator } = await house();
      const exchange = authenticator.mechanism('LOGIN', here)!;
      expect((await exchange.next(Buffer.from('aigerim'))).kind).to.equal('challenge');
      const step = await exchange.next(Buffer.from(password));
      expect(step.kind === 'done' && reason(step.result)).to.equal('accepted');
    });

    it('SCRAM shows an unknown account a salt that stays, like a known one', async () => {
      const { authenticator } = await house();
      const firstFor = async (name: string): Promise<string> => {
        const step = await authenticator
          .mechanism('SCRAM-SHA-256', here)!
          .next(Buffer.from(`n,,n=${name},r=abc`));
        return step.kind === 'challenge' ? Buffer.from(step.data).toString() : step.kind;
      };
      const shape = /^r=abc[A-Za-z0-9+/]{24},s=([A-Za-z0-9+/]{22}==),i=4096$/;
      const salts = new Map<string, string | undefined>();
      for (const name of ['aigerim', 'nobody', 'closed', 'somebody']) {
        const once = shape.exec(await firstFor(name))?.[1];
        expect(once, name).to.be.a('string');
        expect(shape.exec(await firstFor(name))?.[1], name).to.equal(once);
        salts.set(name, once);
      }
      expect(new Set(salts.values()).size).to.equal(4);
    });

    async function scramLogin(
      { authenticator }: House,
      name: string,
      secret: string,
      authorization = '',
    ): Promise<string> {
      const exchange = authenticator.mechanism('SCRAM-SHA-256', here)!;
      const header = authorization === '' ? 'n,,' : `n,a=${authorization},`;
      const bare = `n=${name},r=client`;
      const step = await exchange.next(Buffer.from(header + bare));
      if (step.kind !== 'challenge') return step.kind;
      const serverFirst = Buffer.from(step.data).toString();
      const [, nonce = '', salt = '', rounds = ''] =
        /^r=(.*),s=(.*),i=(.*)$/.exec(serverFirst) ?? [];
      const salted = pbkdf2Sync(secret, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256');
      const clientKey = createHmac('sha256', salted).update('Client Key').digest();
      const storedKey = createHash('sha256').update(clientKey).digest();
      const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${nonce}`;
      const signature = createHmac('sha256', storedKey)
        .update(`${bare},${serverFirst},${withoutProof}`)
        .digest();
      const proof = Buffer.from(clientKey.map((octet, i) => octet ^ (signature[i] ?? 0)));
      const last = await exchange.next(
        Buffer.from(`${withoutProof},p=${proof.toString('base64')}`),
      );
      return last.kind === 'done' ? reason(last.result) : last.kind;
    }

    it('SCRAM lets the right one in, and nobody else', async () => {
      const one = await house();
      expect(await scramLogin(one, 'aigerim', password)).to.equal('accepted');
      expect(await scramLogin(one, 'aigerim', password, 'aigerim@example.kz')).to.equal('accepted');
      expect(await scramLogin(one, 'aigerim', 'wrong')).to.equal('credentials');
      expect(await scramLogin(one, 'aigerim', password, 'suspended')).to.equal('credentials');
      expect(await scramLogin(one, 'suspended', password)).to.equal('suspended');
      expect(await scramLogin(one, 'nobody', password)).to.equal('credentials');
      expect(await scramLogin(one, 'closed', password)).to.equal('credentials');
    });

    it('SCRAM knows the main password, and refuses it where device passwords are wanted', async () => {
      const devices = new OneDevice();
      const one = await house({ devices });
      expect(await scramLogin(one, 'aigerim', 'a-1')).to.equal('credentials');
      expect(await scramLogin(one, 'aigerim', password)).to.equal('accepted');
      devices.isRequired = true;
      expect(await scramLogin(one, 'aigerim', password)).to.equal('device-password');
      expect(devices.asked).to.deep.equal([]);
    });

    it('SCRAM is throttled as passwords are', async () => {
      const one = await house({ unthrottled: ['192.0.2.0/24'] });
      const seen: string[] = [];
      for (let i = 0; i < 5; i++) seen.push(await scramLogin(one, 'aigerim', 'wrong'));
      expect(seen.slice(2)).to.deep.equal(['credentials', 'throttled', 'throttled']);
    });

    it('SCRAM refuses a password that was changed within the exchange', async () => {
      const one = await house();
      const exchange = one.authenticator.mechanism('SCRAM-SHA-256', here)!;
      await exchange.next(Buffer.from('n,,n=aigerim,r=client'));
      const account = one.accounts.get('aigerim@example.kz')!;
      one.accounts.set('aigerim@example.kz', {
        ...account,
        credentials: { hash: undefined, scram: undefined },
      });
      expect(await scramLogin(one, 'aigerim', password)).to.equal('credentials');
    });
  });
});

describe('peerNetwork', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ];
  for (const [peer, network] of cases) {
    it(`${peer} is ${network}`, () => {
      expect(peerNetwork(peer)).to.equal(network);
    });
  }
});
