import * as z from 'zod';
import type { Application } from '../../gateway/api.ts';
import { GatewayError } from '../../gateway/gateway-error.ts';
import { isErrorCode } from '../problem.ts';
import type { Attempts } from '../attempts.ts';
import { httpLimits } from '../limits.ts';
import type { ConfirmationFiles, GatewayParts } from '../ports.ts';
import { type Call, jsonRoute, octetsRoute, type Route, sessionOf } from '../route.ts';
import type { Sessions } from '../sessions/sessions.ts';
import {
  dataShape,
  idShape,
  languageShape,
  paramsShape,
  passwordShape,
  signatureShape,
  subjectTypeShape,
  timeOf,
  timeShape,
} from './shapes.ts';

const states = [
  'awaiting_state_check',
  'identified',
  'prepared',
  'accepted',
  'created',
  'complete',
  'refused',
] as const satisfies readonly Application['state'][];

const text = z.string().max(1000);
const fieldsShape = z.strictObject({
  login: z.string().max(200),
  phoneMobile: z.string().max(50),
  phoneHome: z.string().max(50).optional(),
  residenceAddress: text.optional(),
  actualAddress: text.optional(),
  language: languageShape,
  agreement: z.string().max(50).describe('The version that was read and accepted.'),
});

const applicationShape = z.object({
  id: idShape,
  channel: z.enum(['online', 'counter']),
  subjectType: subjectTypeShape,
  state: z.enum(states),
  createdAt: timeShape,
  expiresAt: timeShape,
  retryAt: timeShape.optional().describe('When the state database is asked again.'),
  refusal: z
    .object({
      code: z.string(),
      params: paramsShape,
      texts: z.object({ kk: z.string(), ru: z.string(), en: z.string() }).optional(),
    })
    .optional(),
  applicant: dataShape.optional().describe('From the certificate and the state database.'),
  fields: z.object(fieldsShape.shape).optional(),
  document: z
    .base64()
    .optional()
    .describe('The octets to sign, attached: canonical JSON of the application.'),
  address: z.string().optional(),
});
type ApplicationView = z.output<typeof applicationShape>;

const byId = z.strictObject({ id: idShape });
const owners = ['applicant', 'subject'] as const;

type Parts = Pick<GatewayParts, 'applications' | 'confirmations' | 'logins'>;
type Owned = Pick<Call<{ readonly id: string }, unknown, unknown>, 'params' | 'session'>;

/** Registration with an EDS, step by step: each can be done again. */
export function applicationRoutes(
  parts: Parts,
  sessions: Sessions,
  attempts: Attempts,
): readonly Route[] {
  const { applications } = parts;
  const owned = async (call: Owned): Promise<Application> => {
    const found = await applications.get(call.params.id, sessionOf(call).by);
    if (found === undefined) throw new GatewayError('APPLICATION_NOT_FOUND');
    return found;
  };
  return [
    jsonRoute({
      method: 'POST',
      path: '/v1/applications',
      id: 'startApplication',
      summary: 'Begin, or go on with, the application of whoever is signed in',
      callers: owners,
      body: z.strictObject({ type: subjectTypeShape }),
      status: 201,
      answer: applicationShape,
      async run(call) {
        await attempts.ofAddress(call.peer);
        return viewOf(await applications.start(sessionOf(call).by, call.body.type));
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/applications/{id}',
      id: 'application',
      summary: 'How far it is',
      callers: owners,
      params: byId,
      status: 200,
      answer: applicationShape,
      run: async (call) => viewOf(await owned(call)),
    }),
    jsonRoute({
      method: 'PUT',
      path: '/v1/applications/{id}/fields',
      id: 'fillApplication',
      summary: 'Fill it in; the answer has the document to sign',
      callers: owners,
      params: byId,
      body: fieldsShape,
      status: 200,
      answer: applicationShape,
      async run(call) {
        await owned(call);
        const { id } = call.params;
        return viewOf(await applications.prepare(id, sessionOf(call).by, call.body));
      },
    }),
    jsonRoute({
      method: 'PUT',
      path: '/v1/applications/{id}/signature',
      id: 'signApplication',
      summary: 'The signed document; the mailbox is there with the answer',
      callers: owners,
      params: byId,
      body: z.strictObject({ signature: signatureShape }),
      bodyBytes: httpLimits.documentBodyBytes,
      status: 200,
      answer: applicationShape,
      async run(call) {
        await owned(call);
        await attempts.ofAddress(call.peer);
        const done = await applications.submit(call.params.id, call.body.signature);
        if (done.address !== undefined) await sessions.raise(sessionOf(call));
        await attempts.succeeded(call.peer);
        return viewOf(done);
      },
    }),
    jsonRoute({
      method: 'PUT',
      path: '/v1/applications/{id}/password',
      id: 'firstPassword',
      summary: 'The first password, chosen by its owner',
      callers: owners,
      params: byId,
      body: z.strictObject({ password: passwordShape }),
      status: 200,
      answer: applicationShape,
      async run(call) {
        await owned(call);
        const { password } = call.body;
        const { by } = sessionOf(call);
        return viewOf(await applications.setPassword(call.params.id, by, password));
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/logins/{login}',
      id: 'checkLogin',
      summary: 'Whether a login is free; if not, the problem names free ones',
      callers: owners,
      params: z.strictObject({ login: z.string().max(200) }),
      status: 200,
      answer: z.object({ address: z.string() }),
      async run({ params, peer }) {
        await attempts.ofAddress(peer);
        return parts.logins.check(params.login);
      },
    }),
    confirmationRoute(parts, 'json', 'application/json'),
    confirmationRoute(parts, 'pdf', 'application/pdf'),
    confirmationRoute(parts, 'p7s', 'application/pkcs7-signature'),
  ];
}

/** The document confirming registration. */
function confirmationRoute(
  { confirmations }: Parts,
  form: keyof ConfirmationFiles,
  type: string,
): Route {
  return octetsRoute({
    method: 'GET',
    path: `/v1/applications/{id}/confirmation.${form}`,
    id: `confirmation-${form}`,
    summary: 'The document confirming registration',
    callers: owners,
    params: byId,
    status: 200,
    types: [type],
    async run(call) {
      const { id } = call.params;
      const files = await confirmations.get(id, sessionOf(call).subject);
      if (files === undefined) throw new GatewayError('APPLICATION_NOT_FOUND');
      return { type, octets: files[form], fileName: `confirmation.${form}` };
    },
  });
}

function viewOf(application: Application): ApplicationView {
  const { retryAt, refusal, applicant, fields, document, address, ...rest } = application;
  return {
    ...rest,
    createdAt: timeOf(application.createdAt),
    expiresAt: timeOf(application.expiresAt),
    ...(retryAt !== undefined && { retryAt: timeOf(retryAt) }),
    ...(refusal !== undefined && { refusal: { ...refusal, ...refusalTexts(refusal) } }),
    ...(applicant !== undefined && { applicant }),
    ...(fields !== undefined && { fields }),
    ...(document !== undefined && { document: Buffer.from(document).toString('base64') }),
    ...(address !== undefined && { address }),
  };
}

/** Why it was refused, in words. */
function refusalTexts({
  code,
  params,
}: NonNullable<Application['refusal']>): Pick<NonNullable<ApplicationView['refusal']>, 'texts'> {
  if (!isErrorCode(code)) return {};
  const error = new GatewayError(code, params);
  return { texts: { kk: error.text('kk'), ru: error.text('ru'), en: error.text('en') } };
}
