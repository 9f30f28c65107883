import type { SaslExchange } from '../api.ts';
import type { PasswordCheck } from './plain.ts';
import { decodeUtf8 } from './utf8.ts';

/**
 * LOGIN, draft-murchison-sasl-login-00: obsolete, but what Outlook and many devices know. The server asks twice; a
 * client may answer the first question before it is asked, as an initial response.
 */
export function loginExchange(check: PasswordCheck): SaslExchange {
  let asked = false;
  let login: string | undefined;
  return {
    serverFirst: true,
    async next(response) {
      const text = decodeUtf8(response);
      if (text === undefined) return { kind: 'malformed' };
      if (login === undefined) {
        if (text === '' && !asked) {
          asked = true;
          return { kind: 'challenge', data: Buffer.from('Username:') };
        }
        if (text === '' || text.includes('\0')) return { kind: 'malformed' };
        login = text;
        return { kind: 'challenge', data: Buffer.from('Password:') };
      }
      if (text === '') return { kind: 'malformed' };
      return { kind: 'done', result: await check('', login, text) };
    },
  };
}
