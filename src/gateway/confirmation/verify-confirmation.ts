import type { EdsVerifier } from '../../eds/verify/eds-verifier.ts';
import type { VerificationPolicy } from '../../eds/verify/policy.ts';
import { isUndecided, type Verdict } from '../../eds/verify/verdict.ts';
import type { ConfirmationFiles } from './confirmation-files.ts';
import {
  type ConfirmationFacts,
  confirmationLayout,
  readConfirmationJson,
} from './confirmation-facts.ts';
import { drawConfirmation } from './draw-confirmation.ts';
import { maxSignatureBytes } from './limits.ts';

/** Why a confirmation is not to be believed, beside what is wrong with the signature itself. */
export type ConfirmationReason =
  /** Not one signature by the operator that the confirmation names. */
  | 'not-the-operator'
  /** Signed by the operator, but another one than was asked for. */
  | 'other-operator'
  /** The pages show something else than what was signed. */
  | 'pages-changed'
  | 'signature';

export interface ConfirmationVerdict {
  readonly verdict: 'valid' | 'invalid' | 'undecided';
  readonly reasons: readonly ConfirmationReason[];
  /** What was signed; worth something only when it is valid. */
  readonly facts: ConfirmationFacts;
  readonly signature: Verdict;
  /** `not-compared`: another version of this program drew them; what counts are the facts. `none`: there is no PDF. */
  readonly pages: 'as-issued' | 'changed' | 'not-compared' | 'none';
}

export interface ConfirmationTrust {
  readonly verifier: EdsVerifier;
  /** Whom to trust, when, and where the status of certificates is known from. The owner is looked at here. */
  readonly policy: Omit<VerificationPolicy, 'owner' | 'purpose' | 'mostBytes'>;
  /** The BIN of the operator whose confirmation it should be; any that the roots vouch for when left out. */
  readonly operatorBin?: string | undefined;
}

/**
 * Verifies a confirmation with what is at hand: that the operator it names has signed it, and that its pages, drawn
 * again, are the same. Throws `ConfirmationError` for files that are no confirmation.
 */
export async function verifyConfirmation(
  { json, cms, pdf }: ConfirmationFiles,
  trust: ConfirmationTrust,
): Promise<ConfirmationVerdict> {
  const { facts, layout } = readConfirmationJson(json);
  const { operator } = facts;
  const signature = await trust.verifier.verify(
    { signature: cms, content: json },
    {
      ...trust.policy,
      purpose: 'document',
      mostBytes: maxSignatureBytes,
      owner: { kind: 'anyone', roles: [] },
    },
  );
  const signers = signature.signers.map(({ bin }) => bin);
  const pages = await comparePages(layout, json, cms, pdf);
  const reasons: ConfirmationReason[] = [];
  if (!signature.valid) reasons.push('signature');
  if (signers.length !== 1 || signers[0] !== operator.bin) reasons.push('not-the-operator');
  if (trust.operatorBin !== undefined && trust.operatorBin !== operator.bin) {
    reasons.push('other-operator');
  }
  if (pages === 'changed') reasons.push('pages-changed');
  const undecided = reasons.length === 1 && reasons[0] === 'signature' && isUndecided(signature);
  const verdict = reasons.length === 0 ? 'valid' : undecided ? 'undecided' : 'invalid';
  return { verdict, reasons, facts, signature, pages };
}

async function comparePages(
  layout: number,
  json: Uint8Array,
  cms: Uint8Array,
  pdf: Uint8Array | undefined,
): Promise<ConfirmationVerdict['pages']> {
  if (pdf === undefined) return 'none';
  if (layout !== confirmationLayout) return 'not-compared';
  return (await drawConfirmation(json, cms)).equals(pdf) ? 'as-issued' : 'changed';
}
