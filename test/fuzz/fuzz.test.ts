import { expect } from 'chai';
import { fuzz, FuzzFailure } from './fuzz.ts';
import { type FuzzTarget, type TargetName, targets } from './targets.ts';

const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 5321);
/** For each; 100,000 in all. The slow ones, which read each input in two ways, get a smaller share. */
const runs: Readonly<Record<TargetName, number>> = {
  imap: 10_000,
  smtp: 20_000,
  search: 20_000,
  'utf-7': 20_000,
  address: 15_000,
  date: 15_000,
};

describe(`what reads the octets of strangers (seed ${seed})`, function () {
  this.timeout(60_000);
  for (const name of Object.keys(targets) as TargetName[]) {
    it(`${name} takes ${runs[name]} damaged inputs without a wrong answer`, () => {
      expect(fuzz(targets[name], runs[name], seed)).to.be.greaterThan(runs[name]);
    });
  }

  it('would see an answer that is wrong', () => {
    const target: FuzzTarget = {
      corpus: ['a'],
      words: ['b'],
      examine(input) {
        if (input.includes('b')) throw new TypeError('b');
      },
    };
    expect(() => fuzz(target, 1000, seed)).to.throw(FuzzFailure, /TypeError/);
  });
});
