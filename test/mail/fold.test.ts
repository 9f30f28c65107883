import { expect } from 'chai';
import fc from 'fast-check';
import { foldCase } from '../../src/mail/fold.ts';

describe('foldCase', () => {
  const pairs: readonly (readonly [string, string])[] = [
    ['Straße', 'STRASSE'],
    ['ẞ', 'ß'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ['ӘҒҚҢӨҰҮҺІ', 'әғқңөұүһі'],
    ['ПРИВЕТ Ё', 'привет ё'],
    ['ﬁle', 'FILE'],
    ['Ｆｕｌｌ', 'full'],
    ['é', 'e\u0301'],
    ['İ', 'i\u0307'],
    ['ı', 'I'],
    ['K', 'k'],
    ['ǅ', 'ǆ'],
    ['№', 'no'],
  ];
  for (const [a, b] of pairs) {
    it(`${a} is ${b}`, () => {
      expect(foldCase(a)).to.equal(foldCase(b));
    });
  }

  it('tells different letters apart', () => {
    for (const [a, b] of [
      ['е', 'ё'],
      ['к', 'қ'],
      ['и', 'й'],
      ['a', 'а'],
      ['i', 'і'],
    ] as const) {
      expect(foldCase(a)).not.to.equal(foldCase(b));
    }
  });

  it('makes every character equal to its capital and its small form, and folds once for all', () => {
    for (let code = 0; code <= 0x1ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const character = String.fromCodePoint(code);
      const folded = foldCase(character);
      const where = `U+${code.toString(16)}`;
      if (foldCase(character.toUpperCase()) !== folded) expect.fail(`${where} upper`);
      if (foldCase(character.toLowerCase()) !== folded) expect.fail(`${where} lower`);
      if (foldCase(folded) !== folded) expect.fail(`${where} twice`);
    }
  });

  it('folds a part of a text to a part of the folded text', () => {
    const words = fc.array(
      fc.constantFrom(
        'Σ',
        'ς',
        'ΟΔΟΣ',
        'Straße',
        'İstanbul',
        'ҚАЗАҚ',
        'тілі',
        ' ',
        '.',
        'a',
        'ŉ',
        'ﬁ',
        '№1',
        'ά',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(words, fc.nat(12), fc.nat(12), (list, from, to) => {
        const part = list.slice(from, to).join('');
        expect(foldCase(list.join('')).includes(foldCase(part))).to.equal(true);
      }),
      { seed: 3454, numRuns: 500 },
    );
  });
});
