import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { MailError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { AccountId } from '../../../src/core/values.ts';
import { deviceSecret, newDeviceSecret } from '../../../src/gateway/devices/device-secret.ts';
import {
  lastUseStepMs,
  maxDeviceNameLetters,
  maxDevices,
} from '../../../src/gateway/devices/limits.ts';
import { RecordDevicePasswords } from '../../../src/gateway/devices/record-device-passwords.ts';
import type { MailProtocol } from '../../../src/gateway/api.ts';
import { IdentityVault } from '../../../src/gateway/vault/identity-vault.ts';
import { VaultSecret } from '../../../src/gateway/vault/vault-secret.ts';
import type { Account } from '../../../src/store/api.ts';
import type { RecordStore } from '../../../src/store/records.ts';
import { type OpenEmbedded, openEmbedded } from '../../store/embedded/backend.ts';
import { ManualClock, newAccount } from '../../store/support.ts';
import { refused } from '../support/refused.ts';

const both: readonly MailProtocol[] = ['imap', 'submission'];
const minute = 60_000;

describe('RecordDevicePasswords', () => {
  const secret = new VaultSecret(randomBytes(32));
  let opened: OpenEmbedded;
  let clock: ManualClock;
  let account: Account;
  let devices: RecordDevicePasswords;
  let ended: AccountId[];

  function over(records: RecordStore): RecordDevicePasswords {
    return new RecordDevicePasswords({
      records,
      accounts: opened.store.accounts,
      audit: opened.store.audit,
      vault: new IdentityVault([secret]),
      clock,
      log: silentLog,
      endSessions: (id) => ended.push(id),
    });
  }

  before(async () => {
    opened = await openEmbedded();
  });
  after(() => opened.remove());
  beforeEach(async () => {
    clock = new ManualClock();
    ended = [];
    account = await newAccount(opened.store);
    devices = over(opened.store.records);
  });

  const login = (password: string, protocol: MailProtocol = 'imap'): Promise<string | undefined> =>
    devices.check(account.canonical, password, protocol);

  it('R-11.1 makes a password of letters, digits and hyphens, told once, that logs in', async () => {
    const made = await devices.create(account.id, ' Телефон ', both);
    expect(made.password).to.match(/^(?:[a-z0-9]{4}-){5}[a-z0-9]{4}$/);
    expect(await login(made.password)).to.equal(made.id);
    expect(await login(made.password, 'submission')).to.equal(made.id);
    const { password, ...listed } = made;
    clock.advance(0);
    const [shown] = await devices.list(account.id);
    expect({ ...shown, lastUsed: undefined }).to.deep.equal(listed);
    expect(listed).to.include({ name: 'Телефон', createdAt: clock.now() });
    expect(JSON.stringify(shown)).to.not.contain(password);
  });

  it('keeps them over a restart', async () => {
    const made = await devices.create(account.id, 'phone', both);
    devices = over((await opened.reopen()).records);
    expect(await login(made.password)).to.equal(made.id);
  });

  it('takes it however it is typed', async () => {
    const { id, password } = await devices.create(account.id, 'phone', both);
    for (const typed of [
      password.toUpperCase(),
      password.replaceAll('-', ''),
      password.replaceAll('-', ' '),
      ` ${password} `,
    ]) {
      expect(devices.isDevicePassword(typed), typed).to.equal(true);
      expect(await login(typed), typed).to.equal(id);
    }
  });

  it('refuses another one, and that of another account', async () => {
    const { password } = await devices.create(account.id, 'phone', both);
    const other = await newAccount(opened.store);
    expect(await devices.check(other.canonical, password, 'imap')).to.equal(undefined);
    expect(await devices.check('nobody@example.kz', password, 'imap')).to.equal(undefined);
    expect(await devices.check('@\0\ud800'.repeat(500), password, 'imap')).to.equal(undefined);
    expect(await login(newDeviceSecret())).to.equal(undefined);
    expect(await login('')).to.equal(undefined);
  });

  it('is no good for another account, whatever is done to the records', async () => {
    const { records } = opened.store;
    const keys = async (): Promise<Set<string>> =>
      new Set((await records.list('device', { limit: 1000 })).map(({ key }) => key));
    const before = await keys();
    const { password } = await devices.create(account.id, 'phone', both);
    const [mine = ''] = [...(await keys())].filter((key) => !before.has(key));
    const other = await newAccount(opened.store);
    await devices.create(other.id, 'phone', both);
    const [theirs = ''] = [...(await keys())].filter((key) => key !== mine && !before.has(key));
    const { value } = (await records.get('device', mine))!;
    const { version } = (await records.get('device', theirs))!;
    await records.replace('device', theirs, version, value);
    expect(await devices.check(other.canonical, password, 'imap')).to.equal(undefined);
    expect(await login(password)).to.be.a('string');
  });

  it('is limited to its protocols', async () => {
    const { password } = await devices.create(account.id, 'scanner', ['submission']);
    expect(await login(password, 'imap')).to.equal(undefined);
    expect(await login(password, 'submission')).to.be.a('string');
    expect((await devices.list(account.id))[0]?.protocols).to.deep.equal(['submission']);
  });

  it('shows the last use, to ten minutes, and writes no more often', async () => {
    let writes = 0;
    const { records } = opened.store;
    const { id, password } = await devices.create(account.id, 'phone', both);
    devices = over({
      get: (...asked) => records.get(...asked),
      list: (...asked) => records.list(...asked),
      insert: (...asked) => records.insert(...asked),
      remove: (...asked) => records.remove(...asked),
      replace: (...asked) => {
        writes += 1;
        return records.replace(...asked);
      },
    });
    const lastUsed = async (): Promise<unknown> => (await devices.list(account.id))[0]?.lastUsed;
    expect(await lastUsed()).to.equal(undefined);
    const first = clock.now();
    await login(password);
    expect(await lastUsed()).to.deep.equal({ at: first, protocol: 'imap' });
    clock.advance(lastUseStepMs - 1);
    await login(password);
    expect(await lastUsed()).to.deep.equal({ at: first, protocol: 'imap' });
    expect(writes).to.equal(1);
    clock.advance(1);
    await login(password);
    expect(await lastUsed()).to.deep.equal({ at: first + 10 * minute, protocol: 'imap' });
    await login(password, 'submission');
    expect(await lastUsed()).to.deep.equal({ at: first + 10 * minute, protocol: 'submission' });
    expect(writes).to.equal(3);
    expect(await login(password)).to.equal(id);
  });

  it('lets in though the use cannot be noted', async () => {
    const { id, password } = await devices.create(account.id, 'phone', both);
    const { records } = opened.store;
    devices = over({
      get: (...asked) => records.get(...asked),
      list: (...asked) => records.list(...asked),
      insert: (...asked) => records.insert(...asked),
      remove: (...asked) => records.remove(...asked),
      replace: () => Promise.reject(new MailError('disk-full', 'full')),
    });
    expect(await login(password)).to.equal(id);
  });

  it('revokes one, at once, and ends the sessions', async () => {
    const phone = await devices.create(account.id, 'phone', both);
    const tablet = await devices.create(account.id, 'tablet', both);
    expect(await devices.revoke(account.id, phone.id)).to.equal(true);
    expect(ended).to.deep.equal([account.id]);
    expect(await login(phone.password)).to.equal(undefined);
    expect(await login(tablet.password)).to.equal(tablet.id);
    expect((await devices.list(account.id)).map(({ name }) => name)).to.deep.equal(['tablet']);
    expect(await devices.revoke(account.id, phone.id)).to.equal(false);
    expect(ended).to.have.length(1);
  });

  it('keeps 20 and not one more, though they are made all at once', async () => {
    const made = await Promise.allSettled(
      Array.from({ length: maxDevices + 5 }, (_, i) =>
        devices.create(account.id, `d${i}`, ['imap']),
      ),
    );
    expect(made.filter(({ status }) => status === 'fulfilled')).to.have.length(maxDevices);
    expect(await devices.list(account.id)).to.have.length(maxDevices);
    expect(await refused(() => devices.create(account.id, 'one more', both))).to.equal(
      'DEVICE_LIMIT max=20',
    );
    const [first] = await devices.list(account.id);
    await devices.revoke(account.id, first!.id);
    await devices.create(account.id, 'one more', both);
  });

  const names: readonly (readonly [string, string])[] = [
    ['', 'DEVICE_NAME max=64'],
    [' \t ', 'DEVICE_NAME max=64'],
    ['ә'.repeat(maxDeviceNameLetters), 'taken'],
    ['ә'.repeat(maxDeviceNameLetters + 1), 'DEVICE_NAME max=64'],
    ['a'.repeat(1_000_000), 'DEVICE_NAME max=64'],
    ['a\u0000b', 'DEVICE_NAME max=64'],
    ['a\r\nb', 'DEVICE_NAME max=64'],
    ['a\ud800', 'DEVICE_NAME max=64'],
  ];
  for (const [name, outcome] of names) {
    it(`a name like ${JSON.stringify(name).slice(0, 20)}: ${outcome}`, async () => {
      expect(await refused(() => devices.create(account.id, name, both))).to.equal(outcome);
    });
  }

  it('asks for a protocol', async () => {
    expect(await refused(() => devices.create(account.id, 'phone', []))).to.equal(
      'DEVICE_PROTOCOLS',
    );
  });

  it('requires device passwords when the owner wants it', async () => {
    expect(await devices.required(account.id)).to.equal(false);
    await devices.require(account.id, true);
    expect(ended).to.deep.equal([account.id]);
    expect(await devices.required(account.id)).to.equal(true);
    await devices.create(account.id, 'phone', both);
    await devices.require(account.id, false);
    expect(await devices.required(account.id)).to.equal(false);
    expect(ended).to.have.length(1);
    expect(await devices.list(account.id)).to.have.length(1);
  });

  it('R-3.3 keeps neither password nor name nor address in clear', async () => {
    const { password } = await devices.create(account.id, 'Айгерім телефоны', both);
    const records = await opened.store.records.list('device', { limit: 1000 });
    const kept = JSON.stringify(records);
    expect(kept).to.not.contain(password).and.not.contain('Айгерім');
    for (const { key, value } of records) {
      expect(key).to.match(/^[0-9a-f]{64}$/);
      expect(value).to.not.contain(account.canonical);
    }
  });

  it('tells the audit what was done, without the name', async () => {
    const { id } = await devices.create(account.id, 'phone', both);
    await devices.require(account.id, true);
    await devices.revoke(account.id, id);
    const records = await opened.store.audit.list({ account: account.id, limit: 3 });
    expect(records.map(({ action, detail }) => [action, detail])).to.deep.equal([
      ['device.revoke', { device: id }],
      ['device.require', { required: true }],
      ['device.create', { device: id }],
    ]);
  });

  it('says so when a record is of a newer version', async () => {
    await devices.create(account.id, 'phone', both);
    const { records } = opened.store;
    for (const { key, value, version } of await records.list('device', { limit: 1000 })) {
      await records.replace('device', key, version, value.replace('"v":1', '"v":2'));
    }
    let told: unknown;
    await devices.list(account.id).catch((error: unknown) => (told = error));
    expect(told).to.be.instanceOf(MailError).and.property('message').contain('cannot be read: v');
    for (const { key, version } of await records.list('device', { limit: 1000 })) {
      await records.remove('device', key, version);
    }
  });

  it('knows no account that is not there', async () => {
    let told: unknown;
    await devices.list(99_999_999 as AccountId).catch((error: unknown) => (told = error));
    expect(told).to.include({ failure: 'not-found' });
  });

  // One record, so a crash leaves what was before or after; the audit may know of more than was done.
  for (const dies of ['before', 'after'] as const) {
    it(`is whole when the process dies ${dies} the write`, async () => {
      const { records } = opened.store;
      const phone = await devices.create(account.id, 'phone', both);
      const dying = over({
        get: (...asked) => records.get(...asked),
        list: (...asked) => records.list(...asked),
        insert: (...asked) => records.insert(...asked),
        remove: (...asked) => records.remove(...asked),
        replace: async (...asked) => {
          if (dies === 'after') await records.replace(...asked);
          throw new Error('killed');
        },
      });
      for (const work of [
        () => dying.create(account.id, 'tablet', both),
        () => dying.revoke(account.id, phone.id),
      ]) {
        let told: unknown;
        await work().catch((error: unknown) => (told = error));
        expect(told).to.have.property('message', 'killed');
      }
      const left = (await devices.list(account.id)).map(({ name }) => name);
      expect(left).to.deep.equal(dies === 'before' ? ['phone'] : ['tablet']);
      expect(await login(phone.password)).to.equal(dies === 'before' ? phone.id : undefined);
      // The same again does the rest.
      expect(await devices.revoke(account.id, phone.id)).to.equal(dies === 'before');
    });
  }
});

describe('device secrets', () => {
  it('have more than 100 bits, evenly over 31 letters', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2000; i++) {
      for (const letter of newDeviceSecret().replaceAll('-', '')) {
        counts.set(letter, (counts.get(letter) ?? 0) + 1);
      }
    }
    expect(counts.size).to.equal(31);
    expect(24 * Math.log2(31)).to.be.above(100);
    // 48,000 letters: 1,548 of each, with a deviation of 39.
    for (const [letter, count] of counts) expect(count, letter).to.be.within(1300, 1800);
    expect(counts.has('o') || counts.has('0') || counts.has('l') || counts.has('1')).to.equal(
      false,
    );
  });

  const forms: readonly (readonly [string, boolean])[] = [
    ['abcd-efgh-jkmn-pqrs-tuvw-xyz2', true],
    ['abcdefghjkmnpqrstuvwxyz2', true],
    ['abcd-efgh-jkmn-pqrs-tuvw-xyz', false],
    ['abcd-efgh-jkmn-pqrs-tuvw-xyz22', false],
    ['abcd-efgh-jkmn-pqrs-tuvw-xyz0', false],
    ['abcd_efgh_jkmn_pqrs_tuvw_xyz2', false],
    ['аbcd-efgh-jkmn-pqrs-tuvw-xyz2', false],
    ['a '.repeat(100_000), false],
    ['', false],
  ];
  for (const [typed, is] of forms) {
    it(`${typed.slice(0, 32)} is ${is ? 'one' : 'none'}`, () => {
      expect(deviceSecret(typed) !== undefined).to.equal(is);
    });
  }
});
