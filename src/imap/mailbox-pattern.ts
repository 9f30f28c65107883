import { hierarchyDelimiter } from '../core/values.ts';

/** Work that a pattern may cost, counted in characters compared: see `MailboxPattern.matches`. */
export const patternLimits = {
  /** Characters of a reference and a pattern together. */
  characters: 1024,
  /** The same of all patterns of one LIST. */
  charactersOfAll: 4096,
  /** Patterns of one LIST. */
  patterns: 64,
} as const;

/**
 * A LIST pattern: `*` stands for anything, `%` for anything within a level. RFC 9051 §6.3.9. INBOX is found in any
 * case. A look costs at most the name's length times the pattern's, whatever the wildcards.
 */
export class MailboxPattern {
  readonly #pattern: string;
  readonly #everything: boolean;
  readonly #literal: boolean;

  constructor(pattern: string) {
    // "%*" and "*%" say no more than "*".
    this.#pattern = pattern.replace(/[*%]{2,}/g, (run) => (run.includes('*') ? '*' : '%'));
    this.#everything = this.#pattern === '*';
    this.#literal = !/[*%]/.test(this.#pattern);
  }

  matches(name: string): boolean {
    if (this.#everything) return true;
    const folded = isInbox(name) ? 'INBOX'.length : 0;
    if (this.#literal && folded === 0) return name === this.#pattern;
    return matchesWild(this.#pattern, name, folded);
  }
}

function isInbox(name: string): boolean {
  return name === 'INBOX' || name.startsWith('INBOX/');
}

/**
 * Follows all ways to read the pattern at once: `reached[i]` says that the first `i` characters of the pattern can
 * stand for the part of the name seen so far. No way is tried twice, so nothing explodes.
 * The first `folded` characters of the name, which are capitals, are found in any case.
 */
function matchesWild(pattern: string, name: string, folded: number): boolean {
  const length = pattern.length;
  let reached = new Uint8Array(length + 1);
  let next = new Uint8Array(length + 1);
  reached[0] = 1;
  spread(pattern, reached);
  for (let at = 0; at < name.length; at++) {
    const character = name[at] as string;
    let alive = 0;
    next.fill(0);
    for (let i = 0; i < length; i++) {
      if (reached[i] === 0) continue;
      const wanted = pattern[i] as string;
      if (wanted === '*' || (wanted === '%' && character !== hierarchyDelimiter)) {
        alive = next[i] = 1;
      } else if ((at < folded ? wanted.toUpperCase() : wanted) === character && wanted !== '%') {
        alive = next[i + 1] = 1;
      }
    }
    if (alive === 0) return false;
    [reached, next] = [next, reached];
    spread(pattern, reached);
  }
  return reached[length] === 1;
}

/** A wildcard may stand for nothing. */
function spread(pattern: string, reached: Uint8Array): void {
  for (let i = 0; i < pattern.length; i++) {
    if (reached[i] === 1 && (pattern[i] === '*' || pattern[i] === '%')) reached[i + 1] = 1;
  }
}
