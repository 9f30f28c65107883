import { expect } from 'chai';
import { parseFromLine } from '../../src/transfer/from-line.ts';

const at = (iso: string): number => Date.parse(iso);
const cases: readonly (readonly [string, number | undefined])[] = [
  ['From a@b.kz Thu Jan  1 00:00:10 2015', at('2015-01-01T00:00:10Z')],
  ['From a b c Thu Jan 01 00:00 2015', at('2015-01-01T00:00:00Z')],
  ['From 123@xxx Thu Jan 01 00:00:10 +0600 2015', at('2014-12-31T18:00:10Z')],
  ['From a Thu Jan  1 00:00:10 UTC 2015', at('2015-01-01T00:00:10Z')],
  ['From a Thu Jan  1 00:00:10 2015 -0100', at('2015-01-01T01:00:10Z')],
  ['From a Thu Jan  1 00:00:10 2015 remote from host', at('2015-01-01T00:00:10Z')],
  ['From  Thu Jan  1 00:00:10 2015', at('2015-01-01T00:00:10Z')],
  ['>From a Thu Jan  1 00:00:10 2015', undefined],
  ['From me to you', undefined],
  ['From: a@b.kz Thu Jan  1 00:00:10 2015', undefined],
  [`From ${'a '.repeat(600)}Thu Jan  1 00:00:10 2015`, undefined],
  ['From a Thu Foo  1 00:00:10 2015', undefined],
];

describe('the separator of an mbox', () => {
  for (const [line, want] of cases) {
    it(line.slice(0, 60), () => {
      expect(parseFromLine(line)).to.equal(want);
    });
  }
});
