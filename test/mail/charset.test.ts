import { expect } from 'chai';
import { charsetDecoder, decodeCharset, isKnownCharset } from '../../src/mail/charset.ts';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

const rows: readonly (readonly [charset: string | undefined, octets: Buffer, want: string])[] = [
  ['utf-8', Buffer.from('Қазақ тілі 日本 😀'), 'Қазақ тілі 日本 😀'],
  ['UTF8', hex('ef bb bf 41 ff'), 'A\ufffd'],
  ['windows-1251', hex('cf f0 e8 e2 e5 f2'), 'Привет'],
  ['cp1251', hex('cf f0 e8 e2 e5 f2'), 'Привет'],
  ['koi8-r', hex('f0 d2 c9 d7 c5 d4'), 'Привет'],
  ['KOI8-U', hex('a4 a6 a7'), 'єії'],
  ['ibm866', hex('8f e0 a8'), 'При'],
  ['iso-8859-5', hex('bf e0 d8'), 'При'],
  ['iso-8859-1', hex('e9 93 94'), 'é“”'],
  ['gb2312', hex('d6 d0 ce c4'), '中文'],
  ['gb18030', hex('81 30 81 30'), '\u0080'],
  ['big5', hex('a4 a4'), '中'],
  ['shift_jis', hex('93 fa 96 7b'), '日本'],
  ['euc-jp', hex('c6 fc cb dc'), '日本'],
  ['iso-2022-jp', hex('1b 24 42 46 7c 4b 5c 1b 28 42 41'), '日本A'],
  ['ks_c_5601-1987', hex('c7 d1 b1 db'), '한글'],
  ['iso-2022-kr', hex('1b 24 29 43 0e 47 51 31 5b 0f 41'), '한글A'],
  ['hz-gb-2312', Buffer.from('~{VPND~}A~~'), '中文A~'],
  ['utf-7', Buffer.from('+BB8-A +- +BB8EQA +2D3eAA-.'), 'ПA + Пр 😀.'],
  ['utf-16le', hex('1f 04 41 00'), 'ПA'],
  ['tis-620', hex('a1'), 'ก'],
  // unknown, forgotten or wrong: UTF-8 if it can be
  [undefined, Buffer.from('Қазақ'), 'Қазақ'],
  ['us-ascii', Buffer.from('Қазақ'), 'Қазақ'],
  ['no-such-charset', Buffer.from('Қазақ'), 'Қазақ'],
  ['no-such-charset', hex('63 61 66 e9'), 'café'],
  ['base64', hex('63 61 66 e9'), 'café'],
  ['__proto__', hex('41'), 'A'],
];

describe('charsetDecoder', () => {
  for (const [charset, octets, want] of rows) {
    it(`${charset} ${octets.toString('hex')}`, () => {
      expect(decodeCharset(octets, charset)).to.equal(want);
      // one octet at a time
      const decoder = charsetDecoder(charset);
      const pieces = [...octets].map((octet) => decoder.push(Uint8Array.of(octet)));
      expect(pieces.join('') + decoder.end()).to.equal(want);
    });
  }

  for (const charset of ['KZ-1048', 'STRK1048-2002', 'PT154', 'PTCP154']) {
    it(`${charset} has the letters of Kazakh`, () => {
      const letters = new Set(
        Array.from({ length: 256 }, (_, octet) => decodeCharset(Uint8Array.of(octet), charset)),
      );
      for (const letter of 'ӘәҒғҚқҢңӨөҰұҮүҺһІі') expect(letters.has(letter), letter).to.equal(true);
    });
  }

  it('tells what it knows', () => {
    for (const charset of ['UTF-8', 'us-ascii', 'KZ-1048', 'koi8-r', 'ISO-2022-JP', 'iso-8859-1']) {
      expect(isKnownCharset(charset), charset).to.equal(true);
    }
    for (const charset of ['', 'x', 'base64', 'hex', 'constructor']) {
      expect(isKnownCharset(charset), charset).to.equal(false);
    }
  });
});
