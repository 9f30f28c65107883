import { entityRole } from '../gateway/applications/state-check.ts';
import type { Identity, SignedBy } from '../gateway/api.ts';
import { GatewayError } from '../gateway/gateway-error.ts';

/** For whom a signature speaks: the person, or the legal entity of the certificate. Throws `EDS_ROLE`. domain.md 6.2 */
export function identityOf(by: SignedBy): Identity {
  if (by.bin === undefined) return { type: 'individual', iin: by.iin };
  if (entityRole(by) === undefined) throw new GatewayError('EDS_ROLE');
  return { type: 'legalEntity', bin: by.bin };
}
