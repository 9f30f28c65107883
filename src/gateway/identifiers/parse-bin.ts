import { GatewayError } from '../gateway-error.ts';
import { hasCheckDigit } from './has-check-digit.ts';
import { noTestIdentifiers, type TestIdentifiers } from './test-identifiers.ts';
import type { Bin } from './values.ts';

/**
 * Year and month of registration; 4 resident, 5 non-resident, 6 joint entrepreneurs; 0 head office, 1 branch,
 * 2 representative office, 3 farm.
 */
const shape = /^[0-9]{2}(?:0[1-9]|1[0-2])[4-6][0-3]/;

/** A BIN as somebody typed it: twelve ASCII digits, the check digit and a sane beginning. Throws `BIN_CHECK`. */
export function parseBin(text: string, testIdentifiers: TestIdentifiers = noTestIdentifiers): Bin {
  const good = testIdentifiers.has(text) || (hasCheckDigit(text) && shape.test(text));
  if (!good) throw new GatewayError('BIN_CHECK');
  return text as Bin;
}
