import { GatewayError } from '../gateway-error.ts';
import { hasCheckDigit } from './has-check-digit.ts';
import { noTestIdentifiers, type TestIdentifiers } from './test-identifiers.ts';
import type { Iin } from './values.ts';

/** February has 29: whether the year has them is asked below. */
const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * An IIN as somebody typed it: twelve ASCII digits, the check digit, a day that there is and a seventh digit from 0 to 6.
 * Catches slips of the hand and nothing more: the digits need not be of the owner's birth date or sex, and neither is
 * ever read from them (decree 853 of 26.08.2013). Throws `IIN_CHECK`.
 */
export function parseIin(text: string, testIdentifiers: TestIdentifiers = noTestIdentifiers): Iin {
  const good =
    testIdentifiers.has(text) ||
    (hasCheckDigit(text) && /^.{6}[0-6]/.test(text) && hasSaneDay(text));
  if (!good) throw new GatewayError('IIN_CHECK');
  return text as Iin;
}

function hasSaneDay(text: string): boolean {
  const year = Number(text.slice(0, 2));
  const month = Number(text.slice(2, 4));
  const day = Number(text.slice(4, 6));
  if (day < 1 || day > (daysOfMonth[month - 1] ?? 0)) return false;
  // A year of two digits is a leap year in some century when it can be divided by four; which century is not asked.
  return month !== 2 || day < 29 || year % 4 === 0;
}
