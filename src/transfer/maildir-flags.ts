import { flagBits } from '../core/values.ts';
import type { FlagSet } from '../store/api.ts';

/** The letters behind `:2,`, in the order of the alphabet as they are written. `P` (passed on) is a keyword here. */
const systemLetters = [
  ['D', flagBits['\\Draft']],
  ['F', flagBits['\\Flagged']],
  ['R', flagBits['\\Answered']],
  ['S', flagBits['\\Seen']],
  ['T', flagBits['\\Deleted']],
] as const;
const passedKeyword = '$Forwarded';
const keywordLetters = 26;

/** `name:2,FLAGS`; `;`, `!` and `-` stand for the colon where a file system knows none. */
const info = /[:;!-]2,([A-Za-z]*)$/;

/** A file name of a Maildir as its lasting part and its flags. */
export function splitName(name: string): { readonly unique: string; readonly letters: string } {
  const match = info.exec(name);
  if (match === null) return { unique: name, letters: '' };
  return { unique: name.slice(0, match.index), letters: match[1] as string };
}

/** Flags of letters; `keywords` are those of `dovecot-keywords`, by number. Unknown letters say nothing. */
export function flagsOfLetters(
  letters: string,
  keywords: readonly (string | undefined)[],
): FlagSet {
  let system = 0;
  const found: string[] = [];
  for (const letter of letters) {
    const known = systemLetters.find(([one]) => one === letter);
    if (known !== undefined) system |= known[1];
    else if (letter === 'P') found.push(passedKeyword);
    else {
      const keyword = keywords[letter.charCodeAt(0) - 0x61];
      if (keyword !== undefined) found.push(keyword);
    }
  }
  return { system, keywords: [...new Set(found)] };
}

/** The lines `number name` of a `dovecot-keywords` file, by number; keywords that IMAP cannot have are left out. */
export function parseKeywords(text: string): (string | undefined)[] {
  const keywords: (string | undefined)[] = [];
  for (const line of text.split('\n')) {
    const match = /^(\d{1,2}) (\S+)\r?$/.exec(line);
    const number = Number(match?.[1]);
    if (match === null || number >= keywordLetters) continue;
    keywords[number] = isKeyword(match[2] as string) ? match[2] : undefined;
  }
  return keywords;
}

// flag-keyword = atom. RFC 9051 §9
export function isKeyword(text: string): boolean {
  return /^[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]{1,100}$/.test(text);
}

/** Gives keywords the letters `a` to `z`, in the order in which they come; the numbers of a file stay. */
export class KeywordLetters {
  readonly #names: (string | undefined)[];
  #changed = false;

  constructor(names: readonly (string | undefined)[]) {
    this.#names = [...names];
  }

  /** True when `text` says more than the file did. */
  get changed(): boolean {
    return this.#changed;
  }

  /** The file says what `text` says. */
  settled(): void {
    this.#changed = false;
  }

  /** The letters of the flags; `lost` counts keywords beyond the twenty-sixth. */
  letters(flags: FlagSet): { readonly letters: string; readonly lost: number } {
    const letters = systemLetters.filter(([, bit]) => (flags.system & bit) !== 0).map(([l]) => l);
    const all: string[] = [...letters];
    let lost = 0;
    for (const keyword of flags.keywords) {
      const letter =
        keyword.toLowerCase() === passedKeyword.toLowerCase() ? 'P' : this.#letter(keyword);
      if (letter === undefined) lost++;
      else all.push(letter);
    }
    return { letters: all.sort().join(''), lost };
  }

  text(): string {
    return this.#names.map((name, i) => (name === undefined ? '' : `${i} ${name}\n`)).join('');
  }

  #letter(keyword: string): string | undefined {
    const key = keyword.toLowerCase();
    let number = this.#names.findIndex((name) => name?.toLowerCase() === key);
    if (number < 0) {
      number = this.#names.length;
      if (number >= keywordLetters) return undefined;
      this.#names.push(keyword);
      this.#changed = true;
    }
    return String.fromCharCode(0x61 + number);
  }
}
