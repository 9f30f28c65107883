import * as z from 'zod';
import { GatewayError } from '../../gateway/gateway-error.ts';
import type { Attempts } from '../attempts.ts';
import { identityOf } from '../identity-of.ts';
import { httpLimits } from '../limits.ts';
import type { GatewayParts } from '../ports.ts';
import { emptyRoute, jsonRoute, type Route, sessionOf } from '../route.ts';
import { sessionLevels } from '../sessions/session-record.ts';
import type { Session } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { sessionCookies } from '../site-cookies.ts';
import { challengeIdShape, signatureShape, subjectTypeShape, timeOf, timeShape } from './shapes.ts';

const sessionShape = z.object({
  level: z
    .enum(sessionLevels)
    .describe('applicant: no mailbox yet; subject: the owner of one; employee: of the operator.'),
  subjectType: subjectTypeShape,
  name: z
    .object({ surname: z.string(), given: z.string(), patronymic: z.string().optional() })
    .describe('As the certificate has it.'),
  organisation: z.string().optional(),
  address: z.string().optional().describe('Of the mailbox.'),
  mailboxLevel: z.enum(['basic', 'official']).optional(),
  agreementDue: z
    .string()
    .optional()
    .describe('The version of the agreement that is in force and not yet accepted.'),
  csrf: z.string().describe('To be shown in X-CSRF-Token with each change.'),
  endsAt: timeShape.describe('At the latest; twenty minutes without a request end it too.'),
});
type SessionView = z.output<typeof sessionShape>;

type Parts = Pick<GatewayParts, 'challenges' | 'profiles' | 'employees' | 'keyOf'>;

/** Signing in with an EDS, and out. */
export function sessionRoutes(
  parts: Parts,
  sessions: Sessions,
  attempts: Attempts,
): readonly Route[] {
  const view = (session: Session): Promise<SessionView> => viewOf(parts, session);
  return [
    jsonRoute({
      method: 'POST',
      path: '/v1/login',
      id: 'login',
      summary: 'Sign in with the signature over a challenge of this browser',
      callers: 'anyone',
      body: z.strictObject({
        purpose: z.enum(['login', 'employee-login']).default('login'),
        challenge: challengeIdShape,
        signature: signatureShape,
      }),
      bodyBytes: httpLimits.loginBodyBytes,
      status: 201,
      answer: sessionShape,
      async run({ body, browser, peer, session: before, setCookie }) {
        await attempts.ofAddress(peer);
        const { purpose, challenge, signature } = body;
        const by = await parts.challenges.redeem(challenge, purpose, browser, signature);
        await attempts.succeeded(peer);
        const isEmployee = purpose === 'employee-login';
        if (isEmployee && (await parts.employees.findBySignature(by)) === undefined) {
          throw new GatewayError('NOT_FOUND_OR_NOT_ALLOWED');
        }
        const identity = isEmployee
          ? ({ type: 'individual', iin: by.iin } as const)
          : identityOf(by);
        const subject = parts.keyOf(identity);
        const hasMailbox = !isEmployee && (await parts.profiles.get(subject)) !== undefined;
        const level = isEmployee ? 'employee' : hasMailbox ? 'subject' : 'applicant';
        if (before !== undefined) await sessions.end(before);
        const session = await sessions.begin(level, subject, by);
        for (const cookie of sessionCookies(session)) setCookie(cookie);
        return view(session);
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/session',
      id: 'session',
      summary: 'Who is signed in',
      callers: sessionLevels,
      status: 200,
      answer: sessionShape,
      run: (call) => view(sessionOf(call)),
    }),
    emptyRoute({
      method: 'DELETE',
      path: '/v1/session',
      id: 'logout',
      summary: 'Sign out',
      callers: sessionLevels,
      status: 204,
      async run(call) {
        await sessions.end(sessionOf(call));
        for (const cookie of sessionCookies(undefined)) call.setCookie(cookie);
      },
    }),
  ];
}

async function viewOf({ profiles }: Parts, session: Session): Promise<SessionView> {
  const { level, by, csrf, endsAt, subject } = session;
  const profile = level === 'employee' ? undefined : await profiles.get(subject);
  const { organisation, name } = by;
  return {
    level,
    subjectType: level === 'employee' || by.bin === undefined ? 'individual' : 'legalEntity',
    name,
    ...(organisation !== undefined && { organisation }),
    ...(profile !== undefined && { address: profile.address, mailboxLevel: profile.level }),
    ...(profile?.agreementDue !== undefined && { agreementDue: profile.agreementDue }),
    csrf,
    endsAt: timeOf(endsAt),
  };
}
