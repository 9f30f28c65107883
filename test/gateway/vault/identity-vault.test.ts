import { createHmac, hkdfSync } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Bin, Iin } from '../../../src/gateway/identifiers/values.ts';
import { IdentityVault } from '../../../src/gateway/vault/identity-vault.ts';
import { limits } from '../../../src/gateway/vault/limits.ts';
import { VaultError } from '../../../src/gateway/vault/vault-error.ts';
import { VaultSecret } from '../../../src/gateway/vault/vault-secret.ts';

const iin = '850101399113' as Iin;
const secret = (octet: number) => new VaultSecret(new Uint8Array(32).fill(octet));
const nonce = (bytes: number) => Buffer.alloc(bytes, 7);
const vault = new IdentityVault([secret(1)]);

describe('R-13.2 identity vault: the blind index', () => {
  it('is HMAC-SHA-256 of type and number, under a key made for that alone', () => {
    const key = Buffer.from(
      hkdfSync('sha256', new Uint8Array(32).fill(1), 'zhashik identity vault', 'index', 32),
    );
    expect(vault.key({ type: 'individual', iin })).to.equal(
      createHmac('sha256', key).update(`individual\0${iin}`).digest('hex'),
    );
  });

  it('stays what it was: records are found by it', () => {
    expect(vault.key({ type: 'individual', iin })).to.equal(
      '330c8bccf0c6bc77fee1d0d5e90e80e4c56f24fa0485dee53d92d39afe744272',
    );
    expect(vault.key({ type: 'legalEntity', bin: '050140990113' as Bin })).to.equal(
      '6c7720d2e6837b4986e36881ccd947902572d823372de1fd05e5fe913728c57c',
    );
    expect(vault.fingerprint).to.equal('860dcd5a49354c4f360d0a681420e247');
  });

  it('differs for the same digits of a person and of an entity', () => {
    const digits = '850101399113';
    expect(vault.key({ type: 'individual', iin: digits as Iin })).to.not.equal(
      vault.key({ type: 'legalEntity', bin: digits as Bin }),
    );
  });

  it('has keys for other uses, which last as it does and are no others', () => {
    const key = vault.lastingKey('device passwords');
    expect(key).to.have.length(32);
    const rotated = new IdentityVault([secret(1), secret(2)]);
    expect(rotated.lastingKey('device passwords').equals(key)).to.equal(true);
    expect(vault.lastingKey('index').equals(key)).to.equal(false);
    expect(new IdentityVault([secret(2)]).lastingKey('device passwords').equals(key)).to.equal(
      false,
    );
    const index = createHmac('sha256', vault.lastingKey('index')).update(`individual\0${iin}`);
    expect(vault.key({ type: 'individual', iin })).to.not.equal(index.digest('hex'));
  });

  it('differs under another secret', () => {
    const other = new IdentityVault([secret(2)]);
    expect(other.key({ type: 'individual', iin })).to.not.equal(
      vault.key({ type: 'individual', iin }),
    );
    expect(other.fingerprint).to.not.equal(vault.fingerprint);
  });
});

describe('R-3.3 identity vault: sealed texts', () => {
  it('stay what they were: those of last year are opened', () => {
    const sealed = new IdentityVault([secret(1)], nonce).seal('Әлібек', 'test:name');
    expect(sealed).to.equal(
      'v1.9656b308914c.BwcHBwcHBwcHBwcHSdYn40aDw9lr4SMPzNuGfZzP1q-nkkAlHWA15Q',
    );
    expect(vault.open(sealed, 'test:name')).to.equal('Әлібек');
  });

  it('open to what was sealed, any text and context (seed 38)', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'ә', '\0', '\n', '\uffff', '\u{1f600}'),
      maxLength: 200,
    });
    const context = fc.string({ maxLength: 100 });
    fc.assert(
      fc.property(text, context, (words, where) => {
        const sealed = vault.seal(words, where);
        expect(vault.open(sealed, where)).to.equal(words);
        expect(sealed).to.match(/^v1\.[0-9a-f]{12}\.[\w-]+$/);
      }),
      { seed: 38, numRuns: 500 },
    );
  });

  it('differ each time, so that nobody sees that two are the same', () => {
    expect(vault.seal(iin, 'c')).to.not.equal(vault.seal(iin, 'c'));
  });

  it('are refused when any octet is another one', () => {
    const sealed = vault.seal('850101399113', 'application:ap_1:iin');
    for (let at = 0; at < sealed.length; at++) {
      for (const other of ['A', 'B', 'a', '0', '1', '_', '.', '=', ' ']) {
        if (sealed[at] === other) continue;
        const changed = `${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`;
        expect(() => vault.open(changed, 'application:ap_1:iin'), changed).to.throw(VaultError);
      }
    }
  });

  it('are refused when any bit of what they hold is another one', () => {
    const sealed = vault.seal('850101399113', 'c');
    const begin = sealed.lastIndexOf('.') + 1;
    const octets = Buffer.from(sealed.slice(begin), 'base64url');
    for (let bit = 0; bit < octets.length * 8; bit++) {
      const changed = Buffer.from(octets);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() =>
        vault.open(sealed.slice(0, begin) + changed.toString('base64url'), 'c'),
      ).to.throw('was changed');
    }
  });

  it('are refused cut short, at any length, and with more behind', () => {
    const sealed = vault.seal('850101399113', 'c');
    for (let length = 0; length < sealed.length; length++) {
      expect(() => vault.open(sealed.slice(0, length), 'c')).to.throw(VaultError);
    }
    expect(() => vault.open(`${sealed}A`, 'c')).to.throw(VaultError);
    expect(() => vault.open(`${sealed}\n`, 'c')).to.throw(VaultError);
  });

  it('open only where they belong', () => {
    const sealed = vault.seal('850101399113', 'application:ap_1:iin');
    for (const context of ['application:ap_2:iin', 'application:ap_1:name', '']) {
      expect(() => vault.open(sealed, context)).to.throw('belongs elsewhere');
    }
  });

  it('of a newer version say so', () => {
    const sealed = vault.seal('x', 'c').replace('v1.', 'v2.');
    expect(() => vault.open(sealed, 'c')).to.throw('newer version');
  });

  it('say nothing of what is in them in their errors', () => {
    try {
      vault.open(`${vault.seal('850101399113', 'c')}A`, 'c');
      expect.fail('it opened');
    } catch (error) {
      expect(String(error)).to.not.include('850101399113');
    }
  });

  it('are refused too long, with too long a context, and where UTF-8 cannot say it', () => {
    const most = 'x'.repeat(limits.textBytes);
    expect(vault.open(vault.seal(most, 'c'), 'c')).to.equal(most);
    expect(() => vault.seal(`${most}x`, 'c')).to.throw(`${limits.textBytes} octets`);
    const context = 'ж'.repeat(limits.contextBytes / 2);
    expect(vault.open(vault.seal('x', context), context)).to.equal('x');
    expect(() => vault.seal('x', `${context}ж`)).to.throw(`${limits.contextBytes} octets`);
    expect(() => vault.seal('\ud83d', 'c')).to.throw('surrogate');
    expect(() => vault.seal('x', '\ude00')).to.throw('surrogate');
  });
});

describe('identity vault: rotation of secrets', () => {
  const before = vault;
  const after = new IdentityVault([secret(1), secret(2)]);

  it('opens what older secrets sealed, and seals with the newest', () => {
    const old = before.seal('text', 'c');
    expect(after.open(old, 'c')).to.equal('text');
    expect(after.isOld(old)).to.equal(true);
    const fresh = after.seal('text', 'c');
    expect(after.isOld(fresh)).to.equal(false);
    expect(() => before.open(fresh, 'c')).to.throw(`secret ${secret(2).id} is not in the key file`);
    expect(new IdentityVault([secret(2)]).open(fresh, 'c')).to.equal('text');
  });

  it('leaves the index as it is', () => {
    expect(after.key({ type: 'individual', iin })).to.equal(
      before.key({ type: 'individual', iin }),
    );
    expect(after.fingerprint).to.equal(before.fingerprint);
  });

  it('refuses none, a short one and one twice', () => {
    expect(() => new IdentityVault([])).to.throw('no secret');
    expect(() => new VaultSecret(new Uint8Array(31))).to.throw('32 octets');
    expect(() => new IdentityVault([secret(1), secret(1)])).to.throw('twice');
  });

  it('a secret does not change with the octets that it was made of', () => {
    const octets = new Uint8Array(32).fill(1);
    const made = new VaultSecret(octets);
    octets.fill(9);
    expect(new IdentityVault([made]).fingerprint).to.equal(vault.fingerprint);
  });
});
