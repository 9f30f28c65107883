import { expect } from 'chai';
import { ScryptHasher, isPasswordHash } from '../../src/account/password.ts';
import { MailError } from '../../src/core/errors.ts';

const cheap = { N: 1024, r: 8, p: 1 };
const hasher = new ScryptHasher({ cost: cheap, concurrency: 2, maxWaiting: 4 });

describe('ScryptHasher', () => {
  it('makes a hash that states its cost, with a salt of its own', async () => {
    const [one, other] = await Promise.all([
      hasher.hash('correct horse'),
      hasher.hash('correct horse'),
    ]);
    expect(one).to.match(/^scrypt\$1024\$8\$1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.to.equal(other);
    expect(await hasher.verify('correct horse', one)).to.equal(true);
    expect(await hasher.verify('correct horsf', one)).to.equal(false);
  });

  it('verifies the vector of RFC 7914 §12', async () => {
    const key = Buffer.from(
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
      'hex',
    );
    const salt = Buffer.from('NaCl').toString('base64');
    const stored = `scrypt$1024$8$16$${salt}$${key.toString('base64')}`;
    // Four octets of salt are fewer than we take; with eight the format is ours.
    expect(isPasswordHash(stored)).to.equal(false);
    const long = Buffer.from('SodiumChloride').toString('base64');
    const vector = Buffer.from(
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
      'hex',
    );
    const second = `scrypt$16384$8$1$${long}$${vector.toString('base64')}`;
    expect(await hasher.verify('pleaseletmein', second)).to.equal(true);
    expect(await hasher.verify('pleaseletmeim', second)).to.equal(false);
  });

  it('is never right without a hash', async () => {
    expect(await hasher.verify('', undefined)).to.equal(false);
    expect(await hasher.verify('anything', undefined)).to.equal(false);
  });

  it('says which hashes were made with another cost', async () => {
    const dearer = new ScryptHasher({ cost: { ...cheap, p: 2 }, concurrency: 1, maxWaiting: 1 });
    const hash = await hasher.hash('correct horse');
    expect(hasher.isOutdated(hash)).to.equal(false);
    expect(dearer.isOutdated(hash)).to.equal(true);
    expect(await dearer.verify('correct horse', hash)).to.equal(true);
  });

  it('lets so many wait and refuses the next one', async () => {
    const calls = Array.from({ length: 7 }, () => hasher.verify('x', undefined));
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused.length).to.equal(1);
    const [first] = refused;
    expect((first as PromiseRejectedResult).reason).to.be.instanceOf(MailError);
    // The place is free again afterwards.
    expect(await hasher.verify('x', undefined)).to.equal(false);
  });
});

describe('isPasswordHash', () => {
  const good = `scrypt$16384$8$5$${'A'.repeat(22)}$${'A'.repeat(43)}`;
  const cases: readonly (readonly [string, boolean])[] = [
    [good, true],
    [`${good}$x`, false],
    [good.replace('scrypt', 'argon2id'), false],
    [good.replace('16384', '16383'), false],
    [good.replace('16384', '1073741824'), false],
    [good.replace('$8$', '$0$'), false],
    [good.replace('$5$', '$500$'), false],
    [good.replace('$8$', '$8.5$'), false],
    ['scrypt$16384$8$5$$', false],
    ['plain', false],
    ['', false],
  ];
  for (const [text, good] of cases) {
    it(`${JSON.stringify(text.slice(0, 40))} is ${good ? 'one' : 'none'}`, () => {
      expect(isPasswordHash(text)).to.equal(good);
    });
  }
});
