import type { CmsRequest } from '../../eds/sign/sign-cms.ts';
import type { Signer } from '../../eds/sign/signer.ts';
import type { ConfirmationFiles } from './confirmation-files.ts';
import type { ConfirmationFacts } from './confirmation-facts.ts';
import { drawConfirmation } from './draw-confirmation.ts';
import { signConfirmation } from './sign-confirmation.ts';

/**
 * The confirmation of a registration: what `signConfirmation` makes, and pages for people that hold both files. Throws
 * `ConfirmationError` for facts that are malformed.
 */
export async function makeConfirmation(
  facts: ConfirmationFacts,
  signer: Signer,
  unsigned?: CmsRequest['unsigned'],
): Promise<ConfirmationFiles & { readonly pdf: Uint8Array }> {
  const { json, cms } = await signConfirmation(facts, signer, unsigned);
  return { json, cms, pdf: await drawConfirmation(json, cms) };
}
