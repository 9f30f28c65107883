import { flagBits } from '../core/values.ts';
import { keywordNames, type MailboxView } from '../store/mailbox-view.ts';

/** Distinct combinations kept before the cache starts anew: a mailbox has a few dozen. */
const cachedCombinations = 4096;

/** Keyword numbers of a view never change their names, so its texts are kept as long as the view. */
const caches = new WeakMap<MailboxView, Map<number, string>>();

/** The system flags as FLAGS and PERMANENTFLAGS list them. */
export const systemFlags: readonly string[] = Object.keys(flagBits);

/** The flags of a message as FETCH writes them, with the parentheses: `(\Seen $Forwarded)`. */
export function flagsText(view: MailboxView, flags: number, moreFlags: number): string {
  if (moreFlags !== 0) return makeText(view, flags, moreFlags);
  let cache = caches.get(view);
  if (cache === undefined) caches.set(view, (cache = new Map<number, string>()));
  let text = cache.get(flags);
  if (text === undefined) {
    text = makeText(view, flags, moreFlags);
    if (cache.size >= cachedCombinations) cache.clear();
    cache.set(flags, text);
  }
  return text;
}

function makeText(view: MailboxView, flags: number, moreFlags: number): string {
  const names: string[] = [];
  for (const [name, bit] of Object.entries(flagBits)) if ((flags & bit) !== 0) names.push(name);
  names.push(...keywordNames(view.keywords, flags, moreFlags));
  return `(${names.join(' ')})`;
}
