import type { CookieToSet } from './cookies.ts';
import { httpLimits } from './limits.ts';
import type { Session } from './sessions/session.ts';

/** The token of a session. */
export const sessionCookie = '__Host-session';
/** The secret that challenges are bound to. */
export const browserCookie = '__Host-browser';
/** The session's token against requests of other sites, for the scripts of the page. */
export const csrfCookie = '__Host-csrf';

/** The cookies that a browser is given when it signs in, or that end when it signs out. */
export function sessionCookies(session: Session | undefined): readonly CookieToSet[] {
  const maxAgeMs = httpLimits.sessionMs;
  return [
    { name: sessionCookie, value: session?.token ?? '', maxAgeMs },
    { name: csrfCookie, value: session?.csrf ?? '', readable: true, maxAgeMs },
  ];
}
