import { type FlagBits, flagBits, namedFlags } from './flag-bits.ts';

interface Keyworded {
  readonly m: number;
  readonly keywords: readonly string[];
}

/**
 * The flags of messages of one mailbox as another has them, in their order, and the keywords that it does not know yet.
 * `limit`: it would have too many.
 */
export function translateFlags(
  source: Keyworded,
  target: Keyworded,
  flags: readonly Pick<FlagBits, 'f' | 'f2'>[],
): { readonly bits: readonly FlagBits[]; readonly fresh: readonly string[] } {
  const fresh: string[] = [];
  if (source.m === target.m) return { bits: flags.map(({ f, f2 }) => ({ f, f2, fresh })), fresh };
  const keywords = [...target.keywords];
  // Few combinations are in use, so each is translated once.
  const known = new Map<string, FlagBits>();
  const bits = flags.map(({ f, f2 }) => {
    const key = `${f} ${f2}`;
    let found = known.get(key);
    if (found === undefined) {
      found = flagBits(keywords, namedFlags(source.keywords, f, f2));
      keywords.push(...found.fresh);
      fresh.push(...found.fresh);
      known.set(key, found);
    }
    return found;
  });
  return { bits, fresh };
}
