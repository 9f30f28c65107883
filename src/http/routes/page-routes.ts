import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { AgreementVersion, Language } from '../../gateway/api.ts';
import { GatewayError } from '../../gateway/gateway-error.ts';
import { catalogue } from '../../gateway/texts/catalogue.ts';
import { helpPage } from '../pages/help-page.ts';
import { page } from '../pages/page.ts';
import type { GatewayParts } from '../ports.ts';
import { isErrorCode } from '../problem.ts';
import { jsonRoute, octetsRoute, type Octets, type Route } from '../route.ts';
import { languageShape, timeOf, timeShape } from './shapes.ts';

const html = 'text/html; charset=utf-8';
const inLanguage = z.strictObject({ lang: languageShape.optional() });

const words = {
  agreement: {
    kk: 'Пайдаланушы келісімі',
    ru: 'Пользовательское соглашение',
    en: 'User agreement',
  },
  versions: { kk: 'Барлық нұсқалар', ru: 'Все версии', en: 'All versions' },
} as const;

export interface PageFacts {
  /** The mail domain, as people write it. */
  readonly domain: string;
  /** Where mail programs connect. */
  readonly mailHost: string;
}

/** What everybody may read without signing in: the agreement in all its versions, and how to use a mailbox. */
export function pageRoutes(
  { agreements }: Pick<GatewayParts, 'agreements'>,
  facts: PageFacts,
  clock: Clock,
): readonly Route[] {
  const agreementPage = (version: AgreementVersion, language: Language): Octets => ({
    type: html,
    shared: true,
    octets: page({
      language,
      path: `/agreement/${version.version}`,
      title: `${words.agreement[language]}, ${version.version}`,
      paragraphs: version.texts[language].split(/\n{2,}/),
      links: {
        title: words.versions[language],
        items: agreements.all.map((one) => ({
          text: one.version,
          path: `/agreement/${one.version}?lang=${language}`,
        })),
      },
    }),
  });
  const find = (version: string): AgreementVersion => {
    const found = agreements.find(version);
    if (found === undefined) throw new GatewayError('NO_SUCH_PAGE');
    return found;
  };
  return [
    octetsRoute({
      method: 'GET',
      path: '/agreement',
      id: 'agreement',
      summary: 'The user agreement in force, for people',
      callers: 'anyone',
      query: inLanguage,
      status: 200,
      types: ['text/html'],
      run: ({ query, language }) =>
        Promise.resolve(agreementPage(agreements.inForce(clock.now()), query.lang ?? language)),
    }),
    octetsRoute({
      method: 'GET',
      path: '/agreement/{version}',
      id: 'agreementVersion',
      summary: 'One version of the user agreement, for people',
      callers: 'anyone',
      params: z.strictObject({ version: z.string().max(50) }),
      query: inLanguage,
      status: 200,
      types: ['text/html'],
      run: ({ params, query, language }) =>
        Promise.resolve(agreementPage(find(params.version), query.lang ?? language)),
    }),
    octetsRoute({
      method: 'GET',
      path: '/help',
      id: 'help',
      summary: 'How to get a mailbox and use it, for people',
      callers: 'anyone',
      query: inLanguage,
      status: 200,
      types: ['text/html'],
      run: ({ query, language }) =>
        Promise.resolve({
          type: html,
          shared: true,
          octets: helpPage(query.lang ?? language, facts),
        }),
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/agreements',
      id: 'agreements',
      summary: 'All versions of the user agreement, oldest first',
      callers: 'anyone',
      status: 200,
      answer: z.object({
        inForce: z.string(),
        versions: z.array(
          z.object({
            version: z.string(),
            inForceFrom: timeShape,
            domain: z.string(),
            sha256: z.string(),
          }),
        ),
      }),
      run: () =>
        Promise.resolve({
          inForce: agreements.inForce(clock.now()).version,
          versions: agreements.all.map((one) => ({
            ...one,
            inForceFrom: timeOf(one.inForceFrom),
          })),
        }),
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/problems/{code}',
      id: 'problem',
      summary: 'What a code means, in each language',
      callers: 'anyone',
      params: z.strictObject({ code: z.string().max(100) }),
      status: 200,
      answer: z.object({
        code: z.string(),
        texts: z.object({ kk: z.string(), ru: z.string(), en: z.string() }),
      }),
      run({ params: { code } }) {
        if (!isErrorCode(code)) throw new GatewayError('NO_SUCH_PAGE');
        return Promise.resolve({ code, texts: catalogue[code] });
      },
    }),
  ];
}
