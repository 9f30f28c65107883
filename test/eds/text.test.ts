import { expect } from 'chai';
import { type ReasonCode, reasons } from '../../src/eds/reasons.ts';
import { languages, reasonText } from '../../src/eds/text/reason-text.ts';

describe('eds: reasons in words', () => {
  const codes = Object.keys(reasons) as ReasonCode[];
  for (const language of languages) {
    it(`has each of ${codes.length} in ${language}, and no two alike`, () => {
      const texts = codes.map((code) => reasonText(code, language));
      for (const [i, text] of texts.entries()) {
        expect(text, codes[i])
          .to.be.a('string')
          .and.to.match(/^\S.*\S$/);
      }
      expect(new Set(texts).size).to.equal(codes.length);
    });
  }
  it('is in the script of the language', () => {
    for (const code of codes) {
      expect(reasonText(code, 'en'), code).to.match(/^[\x20-\x7e]+$/);
      expect(reasonText(code, 'ru'), code).to.match(/[а-я]/);
      expect(reasonText(code, 'kk'), code).to.match(/[а-яәғқңөұүһі]/);
    }
  });
  it('has a step of the recipe and a source for each', () => {
    for (const code of codes) {
      const { step, source, kind } = reasons[code];
      expect(step, code).to.be.within(1, 13);
      expect(source, code).to.not.equal('');
      expect(kind).to.be.oneOf(['invalid', 'unknown']);
    }
  });
});
