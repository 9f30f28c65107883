/**
 * Folds text for comparison without case: compatibility forms become one (NFKC), then full case folding, so that
 * `ß` meets `SS`, `ς` meets `Σ`, and `Ә Ғ Қ Ң Ө Ұ Ү Һ І` their small letters. For any text,
 * `foldCase(x.toUpperCase())`, `foldCase(x.toLowerCase())` and `foldCase(x)` are equal; no letter folds differently
 * at the end of a word, so that a part of a text folds to a part of its folding (as long as it is not cut between
 * a letter and its accent).
 */
export function foldCase(text: string): string {
  if (isPlain(text)) return text.toLowerCase();
  // Twice down and once up: `ẞ` has a small letter only, `ß` has capitals only.
  const folded = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase();
  // toLowerCase writes a final sigma at the end of a word.
  return folded.replaceAll('ς', 'σ').normalize('NFKC');
}

function isPlain(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}
