import * as z from 'zod';
import type { Attempts } from '../attempts.ts';
import type { GatewayParts } from '../ports.ts';
import { jsonRoute, type Route } from '../route.ts';
import { challengeIdShape, timeOf, timeShape } from './shapes.ts';

/** Something to sign, so that a signature shows who is there now. */
export function challengeRoutes(
  { challenges }: Pick<GatewayParts, 'challenges'>,
  attempts: Attempts,
): readonly Route[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/v1/challenges',
      id: 'newChallenge',
      summary: 'A document to be signed, attached, within two minutes, by this browser',
      callers: 'anyone',
      body: z.strictObject({ purpose: z.enum(['login', 'employee-login', 'password-reset']) }),
      status: 201,
      answer: z.object({
        id: challengeIdShape,
        document: z.base64().describe('The octets to sign.'),
        expiresAt: timeShape,
      }),
      async run({ body, browser, peer }) {
        await attempts.ofAddress(peer);
        const { id, document, expiresAt } = await challenges.issue(body.purpose, browser);
        return {
          id,
          document: Buffer.from(document).toString('base64'),
          expiresAt: timeOf(expiresAt),
        };
      },
    }),
  ];
}
