import { GatewayError } from '../gateway-error.ts';
import { isCertified } from './is-certified.ts';
import { noTestIdentifiers, type TestIdentifiers } from './test-identifiers.ts';
import type { Iin } from './values.ts';

/**
 * The IIN of a certificate that was verified, or of a state database: taken as it is, whatever its digits add up to.
 * Throws `IIN_CHECK` for what is not twelve ASCII digits, and for a public test identifier that is not listed.
 */
export function certifiedIin(
  text: string,
  testIdentifiers: TestIdentifiers = noTestIdentifiers,
): Iin {
  if (!isCertified(text, testIdentifiers)) throw new GatewayError('IIN_CHECK');
  return text as Iin;
}
