/** The letters of the Russian and Kazakh keyboards, and what the same keys give on the Latin one. */
const cyrillic = 'йцукенгшщзхъфывапролджэячсмитьбюіңғүұқөһә';
const latin = "qwertyuiop[]asdfghjkl;'zxcvbnm,." + '349058-=2';

const keys = new Map(Array.from(cyrillic, (letter, i) => [letter, latin[i] ?? letter]));

/** What the same keys give on a Latin keyboard: a password in Cyrillic may be a worst one in disguise. */
export function keyboardLatin(folded: string): string {
  return Array.from(folded, (letter) => keys.get(letter) ?? letter).join('');
}
