import { GatewayError } from '../gateway-error.ts';
import { isCertified } from './is-certified.ts';
import { noTestIdentifiers, type TestIdentifiers } from './test-identifiers.ts';
import type { Bin } from './values.ts';

/** As `certifiedIin`, for a BIN. Throws `BIN_CHECK`. */
export function certifiedBin(
  text: string,
  testIdentifiers: TestIdentifiers = noTestIdentifiers,
): Bin {
  if (!isCertified(text, testIdentifiers)) throw new GatewayError('BIN_CHECK');
  return text as Bin;
}
