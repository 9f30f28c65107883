import type { LoginResult } from '../account/api.ts';
import type { Connection } from './connection.ts';
import { no, ok, type Response } from './response.ts';

/** What LOGIN and AUTHENTICATE share: the outcome becomes the session's state and the tagged response. */
export async function answerLogin(
  connection: Connection,
  result: LoginResult,
  completed: string,
): Promise<Response> {
  if (result.status === 'accepted') {
    if (!(await connection.signIn(result.account))) {
      return no('LIMIT', 'This account has too many sessions open');
    }
    // In the response, so that clients need not ask: what works has changed with the login.
    return ok(completed, `CAPABILITY ${connection.capabilities()}`);
  }
  switch (result.reason) {
    case 'credentials':
      return no('AUTHENTICATIONFAILED', 'Wrong name or password');
    case 'device-password':
      // RFC 9051 §7.1: an ALERT is shown to the person, who alone can do something about it.
      return no('ALERT', 'Use a device password for mail programs');
    case 'suspended':
      return no('CONTACTADMIN', 'This account is suspended');
    case 'throttled':
      return no('UNAVAILABLE', 'Too many failed logins; try again later');
    case 'unavailable':
      return no('UNAVAILABLE', 'Login is not possible at the moment');
  }
}
