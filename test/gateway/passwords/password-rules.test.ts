import { expect } from 'chai';
import { GatewayError } from '../../../src/gateway/gateway-error.ts';
import { maxPasswordLetters, minPasswordLetters } from '../../../src/gateway/passwords/limits.ts';
import { PasswordRules } from '../../../src/gateway/passwords/password-rules.ts';
import { worstPasswords } from '../../../src/gateway/passwords/worst-passwords.ts';
import type { ErrorCode } from '../../../src/gateway/texts/catalogue.ts';

const rules = new PasswordRules();

function refusal(password: string, login: string): GatewayError | undefined {
  try {
    rules.check(password, login);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  return undefined;
}

describe('PasswordRules', () => {
  const decomposed = 'й'.normalize('NFD');
  const cases: readonly (readonly [
    title: string,
    password: string,
    login: string,
    code: ErrorCode | undefined,
  ])[] = [
    ['a good one', 'korpe sary kumgan', 'aidos', undefined],
    ['ten letters', 'vgdkeopqlz', 'aidos', undefined],
    ['nine letters', 'vgdkeopql', 'aidos', 'PASSWORD_SHORT'],
    ['none', '', 'aidos', 'PASSWORD_SHORT'],
    ['ten Kazakh letters', 'қызғалдақт', 'aidos', undefined],
    ['nine Kazakh letters, each of two code points', decomposed.repeat(9), 'a1', 'PASSWORD_SHORT'],
    ['nine letters outside the BMP', '𐐀𐐁𐐂𐐃𐐄𐐅𐐆𐐇𐐈', 'aidos', 'PASSWORD_SHORT'],
    ['ten joiners', '\u200d'.repeat(10), 'aidos', 'PASSWORD_CHARACTERS'],
    ['two letters and eight joiners', `ab${'\u200d'.repeat(8)}`, 'aidos', 'PASSWORD_SHORT'],
    ['128 letters', 'ә'.repeat(128), 'aidos', undefined],
    ['129 letters', 'ә'.repeat(129), 'aidos', 'PASSWORD_LONG'],
    ['a million letters', 'a'.repeat(1_000_000), 'aidos', 'PASSWORD_LONG'],
    ['a control character', 'abcdefgh\u0007ijklm', 'aidos', 'PASSWORD_CHARACTERS'],
    ['a lone surrogate', 'abcdefgh\ud800ijklm', 'aidos', 'PASSWORD_CHARACTERS'],
    ['one of the worst', 'qwertyuiop', 'aidos', 'PASSWORD_BREACHED'],
    ['the same in capitals', 'QwertyUIOP', 'aidos', 'PASSWORD_BREACHED'],
    ['the same in full-width letters', 'ｑｗｅｒｔｙｕｉｏｐ', 'aidos', 'PASSWORD_BREACHED'],
    ['the same on Cyrillic keys', 'йцукенгшщз', 'aidos', 'PASSWORD_BREACHED'],
    ['digits in order', '1234567890', 'aidos', 'PASSWORD_BREACHED'],
    ['the login itself', 'aigerim.sadykova', 'aigerim.sadykova', 'PASSWORD_LIKE_LOGIN'],
    ['the login without its dot', 'AigerimSadykova', 'aigerim.sadykova', 'PASSWORD_LIKE_LOGIN'],
    ['the login and a year', 'aigerim1990', 'aigerim', 'PASSWORD_LIKE_LOGIN'],
    [
      'the login of an address and a year',
      'aigerim-1990',
      'a.igerim@example.kz',
      'PASSWORD_LIKE_LOGIN',
    ],
    ['the login twice', 'aidosaidos', 'aidos', 'PASSWORD_LIKE_LOGIN'],
    ['the login backwards', '2024miregia', 'aigerim', 'PASSWORD_LIKE_LOGIN'],
    ['the login with six letters of its own', 'aigerim-kumgan', 'aigerim', undefined],
    ['a login of two letters in a word', 'xaqwopzmnv', 'xa', undefined],
    ['an IIN', '850101400011', 'aidos', 'PASSWORD_LIKE_LOGIN'],
    ['an IIN with separators', '850101-400-011', 'aidos', 'PASSWORD_LIKE_LOGIN'],
    ['an IIN in full-width digits', '８５０１０１４０００１１', 'aidos', 'PASSWORD_LIKE_LOGIN'],
    ['eleven digits of one’s own', '83650271946', 'aidos', undefined],
  ];
  for (const [title, password, login, code] of cases) {
    it(`R-11.1 ${title}: ${code ?? 'taken'}`, () => {
      expect(refusal(password, login)?.code).to.equal(code);
    });
  }

  it('R-11.1 says the limits, and never the password', () => {
    const short = refusal('secretive', 'aidos');
    expect(short?.text('ru')).to.equal('Пароль слишком короткий: нужно не меньше 10 знаков');
    const long = refusal('secret'.repeat(30), 'aidos');
    expect(long?.text('en')).to.equal('The password is too long: 128 characters at most');
    for (const error of [short, long, refusal('qwertyuiop', 'aidos')]) {
      expect(`${JSON.stringify(error)} ${String(error?.stack)}`).to.not.match(/secret|qwertyuiop/);
    }
  });

  it('R-11.1 knows the worst passwords that are long enough', () => {
    const worst = worstPasswords();
    expect(worst.size).to.be.within(1000, 5000);
    for (const one of ['1234567890', '1q2w3e4r5t', 'qwerty123456', 'password123', 'basketball']) {
      expect(worst.has(one), one).to.equal(true);
    }
    expect(worstPasswords()).to.equal(worst);
    expect([minPasswordLetters, maxPasswordLetters]).to.deep.equal([10, 128]);
  });
});
