import { expect } from 'chai';
import { EdsVerifier } from '../../../src/eds/verify/eds-verifier.ts';
import type { VerificationPolicy } from '../../../src/eds/verify/policy.ts';
import type { Verdict } from '../../../src/eds/verify/verdict.ts';
import type { ReasonCode } from '../../../src/eds/reasons.ts';

/** A file, what it is verified with, and why it must be refused; no reasons: it is good after all. */
export interface Attack {
  readonly signature: Uint8Array;
  readonly content?: Uint8Array;
  readonly policy?: Partial<VerificationPolicy>;
}

/** Runs a table of attacks: each must be refused for exactly these reasons. */
export function attackSuite(
  cases: Readonly<Record<string, readonly [readonly ReasonCode[], () => Promise<Attack>]>>,
  policy: () => VerificationPolicy,
): void {
  for (const [name, [reasons, make]] of Object.entries(cases)) {
    it(`${name}: ${reasons.length === 0 ? 'good' : reasons.join(', ')}`, async () => {
      const attack = await make();
      const verdict = await verify(attack, { ...policy(), ...attack.policy });
      expect(verdict.reasons).to.deep.equal(reasons);
      expect(verdict.valid).to.equal(reasons.length === 0);
    });
  }
}

export function verify(attack: Attack, policy: VerificationPolicy): Promise<Verdict> {
  return new EdsVerifier().verify(attack, policy);
}
