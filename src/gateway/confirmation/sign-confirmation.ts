import { type CmsRequest, signCms } from '../../eds/sign/sign-cms.ts';
import type { Signer } from '../../eds/sign/signer.ts';
import type { ConfirmationFiles } from './confirmation-files.ts';
import { type ConfirmationFacts, confirmationJson } from './confirmation-facts.ts';

/**
 * The JSON of a confirmation and the operator's detached signature over it (RSA, ECDSA or GOST, as his key is). The
 * signer's certificate must name the BIN of `facts.operator`, or nobody will find it valid. `unsigned` adds what keeps a
 * signature good after its certificate has ended. Throws `ConfirmationError` for facts that are malformed.
 */
export async function signConfirmation(
  facts: ConfirmationFacts,
  signer: Signer,
  unsigned?: CmsRequest['unsigned'],
): Promise<Omit<ConfirmationFiles, 'pdf'>> {
  const json = confirmationJson(facts);
  const cms = await signCms({
    content: json,
    detached: true,
    signers: [signer],
    signedAt: Date.parse(facts.issuedAt),
    ...(unsigned !== undefined && { unsigned }),
  });
  return { json, cms };
}
