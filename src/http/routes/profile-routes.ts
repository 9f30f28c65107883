import * as z from 'zod';
import type { ProfileView } from '../../gateway/api.ts';
import { GatewayError } from '../../gateway/gateway-error.ts';
import type { Attempts } from '../attempts.ts';
import { httpLimits } from '../limits.ts';
import type { GatewayParts } from '../ports.ts';
import { jsonRoute, type Route, sessionOf } from '../route.ts';
import {
  dataShape,
  idShape,
  languageShape,
  signatureShape,
  subjectTypeShape,
  timeOf,
  timeShape,
} from './shapes.ts';

const text = z.string().max(1000);

const profileShape = z.object({
  address: z.string(),
  level: z.enum(['basic', 'official']),
  status: z.enum(['active', 'suspended', 'closed']),
  subjectType: subjectTypeShape,
  data: dataShape.describe('As the state database has them, and what the owner added.'),
  acceptance: z
    .object({
      version: z.string(),
      sha256: z.string(),
      at: timeShape,
      channel: z.enum(['eds', 'paper']),
    })
    .optional(),
  agreementDue: z.string().optional(),
  confirmedAt: timeShape.optional(),
});
type ProfileAnswer = z.output<typeof profileShape>;

/** The data of a subject, and their confirmation with an EDS. */
export function profileRoutes(
  { profiles }: Pick<GatewayParts, 'profiles'>,
  attempts: Attempts,
): readonly Route[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/v1/profile',
      id: 'profile',
      summary: 'The data of the owner',
      callers: ['subject'],
      status: 200,
      answer: profileShape,
      async run(call) {
        const profile = await profiles.get(sessionOf(call).subject);
        if (profile === undefined) throw new GatewayError('NO_MAILBOX');
        return answerOf(profile);
      },
    }),
    jsonRoute({
      method: 'PUT',
      path: '/v1/profile',
      id: 'changeProfile',
      summary: 'Change what needs no EDS; what is left out stays',
      callers: ['subject'],
      body: z.strictObject({
        phoneMobile: z.string().max(50).exactOptional(),
        phoneHome: z.string().max(50).exactOptional(),
        residenceAddress: text.exactOptional(),
        actualAddress: text.exactOptional(),
        language: languageShape.exactOptional(),
      }),
      status: 200,
      answer: profileShape,
      run: async (call) => answerOf(await profiles.change(sessionOf(call).subject, call.body)),
    }),
    jsonRoute({
      method: 'POST',
      path: '/v1/profile/confirmation',
      id: 'newConfirmation',
      summary:
        'What is to be signed so that the data count as confirmed and the agreement as accepted',
      callers: ['subject'],
      status: 201,
      answer: z.object({ id: idShape, document: z.base64() }),
      async run(call) {
        const { id, document } = await profiles.confirmation(sessionOf(call).subject);
        return { id, document: Buffer.from(document).toString('base64') };
      },
    }),
    jsonRoute({
      method: 'POST',
      path: '/v1/profile/confirm',
      id: 'confirmProfile',
      summary: 'The signature over that: the level becomes official',
      callers: ['subject'],
      body: z.strictObject({ id: idShape, signature: signatureShape }),
      bodyBytes: httpLimits.documentBodyBytes,
      status: 200,
      answer: profileShape,
      async run(call) {
        await attempts.ofAddress(call.peer);
        const { id, signature } = call.body;
        const profile = await profiles.confirm(sessionOf(call).subject, id, signature);
        await attempts.succeeded(call.peer);
        return answerOf(profile);
      },
    }),
  ];
}

function answerOf(profile: ProfileView): ProfileAnswer {
  const { acceptance, agreementDue, confirmedAt, ...rest } = profile;
  return {
    ...rest,
    ...(acceptance !== undefined && { acceptance: { ...acceptance, at: timeOf(acceptance.at) } }),
    ...(agreementDue !== undefined && { agreementDue }),
    ...(confirmedAt !== undefined && { confirmedAt: timeOf(confirmedAt) }),
  };
}
