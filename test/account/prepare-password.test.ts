import { expect } from 'chai';
import { longestPasswordBytes, preparePassword } from '../../src/account/prepare-password.ts';

describe('preparePassword', () => {
  // The examples of RFC 4013 §3 come first.
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['\u0007', undefined],
    ['пароль', 'пароль'],
    ['e\u0301', '\u00e9'],
    ['a\u00a0b', 'a b'],
    ['a\u3000b', 'a b'],
    [' leading', ' leading'],
    ['', undefined],
    ['\u00ad', undefined],
    ['a\u0000b', undefined],
    ['a\nb', undefined],
    ['\ud800', undefined],
    ['\ue000', undefined],
    ['🔑🔑', '🔑🔑'],
    ['x'.repeat(longestPasswordBytes), 'x'.repeat(longestPasswordBytes)],
    ['x'.repeat(longestPasswordBytes + 1), undefined],
    ['ж'.repeat(600), undefined],
  ];
  for (const [written, prepared] of cases) {
    it(`${JSON.stringify(written).slice(0, 40)} is ${String(prepared).slice(0, 40)}`, () => {
      expect(preparePassword(written)).to.equal(prepared);
    });
  }
});
