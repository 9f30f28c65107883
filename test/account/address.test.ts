import { expect } from 'chai';
import fc from 'fast-check';
import {
  canonicalAddress,
  canonicalDomain,
  newAddress,
  skeleton,
} from '../../src/account/address.ts';
import { MailError } from '../../src/core/errors.ts';

describe('canonicalAddress', () => {
  const cases: readonly (readonly [written: string, canonical: string | undefined])[] = [
    ['aigerim@example.kz', 'aigerim@example.kz'],
    ['Aigerim@Example.KZ', 'aigerim@example.kz'],
    ['aigerim@example.kz.', 'aigerim@example.kz'],
    ['"aigerim"@example.kz', 'aigerim@example.kz'],
    ['"ai\\gerim"@example.kz', 'aigerim@example.kz'],
    ['a+b@example.kz', 'a+b@example.kz'],
    ['ａｉｇｅｒｉｍ@example.kz', 'aigerim@example.kz'],
    ['aigerim@пример.қаз', 'aigerim@xn--e1afmkfd.xn--80ao21a'],
    ['aigerim@ПРИМЕР.ҚАЗ', 'aigerim@xn--e1afmkfd.xn--80ao21a'],
    ['aigerim@xn--e1afmkfd.xn--80ao21a', 'aigerim@xn--e1afmkfd.xn--80ao21a'],
    ['aigerim@example。kz', 'aigerim@example.kz'],
    ['әйгерім@example.kz', 'әйгерім@example.kz'],
    ['"with space"@example.kz', 'with space@example.kz'],
    ['a@b@example.kz', 'a@b@example.kz'],
    ['', undefined],
    ['aigerim', undefined],
    ['@example.kz', undefined],
    ['aigerim@', undefined],
    ['aigerim@.', undefined],
    ['aigerim@a..b', undefined],
    ['aigerim@[127.0.0.1]', undefined],
    ['aigerim@[IPv6:::1]', undefined],
    ['aigerim@exa mple.kz', undefined],
    ['aigerim@ex%61mple.kz', undefined],
    ['aigerim@example.kz:25', undefined],
    ['aigerim@example.kz/x', undefined],
    ['aigerim@xn--a', undefined],
    ['ai\u0000gerim@example.kz', undefined],
    ['ai\u200dgerim@example.kz', undefined],
    ['""@example.kz', undefined],
    [`${'a'.repeat(64)}@example.kz`, `${'a'.repeat(64)}@example.kz`],
    [`${'a'.repeat(65)}@example.kz`, undefined],
    [`a@${'b.'.repeat(200)}kz`, undefined],
  ];
  for (const [written, canonical] of cases) {
    it(`${JSON.stringify(written).slice(0, 50)} is ${String(canonical).slice(0, 50)}`, () => {
      expect(canonicalAddress(written)).to.equal(canonical);
    });
  }

  it('of a canonical address is the same again', () => {
    const seed = 20261123;
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.domain(), (local, domain) => {
        const once = canonicalAddress(`${local}@${domain}`);
        return once === undefined || canonicalAddress(once) === once || /["@\\ ]/.test(once);
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('takes linear time for hostile input', () => {
    const started = performance.now();
    for (const text of [
      '"' + '\\"'.repeat(50_000),
      'a.'.repeat(50_000) + '@',
      '@'.repeat(100_000),
    ]) {
      canonicalAddress(text);
      canonicalAddress(`${text}@example.kz`);
    }
    expect(performance.now() - started).to.be.below(500);
  });
});

describe('canonicalDomain', () => {
  it('knows A-labels, U-labels and the final dot', () => {
    expect(canonicalDomain('Example.KZ.')).to.equal('example.kz');
    expect(canonicalDomain('қаз')).to.equal('xn--80ao21a');
    expect(canonicalDomain('a_b.kz')).to.equal('a_b.kz');
  });
});

describe('skeleton', () => {
  const same: readonly (readonly [string, string])[] = [
    ['aidos', 'аidos'],
    ['aidos', 'aidоs'],
    ['aidos', 'aid0s'],
    ['aidos', 'a1dos'],
    ['aidos', 'aldos'],
    ['aidos', 'ai.dos'],
    ['aidos', 'a-i_dos'],
    ['aidos', 'аіԁоѕ'],
    ['amir', 'arnir'],
    ['kwame', 'kvvame'],
    ['aidos', 'áidos'],
    ['berik', 'веrік'],
    ['pocta', 'росtа'],
    ['kenes', 'қenes'],
  ];
  for (const [one, other] of same) {
    it(`${one} looks like ${other}`, () => {
      expect(skeleton(`${other}@example.kz`)).to.equal(skeleton(`${one}@example.kz`));
    });
  }

  const different: readonly (readonly [string, string])[] = [
    ['aidos', 'aidar'],
    ['user1', 'user11'],
    ['user7', 'user8'],
    ['berik', 'serik'],
  ];
  for (const [one, other] of different) {
    it(`${one} does not look like ${other}`, () => {
      expect(skeleton(`${other}@example.kz`)).not.to.equal(skeleton(`${one}@example.kz`));
    });
  }

  it('keeps the domain, so that the same name is free in each of them', () => {
    expect(skeleton('aidos@example.kz')).not.to.equal(skeleton('aidos@example.com'));
  });

  it('tells numbered accounts apart', () => {
    const forms = new Set<string>();
    for (let i = 0; i < 10_000; i++) forms.add(skeleton(`user${i}@example.kz`));
    expect(forms.size).to.equal(10_000);
  });
});

describe('newAddress', () => {
  const domains = ['example.kz', 'xn--80ao21a'];

  it('keeps the spelling of the owner beside the canonical form', () => {
    expect(newAddress(' Aigerim.S@Example.kz ', domains)).to.deep.equal({
      address: 'Aigerim.S@example.kz',
      canonical: 'aigerim.s@example.kz',
      skeleton: 'algerlms@example.kz',
    });
    expect(newAddress('ＡＩgerim@қаз', domains).address).to.equal('aigerim@xn--80ao21a');
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['aigerim', /Not an address/],
    ['aigerim@example.com', /Not one of our domains/],
    ['a@example.kz', /2 to 64/],
    ['.ab@example.kz', /2 to 64/],
    ['ab.@example.kz', /2 to 64/],
    ['a..b@example.kz', /2 to 64/],
    ['a+b@example.kz', /2 to 64/],
    ['"a b"@example.kz', /2 to 64/],
    ['әйгерім@example.kz', /2 to 64/],
    ['postmaster@example.kz', /reserved/],
    ['Post.Master@example.kz', /reserved/],
    ['p0stmaster@example.kz', /reserved/],
    ['abuse@example.kz', /reserved/],
    ['akorda@example.kz', /reserved/],
    ['ministrligi@example.kz', /reserved/],
    ['akimat-almaty@example.kz', /reserved/],
    ['Almaty.Akimat@example.kz', /reserved/],
    ['po1icia-astana@example.kz', /reserved/],
    ['salyq@example.kz', /reserved/],
    ['prokuratura@example.kz', /reserved/],
    ['supreme-court@example.kz', /reserved/],
  ];
  for (const [address, reason] of refused) {
    it(`refuses ${address}`, () => {
      expect(() => newAddress(address, domains)).to.throw(MailError, reason);
    });
  }

  it('gives a reserved name on the word of the operator', () => {
    const { canonical } = newAddress('postmaster@example.kz', domains, { allowReserved: true });
    expect(canonical).to.equal('postmaster@example.kz');
  });

  const people = ['ali', 'adilet', 'serik', 'test', 'aigerim', 'daniyar', 'arman', 'abai', 'aimat'];
  for (const name of [
    ...people,
    'astana',
    'akimov',
    'sudarykov',
    'minister.cat',
    'sultan',
    'dias',
  ]) {
    it(`lets somebody be ${name}`, () => {
      expect(newAddress(`${name}@example.kz`, domains).canonical).to.equal(`${name}@example.kz`);
    });
  }
});
