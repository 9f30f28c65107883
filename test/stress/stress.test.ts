import { expect } from 'chai';
import { stress } from './stress.ts';

const seed = Number(process.env['ZHASHIK_TEST_SEED'] ?? 20261124);

describe('random sessions', function () {
  this.timeout(300_000);

  it(`50 clients of 5 accounts are told nothing but the truth, and agree in the end (seed ${seed})`, async () => {
    const operations = await stress({
      seed,
      clients: 50,
      clientsPerAccount: 10,
      operations: 50,
      letters: 50,
      again: () => false,
    });
    expect(operations).to.equal(50 * 50);
  });
});
