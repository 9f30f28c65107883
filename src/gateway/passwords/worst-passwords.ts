import { createRequire } from 'node:module';
import type * as Words from '@zxcvbn-ts/language-common';
import { minPasswordLetters } from './limits.ts';

let worst: ReadonlySet<string> | undefined;

/**
 * Passwords that many people have had, in small letters: the worst 49,000 of what was stolen, of which only those can
 * matter that are long enough. Read with the first question, since most processes never ask.
 */
export function worstPasswords(): ReadonlySet<string> {
  worst ??= readWorst();
  return worst;
}

function readWorst(): ReadonlySet<string> {
  const require = createRequire(import.meta.url);
  const { dictionary } = require('@zxcvbn-ts/language-common') as typeof Words;
  return new Set(dictionary['passwords-common'].filter((one) => one.length >= minPasswordLetters));
}
