import { randomInt } from 'node:crypto';

/** Small letters and digits, without those that are read as another one: i, l, o, 0, 1. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
const groups = 6;
const groupLetters = 4;

/** A new device password, such as `k7mw-…`: six groups of four, 24 times log2(31), which is 118 bits. */
export function newDeviceSecret(): string {
  const group = (): string =>
    Array.from({ length: groupLetters }, () => alphabet[randomInt(alphabet.length)]).join('');
  return Array.from({ length: groups }, group).join('-');
}

/**
 * A device password as it was given out, whatever capitals, spaces or missing hyphens it is typed with. Undefined for
 * what is none by its form.
 */
export function deviceSecret(typed: string): string | undefined {
  // Twice what it may be, with a space between any two letters.
  if (typed.length > 4 * groups * groupLetters) return undefined;
  const letters = typed.toLowerCase().replace(/[\s-]/g, '');
  if (letters.length !== groups * groupLetters) return undefined;
  if (!Array.from(letters).every((letter) => alphabet.includes(letter))) return undefined;
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}
