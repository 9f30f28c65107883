import { expect } from 'chai';
import fc from 'fast-check';
import { isDomainOrLiteral, parsePath } from '../../src/smtp/path.ts';

const good: readonly (readonly [string, string])[] = [
  ['<a@b>', 'a@b'],
  ['<>', ''],
  ['<postmaster>', 'postmaster'],
  ['<PostMaster>', 'PostMaster'],
  ['<first.last@example.kz>', 'first.last@example.kz'],
  ["<!#$%&'*+-/=?^_`{|}~@example.kz>", "!#$%&'*+-/=?^_`{|}~@example.kz"],
  ['<"two words"@example.kz>', '"two words"@example.kz'],
  ['<"plain"@example.kz>', 'plain@example.kz'],
  ['<"a\\"b"@example.kz>', '"a\\"b"@example.kz'],
  ['<"\\a"@example.kz>', 'a@example.kz'],
  ['<"a@b"@example.kz>', '"a@b"@example.kz'],
  ['<@one.example,@two.example:joe@example.kz>', 'joe@example.kz'],
  ['<joe@[192.0.2.1]>', 'joe@[192.0.2.1]'],
  ['<joe@[IPv6:2001:db8::1]>', 'joe@[IPv6:2001:db8::1]'],
  ['<joe@[tag:content]>', 'joe@[tag:content]'],
  ['<айгерім@пошта.қаз>', 'айгерім@пошта.қаз'],
  ['<joe@under_score.example>', 'joe@under_score.example'],
  [`<${'a'.repeat(256)}@b.kz>`, `${'a'.repeat(256)}@b.kz`],
];

const bad: readonly string[] = [
  '',
  'a@b',
  '<a@b',
  '<a>',
  '<@b>',
  '<a@>',
  '<.a@b>',
  '<a.@b>',
  '<a..b@c>',
  '<a b@c>',
  '<a@b c>',
  '<a@-b>',
  '<a@b->',
  '<a@b..c>',
  '<a@.b>',
  '<a@b.>',
  '<""@b>',
  '<"a@b>',
  '<"a"b@c>',
  '<a@[192.0.2.256]>',
  '<a@[192.0.2]>',
  '<a@[IPv6:xyz]>',
  '<a@[]>',
  '<a@[192.0.2.1>',
  '<@one.example:>',
  '<@one.example joe@b>',
  '<a@b@c>',
  '<a<b@c>',
  `<${'a'.repeat(257)}@b.kz>`,
  `<a@${'b'.repeat(64)}.kz>`,
  `<a@${'b.'.repeat(130)}kz>`,
  '<a\u0085@b>',
  '<a\ufffd@b>',
];

describe('paths of the envelope', () => {
  for (const [text, want] of good) {
    it(text.slice(0, 60), () => {
      const parsed = parsePath(text, 0);
      expect(parsed?.path.text).to.equal(want);
      expect(parsed?.end).to.equal(text.length);
    });
  }
  for (const text of bad) {
    it(`not ${JSON.stringify(text.slice(0, 60))}`, () => {
      expect(parsePath(text, 0)).to.equal(undefined);
    });
  }

  it('says what needs SMTPUTF8, and unquotes the local part', () => {
    expect(parsePath('<a@b.kz>', 0)?.path.ascii).to.equal(true);
    expect(parsePath('<ә@b.kz>', 0)?.path.ascii).to.equal(false);
    expect(parsePath('<a@ә.kz>', 0)?.path.ascii).to.equal(false);
    expect(parsePath('<"x y"@b.kz>', 0)?.path.localPart).to.equal('x y');
  });

  it('reads back what it wrote, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const first = parsePath(`<${text}>`, 0);
        if (first === undefined || first.path.text === '') return;
        const again = parsePath(`<${first.path.text}>`, 0);
        expect(again?.path).to.deep.equal(first.path);
      }),
      { seed: 5321, numRuns: 2000 },
    );
  });

  for (const [text, want] of [
    ['client.example.com', true],
    ['localhost', true],
    ['[127.0.0.1]', true],
    ['[IPv6:::1]', true],
    ['', false],
    ['two words', false],
    ['<evil>', false],
    ['a\r\nb', false],
    ['(comment)', false],
  ] as const) {
    it(`EHLO ${JSON.stringify(text)} ${want ? 'is' : 'is not'} a name`, () => {
      expect(isDomainOrLiteral(text)).to.equal(want);
    });
  }
});
