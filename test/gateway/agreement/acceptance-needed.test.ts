import { expect } from 'chai';
import { acceptanceNeeded } from '../../../src/gateway/agreement/acceptance-needed.ts';
import { AgreementVersions } from '../../../src/gateway/agreement/agreement-versions.ts';

const texts = { kk: 'kk', ru: 'ru', en: 'en' };
const domain = 'example.kz';
const agreements = new AgreementVersions([
  { version: 'one', inForceFrom: 100, domain, sha256: 'a1', texts },
  { version: 'two', inForceFrom: 200, domain, sha256: 'b2', texts },
]);

describe('acceptanceNeeded', () => {
  const cases = [
    ['R-5.1 nobody is in without consent', undefined, 150, true],
    [
      'R-5.1 consent to the version in force is enough',
      { version: 'one', sha256: 'a1' },
      199,
      false,
    ],
    ['R-5.1 a newer version in force asks again', { version: 'one', sha256: 'a1' }, 200, true],
    ['R-5.1 consent to the newer one is enough', { version: 'two', sha256: 'b2' }, 200, false],
    ['R-5.1 consent given before its day holds', { version: 'two', sha256: 'b2' }, 150, false],
    ['R-5.1 consent to another text does not count', { version: 'two', sha256: 'a1' }, 200, true],
    ['R-5.1 consent to an unknown version does not', { version: 'nil', sha256: 'a1' }, 150, true],
  ] as const;
  for (const [title, acceptance, now, needed] of cases) {
    it(title, () => {
      expect(acceptanceNeeded(acceptance, agreements, now)).to.equal(needed);
    });
  }
});
