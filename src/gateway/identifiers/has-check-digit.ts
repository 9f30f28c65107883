import { checkDigit } from './check-digit.ts';

/** Whether it is twelve ASCII digits and the last one is the check digit of the others. */
export function hasCheckDigit(text: string): boolean {
  return /^[0-9]{12}$/.test(text) && checkDigit(text.slice(0, 11)) === Number(text[11]);
}
