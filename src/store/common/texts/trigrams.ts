/** Trigrams of one needle that are looked up: more of them cost more than what they still leave out. */
const mostTrigrams = 8;

/**
 * A folded text as the indexes take it: SQLite's tokenizer ends at a NUL. Needles go the same way, so that what holds a
 * needle keeps holding it.
 */
export function indexedForm(folded: string): string {
  return folded.includes('\0') ? folded.replaceAll('\0', '\u0001') : folded;
}

/**
 * Trigrams (of code points) of a folded needle that every text with it has, some of them when there are many. Undefined
 * when the needle has none. Half of a surrogate pair may lie in a text within a whole one, which no index could tell.
 */
export function needleTrigrams(needle: string): readonly string[] | undefined {
  const points = Array.from(indexedForm(needle));
  const trigrams = new Set<string>();
  for (let i = 0; i + 3 <= points.length; i++) {
    const trigram = points.slice(i, i + 3).join('');
    if (!/\p{Surrogate}/u.test(trigram)) trigrams.add(trigram);
  }
  return trigrams.size === 0 ? undefined : spread([...trigrams], mostTrigrams);
}

/** Some of the list, evenly over it, the ends too. */
function spread(list: readonly string[], most: number): readonly string[] {
  if (list.length <= most) return list;
  const step = (list.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => list[Math.round(i * step)] as string);
}

/**
 * Keeps of a text so long that no row should hold it the trigrams alone, each once: memory is bounded by how many
 * different ones there are.
 */
export class TrigramSet {
  readonly #trigrams = new Set<string>();

  add(text: string): void {
    let first = '';
    let second = '';
    for (const third of indexedForm(text)) {
      if (first !== '') this.#trigrams.add(first + second + third);
      first = second;
      second = third;
    }
  }

  get size(): number {
    return this.#trigrams.size;
  }

  /** A text with all of them. Those that arise where two meet only make a candidate more. */
  text(): string {
    return [...this.#trigrams].join('\u0001');
  }
}
