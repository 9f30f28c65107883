import { MailError } from '../../core/errors.ts';
import { hierarchyDelimiter, inboxName } from '../../core/values.ts';
import { mailboxLevels, mailboxNameBytes } from './limits.ts';

/** Refuses what cannot be a mailbox name: `invalid`, `limit`. */
export function checkName(name: string): void {
  const levels = name.split(hierarchyDelimiter);
  // Control characters and line separators would break what lists names. RFC 5198 §2
  if (levels.includes('') || /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u.test(name)) {
    throw new MailError('invalid', 'Not a valid mailbox name');
  }
  if (levels.length > mailboxLevels) throw new MailError('limit', 'Too many levels in the name');
  if (Buffer.byteLength(name) > mailboxNameBytes) throw new MailError('limit', 'Name is too long');
}

/** The names above a name, highest first. */
export function superiors(name: string): string[] {
  const levels = name.split(hierarchyDelimiter);
  return levels.slice(1).map((_, i) => levels.slice(0, i + 1).join(hierarchyDelimiter));
}

interface Named {
  readonly name: string;
}

export function findName<T extends Named>(
  boxes: ReadonlyMap<number, T>,
  name: string,
): T | undefined {
  const wanted = name.toUpperCase() === inboxName ? inboxName : name;
  for (const box of boxes.values()) if (box.name === wanted) return box;
  return undefined;
}

/** Everything below a name, at any depth. */
export function inferiors<T extends Named>(boxes: ReadonlyMap<number, T>, name: string): T[] {
  const prefix = name + hierarchyDelimiter;
  return [...boxes.values()].filter((box) => box.name.startsWith(prefix));
}
