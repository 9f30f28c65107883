import type { LoginResult, SaslExchange } from '../api.ts';
import { decodeUtf8 } from './utf8.ts';

/** Checks a password; `authorization` is '' or whom the client wants to act as. */
export type PasswordCheck = (
  authorization: string,
  login: string,
  password: string,
) => Promise<LoginResult>;

/** PLAIN, RFC 4616 §2: `message = [authzid] UTF8NUL authcid UTF8NUL passwd`. */
export function plainExchange(check: PasswordCheck): SaslExchange {
  return {
    serverFirst: false,
    async next(response) {
      const [authorization, login, password, ...rest] = decodeUtf8(response)?.split('\0') ?? [];
      if (authorization === undefined || rest.length > 0) return { kind: 'malformed' };
      if (login === undefined || login === '') return { kind: 'malformed' };
      if (password === undefined || password === '') return { kind: 'malformed' };
      return { kind: 'done', result: await check(authorization, login, password) };
    },
  };
}
