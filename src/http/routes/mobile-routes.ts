import * as z from 'zod';
import type { Language } from '../../gateway/api.ts';
import { GatewayError } from '../../gateway/gateway-error.ts';
import type { Attempts } from '../attempts.ts';
import type { MobileSigning, MobileSignings } from '../egov-mobile/mobile-signings.ts';
import { type MobileKind, mobileTexts } from '../egov-mobile/mobile-texts.ts';
import { httpLimits } from '../limits.ts';
import type { GatewayParts } from '../ports.ts';
import { jsonRoute, type Route, sessionOf } from '../route.ts';
import { idShape, timeOf, timeShape } from './shapes.ts';

export interface Organisation {
  readonly names: Readonly<Record<Language, string>>;
  readonly bin: string;
}

const byId = z.strictObject({ id: idShape });
const begunShape = z.object({
  id: idShape,
  reference: z.string().describe('Of the challenge, application or confirmation that is signed.'),
  link: z.string().describe('For a QR code: mobileSign: and the URL of API 1.'),
  expiresAt: timeShape,
});
const organisationShape = z.object({
  nameRu: z.string(),
  nameKz: z.string(),
  nameEn: z.string(),
  bin: z.string(),
});
const documentsShape = z.object({
  signMethod: z.enum(['CMS_WITH_DATA']),
  version: z.int(),
  documentsToSign: z
    .array(
      z.object({
        id: z.int(),
        nameRu: z.string(),
        nameKz: z.string(),
        nameEn: z.string(),
        meta: z.array(z.object({ name: z.string(), value: z.string() })),
        document: z.object({ file: z.object({ mime: z.string(), data: z.string() }) }),
      }),
    )
    .length(1),
});
/** What a phone sends back: the same, of which only the signature counts. */
const signedShape = z.looseObject({
  documentsToSign: z
    .array(
      z.looseObject({
        document: z.looseObject({ file: z.looseObject({ data: z.string().min(1) }) }),
      }),
    )
    .length(1),
});

type Parts = Pick<GatewayParts, 'challenges' | 'applications' | 'profiles'>;

/** Signing with eGov Mobile: the phone fetches from us what a browser shows as a QR code. domain.md 2.4 */
export function mobileRoutes(
  parts: Parts,
  signings: MobileSignings,
  attempts: Attempts,
  { origin, organisation }: { readonly origin: string; readonly organisation: Organisation },
): readonly Route[] {
  const urlOf = (id: string): string => `${origin}/v1/egov-mobile/${id}`;
  const begin = async (
    kind: MobileKind,
    document: string,
    browser: string,
    reference: string,
  ): Promise<z.output<typeof begunShape>> => {
    const { id, expiresAt } = await signings.begin(kind, document, browser);
    return { id, reference, link: `mobileSign:${urlOf(id)}`, expiresAt: timeOf(expiresAt) };
  };
  return [
    jsonRoute({
      method: 'POST',
      path: '/v1/egov-mobile',
      id: 'signChallengeByPhone',
      summary: 'A challenge of this browser, to be signed with a phone',
      callers: 'anyone',
      body: z.strictObject({ purpose: z.enum(['login', 'employee-login', 'password-reset']) }),
      status: 201,
      answer: begunShape,
      async run({ body: { purpose }, browser, peer }) {
        await attempts.ofAddress(peer);
        const { id, document } = await parts.challenges.issue(purpose, browser);
        return begin(purpose, Buffer.from(document).toString(), browser, id);
      },
    }),
    jsonRoute({
      method: 'POST',
      path: '/v1/applications/{id}/egov-mobile',
      id: 'signApplicationByPhone',
      summary: 'The document of an application, to be signed with a phone',
      callers: ['applicant', 'subject'],
      params: byId,
      status: 201,
      answer: begunShape,
      async run(call) {
        const application = await parts.applications.get(call.params.id, sessionOf(call).by);
        if (application === undefined) throw new GatewayError('APPLICATION_NOT_FOUND');
        const { document, id } = application;
        if (document === undefined) throw new GatewayError('APPLICATION_STATE');
        return begin('application', document, call.browser, id);
      },
    }),
    jsonRoute({
      method: 'POST',
      path: '/v1/profile/egov-mobile',
      id: 'signConfirmationByPhone',
      summary: 'The confirmation of the owner’s data, to be signed with a phone',
      callers: ['subject'],
      status: 201,
      answer: begunShape,
      async run(call) {
        const { id, document } = await parts.profiles.confirmation(sessionOf(call).subject);
        return begin('confirmation', document, call.browser, id);
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/egov-mobile/{id}/result',
      id: 'phoneSignature',
      summary:
        'For the browser that began: the signature when it is there, or why the last was refused',
      callers: 'anyone',
      params: byId,
      status: 200,
      answer: z.object({
        state: z.enum(['waiting', 'signed']),
        signature: z.string().optional(),
        refusal: z.string().optional().describe('A code of /v1/problems.'),
      }),
      async run({ params, browser }) {
        const { signature, refusal } = await signings.result(params.id, browser);
        if (signature === undefined) {
          return { state: 'waiting' as const, ...(refusal !== undefined && { refusal }) };
        }
        return { state: 'signed' as const, signature: Buffer.from(signature).toString() };
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/egov-mobile/{id}',
      id: 'mobileSign1',
      summary: 'API 1 of eGov Mobile: what is asked, by whom, and where the document is',
      callers: 'anyone',
      params: byId,
      status: 200,
      answer: z.object({
        description: z.string(),
        expiry_date: z.string(),
        organisation: organisationShape,
        document: z.object({
          uri: z.string(),
          auth_type: z.enum(['Token']),
          auth_token: z.string(),
        }),
      }),
      async run({ params, language }) {
        const { kind, expiresAt, token } = await signings.open(params.id);
        const { names, bin } = organisation;
        return {
          description: mobileTexts[kind][language],
          expiry_date: astanaDate(expiresAt),
          organisation: { nameRu: names.ru, nameKz: names.kk, nameEn: names.en, bin },
          document: {
            uri: `${urlOf(params.id)}/documents`,
            auth_type: 'Token' as const,
            auth_token: token,
          },
        };
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/egov-mobile/{id}/documents',
      id: 'mobileSign2',
      summary: 'API 2 of eGov Mobile: the document',
      callers: 'anyone',
      params: byId,
      status: 200,
      answer: documentsShape,
      run: async ({ params, bearer }) => documentsOf(await signings.fetch(params.id, bearer)),
    }),
    jsonRoute({
      method: 'PUT',
      path: '/v1/egov-mobile/{id}/documents',
      id: 'mobileSigned2',
      summary: 'API 2 of eGov Mobile: the same with the signature in its place',
      callers: 'anyone',
      params: byId,
      body: signedShape,
      bodyBytes: httpLimits.documentBodyBytes,
      status: 200,
      answer: z.object({}),
      async run({ params, bearer, body, peer }) {
        await attempts.ofAddress(peer);
        const signature = body.documentsToSign[0]?.document.file.data ?? '';
        await signings.sign(params.id, bearer, signature);
        await attempts.succeeded(peer);
        return {};
      },
    }),
  ];
}

function documentsOf({ kind, document }: MobileSigning): z.output<typeof documentsShape> {
  const { kk, ru, en } = mobileTexts[kind];
  const data = Buffer.from(document).toString('base64');
  return {
    signMethod: 'CMS_WITH_DATA',
    version: 1,
    documentsToSign: [
      {
        id: 1,
        ...{ nameRu: ru, nameKz: kk, nameEn: en },
        meta: [],
        document: { file: { mime: '', data } },
      },
    ],
  };
}

/** With the offset of Astana, as the phone is used to it. */
function astanaDate(ms: number): string {
  return new Date(ms + 5 * 3_600_000).toISOString().replace('Z', '+05:00');
}
