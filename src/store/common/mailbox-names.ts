import { MailError } from '../../core/errors.ts';
import { hierarchyDelimiter, inboxName } from '../../core/values.ts';
import { mailboxesPerAccount, mailboxLevels, mailboxNameBytes } from './limits.ts';

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

/** Names above a name that are not there. */
export function missingSuperiors(boxes: ReadonlyMap<number, Named>, name: string): string[] {
  return superiors(name).filter((superior) => findName(boxes, superior) === undefined);
}

/** `limit`: the account would have too many mailboxes. */
export function checkCount(boxes: ReadonlyMap<number, Named>, more: number): void {
  if (boxes.size + more > mailboxesPerAccount) throw new MailError('limit', 'Too many mailboxes');
}

/**
 * What RENAME makes of a mailbox other than INBOX: it and all below it with their new names, and names above that are
 * to be made. RFC 9051 §6.3.6. `invalid`, `limit`
 */
export function renaming<T extends Named>(
  boxes: ReadonlyMap<number, T>,
  box: T,
  name: string,
): { readonly family: readonly (readonly [T, string])[]; readonly missing: readonly string[] } {
  if (name.startsWith(box.name + hierarchyDelimiter)) {
    throw new MailError('invalid', 'A mailbox cannot move below itself');
  }
  const family = [box, ...inferiors(boxes, box.name)].map((each): readonly [T, string] => [
    each,
    name + each.name.slice(box.name.length),
  ]);
  for (const [, next] of family) checkName(next);
  const missing = missingSuperiors(boxes, name);
  checkCount(boxes, missing.length);
  return { family, missing };
}

/** `\Noselect` names above a name that went, of which nothing is left below. */
export function childless<T extends Named & { readonly selectable: boolean }>(
  boxes: ReadonlyMap<number, T>,
  name: string,
): T[] {
  const found: T[] = [];
  for (const superior of superiors(name).reverse()) {
    const box = findName(boxes, superior);
    if (box === undefined || box.selectable) break;
    if (inferiors(boxes, superior).some((each) => !found.includes(each))) break;
    found.push(box);
  }
  return found;
}
