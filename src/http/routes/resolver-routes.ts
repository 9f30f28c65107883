import * as z from 'zod';
import type { Identity } from '../../gateway/api.ts';
import { parseBin } from '../../gateway/identifiers/parse-bin.ts';
import { parseIin } from '../../gateway/identifiers/parse-iin.ts';
import type { TestIdentifiers } from '../../gateway/identifiers/test-identifiers.ts';
import type { GatewayParts } from '../ports.ts';
import { jsonRoute, type Route, sessionOf } from '../route.ts';
import { timeOf, timeShape } from './shapes.ts';

const number = z.string().max(64);
const purpose = z.string().min(1).max(64);
const most = 100;

/** State bodies find mailboxes, and people see who did., domain.md 6.4 */
export function resolverRoutes(
  { agencies, resolver, lookUps }: Pick<GatewayParts, 'agencies' | 'resolver' | 'lookUps'>,
  testIdentifiers: TestIdentifiers,
): readonly Route[] {
  const identityOf = (given: { iin?: string | undefined; bin?: string | undefined }): Identity =>
    given.iin === undefined
      ? { type: 'legalEntity', bin: parseBin(given.bin ?? '', testIdentifiers) }
      : { type: 'individual', iin: parseIin(given.iin, testIdentifiers) };
  return [
    jsonRoute({
      method: 'POST',
      path: '/v1/resolve',
      id: 'resolve',
      summary: 'The address by which a state body reaches a person or legal entity',
      callers: 'agency',
      body: z
        .strictObject({ iin: number.optional(), bin: number.optional(), purpose })
        .refine(({ iin, bin }) => (iin === undefined) !== (bin === undefined), { path: ['iin'] }),
      status: 200,
      answer: z.object({
        address: z.string(),
        level: z.enum(['basic', 'official']),
        dormant: z.boolean(),
        expiresAt: timeShape,
      }),
      async run({ agency, body }) {
        if (agency === undefined) throw new Error('the route does not ask for a state body');
        const identity = identityOf(body);
        const actor = `agency:${agency.id}`;
        const found = await resolver.resolve(agency, actor, identity, body.purpose);
        return { ...found, expiresAt: timeOf(found.expiresAt) };
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/v1/me/lookups',
      id: 'lookUps',
      summary: 'Which state bodies looked me up, newest first',
      callers: ['applicant', 'subject'],
      query: z.strictObject({ before: z.string().max(100).optional() }),
      status: 200,
      answer: z.object({
        lookups: z.array(
          z.object({
            cursor: z.string().describe('Ask with `before` for those before it.'),
            agency: z.string(),
            names: z
              .object({ kk: z.string(), ru: z.string(), en: z.string() })
              .optional()
              .describe('Of the state body.'),
            purpose: z.string().nullable(),
            at: timeShape,
            outcome: z.string(),
          }),
        ),
      }),
      async run(call) {
        const { before } = call.query;
        const found = await lookUps.list(sessionOf(call).subject, {
          limit: most,
          ...(before !== undefined && { before }),
        });
        const ids = [...new Set(found.map((one) => one.agency))];
        const names = new Map(
          await Promise.all(ids.map(async (id) => [id, (await agencies.find(id))?.names] as const)),
        );
        return {
          lookups: found.map((one) => ({
            ...one,
            names: names.get(one.agency),
            at: timeOf(one.at),
          })),
        };
      },
    }),
  ];
}
