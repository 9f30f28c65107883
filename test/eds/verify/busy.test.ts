import { expect } from 'chai';
import { SignatureVerifier } from '../../../src/eds/algorithms/signature-verifier.ts';
import { CryptoPool } from '../../../src/eds/pool/crypto-pool.ts';
import { EdsVerifier } from '../../../src/eds/verify/eds-verifier.ts';
import { isUndecided } from '../../../src/eds/verify/verdict.ts';
import { authority, person } from '../support/authorities.ts';
import { now } from '../support/clock.ts';
import { forge } from '../support/forge.ts';
import { documentPolicy, trusting } from '../support/policies.ts';

describe('eds: verification on threads', function () {
  this.timeout(60_000);
  it('is as good as here, and says that it is busy when too much waits', async () => {
    const ca = await authority('gost2015-256');
    const signature = await forge(await person(ca), { content: Buffer.alloc(200_000, 'a') });
    const policy = documentPolicy(trusting(...ca.roots), now);
    const pool = new CryptoPool({ threads: 1, maxWaiting: 0, maxContents: 8 });
    try {
      const verifier = new EdsVerifier(new SignatureVerifier(pool));
      expect((await verifier.verify({ signature }, policy)).reasons).to.deep.equal([]);
      const many = await Promise.all(
        Array.from({ length: 8 }, () => verifier.verify({ signature }, policy)),
      );
      const busy = many.filter((one) => !one.valid);
      expect(busy.length).to.be.greaterThan(0).and.to.be.lessThan(8);
      for (const verdict of busy) {
        expect(verdict.reasons).to.deep.equal(['service-busy']);
        expect(isUndecided(verdict)).to.equal(true);
      }
    } finally {
      await pool.close();
    }
  });
});
