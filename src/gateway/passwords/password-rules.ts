import { preparePassword } from '../../account/prepare-password.ts';
import type { Passwords } from '../api.ts';
import { GatewayError } from '../gateway-error.ts';
import { keyboardLatin } from './keyboard-latin.ts';
import { maxPasswordLetters, minOwnLetters, minPasswordLetters } from './limits.ts';
import { worstPasswords } from './worst-passwords.ts';

/**
 * Which passwords a person may choose. Nothing of a password is kept here, and none is in an error.
 */
export class PasswordRules implements Passwords {
  /**
   * As `Passwords` says; also `PASSWORD_CHARACTERS`. Length is counted in code points after NFC, so that a Kazakh letter
   * is one however it was typed, and what the login would not see (joiners) does not make a password longer. `login` may
   * be a whole address.
   */
  check(password: string, login: string): void {
    // Longer text is not even normalised; NFC makes at most a third of the code units.
    if (password.length > maxPasswordLetters * 4) throw tooLong();
    const composed = password.normalize('NFC');
    const letters = Array.from(composed).length;
    if (letters > maxPasswordLetters) throw tooLong();
    if (letters < minPasswordLetters) throw tooShort();
    const prepared = preparePassword(composed);
    if (prepared === undefined) throw new GatewayError('PASSWORD_CHARACTERS');
    if (Array.from(prepared).length < minPasswordLetters) throw tooShort();
    const folded = prepared.toLowerCase();
    if (isLike(folded, login)) throw new GatewayError('PASSWORD_LIKE_LOGIN');
    const worst = worstPasswords();
    if (worst.has(folded) || worst.has(keyboardLatin(folded))) {
      throw new GatewayError('PASSWORD_BREACHED');
    }
  }
}

function tooShort(): GatewayError {
  return new GatewayError('PASSWORD_SHORT', { min: String(minPasswordLetters) });
}

function tooLong(): GatewayError {
  return new GatewayError('PASSWORD_LONG', { max: String(maxPasswordLetters) });
}

/**
 * The login, backwards too, with little around it; or twelve digits and no letter, as an IIN or BIN has, whoever's it is.
 */
function isLike(password: string, login: string): boolean {
  const core = lettersAndDigits(password);
  if (/^\d{12}$/.test(core)) return true;
  const at = login.lastIndexOf('@');
  const name = lettersAndDigits(at < 0 ? login : login.slice(0, at));
  if (name === '') return false;
  return [name, Array.from(name).reverse().join('')].some(
    (one) => core.includes(one) && core.replaceAll(one, '').length < minOwnLetters,
  );
}

function lettersAndDigits(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '');
}
