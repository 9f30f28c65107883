import * as z from 'zod';
import type { Attempts } from '../attempts.ts';
import { identityOf } from '../identity-of.ts';
import { httpLimits } from '../limits.ts';
import type { GatewayParts } from '../ports.ts';
import { jsonRoute, type Route } from '../route.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { challengeIdShape, passwordShape, signatureShape } from './shapes.ts';

const addressShape = z.object({ address: z.string() });

type Parts = Pick<GatewayParts, 'access' | 'challenges' | 'passwords' | 'keyOf'>;

/** Ways into a mailbox without its password. domain.md 6.3, 6.11 */
export function accessRoutes(
  { access, challenges, passwords, keyOf }: Parts,
  sessions: Sessions,
  attempts: Attempts,
): readonly Route[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/v1/password-reset',
      id: 'resetPassword',
      summary: 'A new password, with the EDS of the owner; all sessions end',
      callers: 'anyone',
      body: z.strictObject({
        challenge: challengeIdShape,
        signature: signatureShape,
        password: passwordShape,
        keepDevices: z.boolean().default(false),
      }),
      bodyBytes: httpLimits.loginBodyBytes,
      status: 200,
      answer: addressShape,
      async run({ body, browser, peer }) {
        await attempts.ofAddress(peer);
        const { challenge, signature, password, keepDevices } = body;
        // Before the challenge is used up; what is like the login is found out later.
        passwords.check(password, '');
        const by = await challenges.redeem(challenge, 'password-reset', browser, signature);
        const subject = keyOf(identityOf(by));
        await attempts.ofSubject(`reset:${subject}`);
        const address = await access.reset(by, password, { keepDevices });
        await sessions.endAll(subject);
        await attempts.succeeded(peer);
        return { address };
      },
    }),
    jsonRoute({
      method: 'POST',
      path: '/v1/activation',
      id: 'activate',
      summary: 'The first password, with the code of the slip from a post office',
      callers: 'anyone',
      body: z.strictObject({
        login: z.string().min(1).max(320),
        code: z.string().min(1).max(100),
        password: passwordShape,
      }),
      status: 200,
      answer: addressShape,
      async run({ body, peer }) {
        await attempts.ofAddress(peer);
        const { login, code, password } = body;
        await attempts.ofSubject(`activation:${login.toLowerCase()}`);
        return { address: await access.activate(login, code, password) };
      },
    }),
  ];
}
