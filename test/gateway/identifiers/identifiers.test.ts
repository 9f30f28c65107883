import { expect } from 'chai';
import fc from 'fast-check';
import { GatewayError } from '../../../src/gateway/gateway-error.ts';
import { certifiedBin } from '../../../src/gateway/identifiers/certified-bin.ts';
import { certifiedIin } from '../../../src/gateway/identifiers/certified-iin.ts';
import { checkDigit } from '../../../src/gateway/identifiers/check-digit.ts';
import { parseBin } from '../../../src/gateway/identifiers/parse-bin.ts';
import { parseIin } from '../../../src/gateway/identifiers/parse-iin.ts';

/* All numbers are made up: the serial parts are in nobody's range. */

function codeOf(parse: () => string): string {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect(error.params, 'nothing of what was typed').to.deep.equal({});
    return error.code;
  }
}

const eleven = fc.stringMatching(/^[0-9]{11}$/);

describe('R-13.2 identity numbers: IIN', () => {
  for (const [iin, what] of [
    ['850101399113', 'the first round'],
    ['991231499118', 'the last day of a year'],
    ['000229599116', '29 February 2000'],
    ['040115699117', 'the second round'],
    ['231231599117', 'this century'],
    ['770615390905', 'the second round'],
    ['010308690100', 'the second round'],
    ['000101199114', 'the century before the last'],
    ['680229499112', '29 February, the second round'],
    ['900707099110', 'seventh digit 0'],
    ['850101400011', 'the first round'],
    ['000101300019', 'the first round'],
    ['050315500014', 'the first round'],
  ] as const) {
    it(`takes ${iin}: ${what}`, () => {
      expect(parseIin(iin)).to.equal(iin);
    });
  }

  for (const [iin, why] of [
    ['850101399114', 'the check digit'],
    ['580101399113', 'two digits changed places'],
    ['851301399113', 'month 13'],
    ['850230399115', '30 February'],
    ['010229599118', '29 February 2001'],
    ['850101390150', 'no digit fits'],
    ['850101799119', 'seventh digit 7'],
    ['85010139911', 'eleven digits'],
    ['8501013991133', 'thirteen digits'],
    ['85010A399113', 'a letter'],
    ['000000000000', 'adds up, and is no day'],
    ['850001399117', 'month 0'],
    ['123456789011', 'a test key of the National CA'],
    ['', 'nothing'],
    [' 850101399113', 'a space before it'],
    ['850101399113\n', 'a line end after it'],
    ['850101 399113', 'a space within'],
    ['８５０１０１３９９１１３', 'full-width digits'],
    ['٨٥٠١٠١٣٩٩١١٣', 'Arabic-Indic digits'],
    ['050140990113', 'a BIN'],
  ] as const) {
    it(`refuses ${JSON.stringify(iin)}: ${why}`, () => {
      expect(codeOf(() => parseIin(iin))).to.equal('IIN_CHECK');
    });
  }

  it('does not compare the century of the seventh digit with the day', () => {
    // 29 February of 1900, which was none: the digits need not be a birth date at all.
    const digits = '00022939911';
    expect(parseIin(`${digits}${checkDigit(digits)!}`)).to.have.lengthOf(12);
  });
});

describe('R-13.2 identity numbers: BIN', () => {
  for (const [bin, what] of [
    ['050140990113', 'a head office'],
    ['991240990115', 'registered in 1999'],
    ['210541990118', 'a branch'],
    ['180342990118', 'a representative office'],
    ['230650990114', 'a non-resident'],
    ['110751990119', 'a branch of a non-resident'],
    ['080960990117', 'joint entrepreneurs'],
    ['200240990109', 'the second round'],
    ['161140990006', 'the second round'],
    ['070643990111', 'a farm'],
    ['160841000015', 'the first round'],
    ['991050000010', 'the first round'],
    ['160840000016', 'the second round'],
  ] as const) {
    it(`takes ${bin}: ${what}`, () => {
      expect(parseBin(bin)).to.equal(bin);
    });
  }

  for (const [bin, why] of [
    ['050140990114', 'the check digit'],
    ['051340990113', 'month 13'],
    ['050040990112', 'month 0'],
    ['050130990119', 'fifth digit 3'],
    ['050190990116', 'fifth digit 9'],
    ['050149990112', 'sixth digit 9'],
    ['050140990500', 'no digit fits'],
    ['05014099011', 'eleven digits'],
    ['0501409901131', 'thirteen digits'],
    ['123456789021', 'a test key of the National CA'],
    ['05014099011З', 'a Cyrillic letter'],
    ['850101399113', 'an IIN'],
  ] as const) {
    it(`refuses ${JSON.stringify(bin)}: ${why}`, () => {
      expect(codeOf(() => parseBin(bin))).to.equal('BIN_CHECK');
    });
  }
});

describe('R-13.2 identity numbers: check digit', () => {
  for (const digits of ['16084000003', '90010130080', '85010139015', '05014099050']) {
    it(`there is none for ${digits}`, () => {
      expect(checkDigit(digits)).to.equal(undefined);
    });
  }

  it('notices any one wrong digit of the first ten, in the first round (seed 71)', () => {
    // The weight of the eleventh is 11, which counts for nothing: the rule is no better than that.
    const weighted = (digits: string): number =>
      Array.from(digits).reduce((sum, digit, i) => sum + Number(digit) * (i + 1), 0) % 11;
    fc.assert(
      fc.property(eleven, fc.nat({ max: 9 }), fc.integer({ min: 1, max: 9 }), (digits, at, by) => {
        const wrong = `${(Number(digits[at]) + by) % 10}`;
        const changed = `${digits.slice(0, at)}${wrong}${digits.slice(at + 1)}`;
        fc.pre(weighted(digits) < 10 && weighted(changed) < 10);
        expect(checkDigit(changed)).to.not.equal(checkDigit(digits));
      }),
      { seed: 71, numRuns: 300 },
    );
  });

  it('typed text of any kind is taken or refused with the code (seed 71)', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom('0', '9', '５', '٥', 'А', ' ', '\n', '\ud800'),
        maxLength: 14,
      }),
      eleven.map((digits) => `${digits}${checkDigit(digits) ?? 0}`),
    );
    fc.assert(
      fc.property(text, (typed) => {
        const codes = [codeOf(() => parseIin(typed)), codeOf(() => parseBin(typed))];
        expect(codes[0] === 'IIN_CHECK' || codes[0] === typed, codes[0]).to.equal(true);
        expect(codes[1] === 'BIN_CHECK' || codes[1] === typed, codes[1]).to.equal(true);
      }),
      { seed: 71, numRuns: 300 },
    );
  });

  it('no number is both an IIN and a BIN (seed 71)', () => {
    fc.assert(
      fc.property(eleven, (digits) => {
        const number = `${digits}${checkDigit(digits) ?? 0}`;
        const taken = [
          codeOf(() => parseIin(number)) === number,
          codeOf(() => parseBin(number)) === number,
        ];
        expect(taken).to.not.deep.equal([true, true]);
      }),
      { seed: 71, numRuns: 300 },
    );
  });
});

describe('R-13.2 identity numbers: that somebody vouches for', () => {
  it('are taken as they are, whatever they add up to', () => {
    expect(certifiedIin('850101399114')).to.equal('850101399114');
    expect(certifiedIin('991399999999')).to.equal('991399999999');
    expect(certifiedBin('051340990113')).to.equal('051340990113');
  });

  it('are twelve ASCII digits', () => {
    for (const text of [
      '85010139911',
      '8501013991133',
      '85010139911x',
      '８５０１０１３９９１１３',
      '',
    ]) {
      expect(codeOf(() => certifiedIin(text))).to.equal('IIN_CHECK');
      expect(codeOf(() => certifiedBin(text))).to.equal('BIN_CHECK');
    }
  });

  it('are not those of public test keys, unless the configuration names them', () => {
    for (const iin of ['123456789011', '123456789012']) {
      expect(codeOf(() => certifiedIin(iin))).to.equal('IIN_CHECK');
      expect(certifiedIin(iin, new Set([iin]))).to.equal(iin);
      expect(parseIin(iin, new Set([iin]))).to.equal(iin);
    }
    expect(codeOf(() => certifiedBin('123456789021'))).to.equal('BIN_CHECK');
    expect(certifiedBin('123456789021', new Set(['123456789021']))).to.equal('123456789021');
    expect(parseBin('123456789021', new Set(['123456789021']))).to.equal('123456789021');
    expect(codeOf(() => parseIin('123456789012', new Set(['123456789011'])))).to.equal('IIN_CHECK');
  });
});
