import { hierarchyDelimiter } from '../core/values.ts';

export const nameLimits = {
  /** Octets in UTF-8; the store and other programs take no more. */
  bytes: 1000,
  /** Octets of one level. */
  levelBytes: 255,
  levels: 32,
} as const;

/**
 * Why a mailbox cannot have this name; undefined when it can. Control characters are refused as RFC 9051 §5.1 asks
 * (Net-Unicode, RFC 5198 §2), and so are empty levels.
 */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'Mailbox name is empty';
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\ufeff]/u.test(name)) return 'Mailbox name has control characters';
  const levels = name.split(hierarchyDelimiter);
  if (levels.includes('')) return 'Mailbox name has an empty level';
  if (levels.length > nameLimits.levels) return 'Mailbox name has too many levels';
  const longest = Math.max(...levels.map((level) => Buffer.byteLength(level)));
  if (longest > nameLimits.levelBytes || Buffer.byteLength(name) > nameLimits.bytes) {
    return 'Mailbox name is too long';
  }
  return undefined;
}
