import { expect } from 'chai';
import { decodeXtext, isUtf8AddressXtext } from '../../src/core/xtext.ts';
import { parseParameters } from '../../src/smtp/parameters.ts';

describe('ESMTP parameters', () => {
  for (const [text, want] of [
    ['', {}],
    [' SIZE=100', { SIZE: '100' }],
    [' size=100 Body=8BITMIME SMTPUTF8', { SIZE: '100', BODY: '8BITMIME', SMTPUTF8: undefined }],
    ['  SIZE=1 ', { SIZE: '1' }],
    [' ORCPT=utf-8;ә@қаз', { ORCPT: 'utf-8;ә@қаз' }],
    [' X-Y=a;b', { 'X-Y': 'a;b' }],
    ['SIZE=1', undefined],
    [' =1', undefined],
    [' SIZE=', undefined],
    [' SIZE=1 SIZE=2', undefined],
    [' SIZE=a=b', undefined],
    [' -X=1', undefined],
    [' RET=FULL,', { RET: 'FULL,' }],
    [` ${Array.from({ length: 33 }, (_, i) => `K${i}`).join(' ')}`, undefined],
  ] as const) {
    it(JSON.stringify(text.slice(0, 50)), () => {
      const parsed = parseParameters(text, 0);
      expect(parsed && Object.fromEntries(parsed)).to.deep.equal(want);
    });
  }
});

describe('xtext', () => {
  for (const [text, want] of [
    ['abc', 'abc'],
    ['', ''],
    ['a+2Bb', 'a+b'],
    ['a+3Db', 'a=b'],
    ['+D3+99', 'ә'.length === 1 ? Buffer.from([0xd3, 0x99]).toString() : ''],
    ['a+2bb', undefined],
    ['a+2', undefined],
    ['a=b', undefined],
    ['a b', undefined],
    ['ә', undefined],
  ] as const) {
    it(JSON.stringify(text), () => {
      expect(decodeXtext(text)).to.equal(want);
    });
  }
  for (const [text, want] of [
    ['a@b', true],
    ['ә@қаз', true],
    ['\\x{4D9}@b', true],
    ['\\x{zz}', false],
    ['a\\b', false],
    ['a=b', false],
  ] as const) {
    it(`utf-8-addr-xtext ${text}`, () => {
      expect(isUtf8AddressXtext(text)).to.equal(want);
    });
  }
});
