import { expect } from 'chai';
import { askedLanguage } from '../../src/http/asked-language.ts';

describe('http: the language that is asked for', () => {
  const cases: readonly (readonly [string | undefined, string | undefined, string])[] = [
    [undefined, undefined, 'kk'],
    ['', undefined, 'kk'],
    ['ru', undefined, 'ru'],
    ['RU-kz', undefined, 'ru'],
    ['de, fr;q=0.9', undefined, 'kk'],
    ['de, en;q=0.1', undefined, 'en'],
    ['en;q=0.5, ru;q=0.8, kk;q=0.2', undefined, 'ru'],
    ['ru;q=0, en', undefined, 'en'],
    ['en;q=x, ru', undefined, 'en'],
    ['*', undefined, 'kk'],
    [',,;;,q=1', undefined, 'kk'],
    [`${'x,'.repeat(10_000)}ru`, undefined, 'kk'],
    ['ru', 'en', 'en'],
    ['ru', 'de', 'ru'],
    ['ru', '', 'ru'],
    [undefined, 'kk', 'kk'],
  ];
  for (const [accepted, chosen, expected] of cases) {
    const name = JSON.stringify(accepted?.slice(0, 40));
    it(`${name}, chosen ${JSON.stringify(chosen)}: ${expected}`, () => {
      expect(askedLanguage(accepted, chosen)).to.equal(expected);
    });
  }
});
