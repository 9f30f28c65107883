import { expect } from 'chai';
import fc from 'fast-check';
import { decodeWords, encodeWords } from '../../src/mail/encoded-word.ts';
import { decodeHeaderValue } from '../../src/mail/header.ts';

const rows: readonly (readonly [text: string, want: string])[] = [
  ['plain =? text ?=', 'plain =? text ?='],
  // RFC 2047 §8
  ['(=?ISO-8859-1?Q?a?=)', '(a)'],
  ['(=?ISO-8859-1?Q?a?= b)', '(a b)'],
  ['(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)', '(ab)'],
  ['(=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=)', '(ab)'],
  ['(=?ISO-8859-1?Q?a_b?=)', '(a b)'],
  ['(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)', '(a b)'],
  ['=?US-ASCII*EN?Q?Keith_Moore?=', 'Keith Moore'],
  ['=?utf-8?b?0J/RgNC40LLQtdGC?=', 'Привет'],
  ['=?UTF-8?B?0J/RgA==?=\t=?utf-8?q?=D0=B8?=', 'При'],
  // a character split between two words
  ['=?utf-8?Q?=D0?= =?utf-8?Q?=9F?=', 'П'],
  ['=?utf-8?B?0A==?= =?utf-8?B?nw==?=', 'П'],
  ['=?koi8-r?B?8NLJ18XU?=', 'Привет'],
  ['=?windows-1251?Q?=CF=F0=E8?=!', 'При!'],
  ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
  ['=?gb2312?B?1tDOxA==?=', '中文'],
  ['=?nonsense?Q?caf=C3=A9?=', 'café'],
  ['=?nonsense?Q?caf=E9?=', 'café'],
  ['=?utf-8?Q?with space?=', 'with space'],
  ['=?utf-8?Q?=ZZ=4?=', '=ZZ=4'],
  ['=?utf-8?Q??=', ''],
  ['=?utf-8?X?a?=', '=?utf-8?X?a?='],
  ['a=?utf-8?Q?b?=c', 'abc'],
];

describe('decodeWords', () => {
  for (const [text, want] of rows) {
    it(JSON.stringify(text), () => {
      expect(decodeWords(text)).to.equal(want);
    });
  }

  it('stays linear on text that is nothing but beginnings', () => {
    for (const piece of ['=?', '=?a?', '=?a?q?', '=?a?q?b', '?=', '=?a?q?x?= ']) {
      const start = process.cpuUsage();
      decodeWords(piece.repeat(100_000));
      expect(process.cpuUsage(start).user / 1000, piece).to.be.below(2000);
    }
  });
});

describe('encodeWords', () => {
  const text = fc
    .array(
      fc.oneof(
        fc.constantFrom(' ', '  ', '=?utf-8?Q?a?=', 'қ', 'слово', 'word', '😀'),
        fc.string({ unit: 'grapheme' }),
      ),
      { maxLength: 20 },
    )
    .map((parts) => parts.join('').replace(/[\r\n\0]/g, ''));

  it('gives ASCII that decodes to what the text decodes to', () => {
    fc.assert(
      fc.property(text, (value) => {
        const encoded = encodeWords(value);
        expect(encoded).to.match(/^[\x00-\x7f]*$/);
        expect(decodeWords(encoded)).to.equal(decodeWords(value));
      }),
      { seed: 2047, numRuns: 500 },
    );
  });

  it('makes words of at most 75 characters', () => {
    for (const word of encodeWords('Құттықтаймыз '.repeat(50)).split(' ')) {
      expect(word.length).to.be.at.most(75);
    }
  });
});

describe('decodeHeaderValue', () => {
  const values: readonly (readonly [raw: string | Buffer, want: string])[] = [
    [' folded\r\n\tvalue\r\n', 'folded\tvalue'],
    [' =?utf-8?B?0J/RgA==?=\r\n =?utf-8?B?0LjQstC10YI=?=\r\n', 'Привет'],
    [Buffer.from(' Сәлем\r\n'), 'Сәлем'],
    [Buffer.from('\xcf\xf0\xe8', 'latin1'), 'При'],
    ['nul\0', 'nul\ufffd'],
  ];
  for (const [raw, want] of values) {
    it(JSON.stringify(raw.toString()), () => {
      expect(decodeHeaderValue(Buffer.from(raw), 'windows-1251')).to.equal(want);
    });
  }
});
